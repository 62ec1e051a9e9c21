/**
 * What will change for who uses a model: a price that rises [T9], a model that is retired [T1.4]. Each account that used it in
 * the last 30 days is told once of each price version and date, all that is new to it in one mail. Found in the catalogue
 * itself, again and again, so that nothing is lost by a crash and who begins to use the model meanwhile is told too.
 */
import { and, ne, or, sql } from 'drizzle-orm'
import { type AccountRow, shownName } from '../account/account.ts'
import { formatPrice, type Rate, rateFor } from '../base/amount.ts'
import { type UnitClass, unitClasses } from '../base/units.ts'
import type { Prices } from '../catalog/history.ts'
import type { Catalog, Model } from '../catalog/model.ts'
import type { ToldRetirement, ToldRise } from '../mail/letter.ts'
import { account } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { remember } from './alert.ts'
import { dayMs, type Notice, type Telling, tell } from './tell.ts'

export const usedMs = 30 * dayMs

export interface Rise extends ToldRise {
  kind: 'price_rise'
  /** The price version. */
  subject: string
}
export interface Retirement extends ToldRetirement {
  kind: 'model_retires'
  /** The model and the date: another date is told of anew. */
  subject: string
}
export type Change = Rise | Retirement

/** Of all models; of what is in force or gone already, none. */
export function comingChanges({ models }: Catalog, now: number): Change[] {
  return [...models.values()]
    .filter(({ state }) => state !== 'retired')
    .flatMap((model) => [...comingRises(model, now), ...comingRetirement(model, now)])
}

/** Against the version that is in force until then. Of two for one time the later published counts. */
function comingRises({ id: model, sell }: Model, now: number): Rise[] {
  return sell.flatMap(({ id, effectiveFrom: at, rates }, index) => {
    const replaced = sell[index + 1]?.effectiveFrom === at
    const before = sell.findLast((version) => version.effectiveFrom < at)
    if (at <= now || replaced || before === undefined) return []
    const prices = compareRates(before.rates, rates)
    return prices === null ? [] : [{ kind: 'price_rise', subject: id, model, at, prices }]
  })
}

/** The classes whose prices change, for the shortest prompt that costs more in any; null where none does. */
export function compareRates(
  before: readonly Rate[],
  after: readonly Rate[],
): ToldRise['prices'] | null {
  const lengths = [0, ...[...before, ...after].map((rate) => rate.minPromptTokens)]
  const length = lengths
    .sort((a, b) => a - b)
    .find((prompt) =>
      unitClasses.some((unit) => rateFor(after, unit, prompt) > rateFor(before, unit, prompt)),
    )
  if (length === undefined) return null
  const price = (rates: readonly Rate[], unit: UnitClass) =>
    formatPrice(rateFor(rates, unit, length))
  return unitClasses
    .filter((unit) => isPricedApart(before, after, unit))
    .map((unit) => ({ unit, from: price(before, unit), to: price(after, unit) }))
    .filter(({ from, to }) => from !== to)
}

/** A class that only follows another one's price needs no line of its own. */
function isPricedApart(before: readonly Rate[], after: readonly Rate[], unit: UnitClass) {
  return [...before, ...after].some((rate) => rate.unit === unit)
}

function comingRetirement({ id, retiresAt, successorId }: Model, now: number): Retirement[] {
  if (retiresAt === null || retiresAt <= now) return []
  const subject = `${id} ${retiresAt}`
  return [{ kind: 'model_retires', subject, model: id, successor: successorId, at: retiresAt }]
}

/** Asks the store only where something is coming. */
export async function tellComing(telling: Telling, catalog: Catalog): Promise<void> {
  const now = telling.clock.now()
  for (const kind of ['price_rise', 'model_retires'] as const) {
    const told = new Map<string, { row: AccountRow; changes: Change[] }>()
    for (const change of comingChanges(catalog, now).filter((one) => one.kind === kind)) {
      for (const row of await findUntold(telling.store, change, now)) {
        const { changes } = told.get(row.id) ?? { changes: [] }
        told.set(row.id, { row, changes: [...changes, change] })
      }
    }
    for (const [id, { row, changes }] of told) {
      await tell(telling, writeNotice(row, changes), (db) =>
        changes.map(({ subject }) => remember(db, id, kind, subject, now)),
      )
    }
  }
}

/** Who was mailed of another change today waits for tomorrow, unless this one comes before. */
function findUntold({ db }: Store, { kind, subject, model, at }: Change, now: number) {
  const hurries = at < now + dayMs ? sql`TRUE` : undefined
  return db
    .select()
    .from(account)
    .where(
      and(
        ne(account.state, 'closed'),
        sql`NOT EXISTS (SELECT 1 FROM alert WHERE account_id = ${account.id}
          AND kind = ${kind} AND subject = ${subject})`,
        sql`EXISTS (SELECT 1 FROM usage_hour WHERE account_id = ${account.id}
          AND hour >= ${now - usedMs} AND model_id = ${model})`,
        or(
          sql`NOT EXISTS (SELECT 1 FROM told WHERE account_id = ${account.id}
            AND kind = ${kind} AND told_at > ${now - dayMs})`,
          hurries,
        ),
      ),
    )
}

function writeNotice(row: AccountRow, changes: readonly Change[]): Notice {
  const rises = changes.filter((one): one is Rise => one.kind === 'price_rise')
  const models = changes.filter((one): one is Retirement => one.kind === 'model_retires')
  const head = { path: '/models', accountName: shownName(row) }
  const base = { accountId: row.id, events: changes.map((change) => writeEvent(row.id, change)) }
  return rises.length > 0
    ? { ...base, kind: 'price_rise', letter: { ...head, kind: 'price_rise', rises } }
    : { ...base, kind: 'model_retires', letter: { ...head, kind: 'model_retires', models } }
}

function writeEvent(account_id: string, change: Change): Notice['events'][number] {
  const at = new Date(change.at).toISOString()
  const { model } = change
  if (change.kind === 'model_retires') {
    const { kind: type, successor } = change
    return { type, data: { account_id, model, successor, retires_at: at } }
  }
  const { kind: type, prices } = change
  const [from, to] = (['from', 'to'] as const).map((side) =>
    Object.fromEntries(prices.map((one) => [one.unit, one[side]])),
  ) as [Prices, Prices]
  return { type, data: { account_id, model, from, to, effective_at: at } }
}
