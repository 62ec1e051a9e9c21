/**
 * New price versions from the dashboard. A version is never changed: what is scheduled is called off by another one for the same
 * time with the prices until then. Selling below the buy price, or raising a price sooner than users should know of it, is
 * done only when it is confirmed.
 */
import { and, ne, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { readTime } from '../base/time.ts'
import { priceAt } from '../catalog/book.ts'
import { readCatalogFile } from '../catalog/file.ts'
import type { Model, PriceVersion } from '../catalog/model.ts'
import { changesIn, type Side, soldBelowCost } from '../catalog/price.ts'
import { showRates } from '../catalog/show.ts'
import { compareRates, usedMs } from '../notice/coming.ts'
import { account, model, usageHour } from '../store/schema.ts'
import { apply, expectRevision, findModel, isoTime, modelEntry, whyOf } from './catalog-change.ts'
import type { Parts } from './parts.ts'

const dayMs = 86_400_000

export interface WrittenPrice {
  model: string
  side: Side
  /** As a catalogue file has them. */
  prices: JsonObject
  /** ISO; null for now. */
  effective_from: string | null
}

export interface Confirmed {
  confirm_below_cost?: boolean
  confirm_short_notice?: boolean
}

/** What a new version would do. Refuses with `invalid_request` about the field that is wrong. */
export async function showEffects(parts: Parts, written: WrittenPrice) {
  const now = parts.clock.now()
  const known = modelIn(parts, written.model)
  const at = startOf(written, now)
  const [entry] = readPrices(written, known)
  const rates = (written.side === 'sell' ? entry?.price : entry?.buyPrice) ?? []
  const before = priceAt(known, written.side, at)
  const other = priceAt(known, written.side === 'sell' ? 'buy' : 'sell', at)
  const [sell, buy] =
    written.side === 'sell' ? [rates, other?.rates ?? []] : [other?.rates ?? rates, rates]
  const rise = written.side === 'sell' && before !== null ? compareRates(before.rates, rates) : null
  return {
    rise,
    below_cost: soldBelowCost(sell, buy),
    accounts_30d: await countUsers(parts, written.model, now),
    notice_days: parts.business.current.riseNoticeDays,
    short_notice: rise !== null && at - now < parts.business.current.riseNoticeDays * dayMs,
  }
}

/** Publishes it. Refuses also with `changed_meanwhile`, and about `confirm_…` what was not confirmed. */
export async function publishPrice(
  parts: Parts,
  written: WrittenPrice & Confirmed & { revision: number },
  by: string,
) {
  const row = await findModel(parts, written.model)
  const effects = await showEffects(parts, written)
  requireConfirmed(effects, written)
  const entry = {
    ...(await modelEntry(parts, row)),
    [written.side === 'sell' ? 'price' : 'buy_price']: written.prices,
    ...(written.effective_from && { effective_from: isoTime(startOf(written, 0)) }),
  }
  const expected = [expectRevision(parts, model, { id: row.id, revision: written.revision })]
  const { prices } = await apply(parts, { models: [entry] }, by, expected)
  const [published] = prices
  if (published) return { ...published, ...effects }
  throw new AppError('invalid_request', {
    param: 'prices',
    message: 'These are the prices of that time already.',
  })
}

/** From its time on, what is in force until then stays in force. */
export async function cancelVersion(
  parts: Parts,
  { model: id, version, revision }: { model: string; version: string; revision: number },
  by: string,
) {
  const now = parts.clock.now()
  const known = modelIn(parts, id)
  const side = (['sell', 'buy'] as const).find((one) => waits(known[one], version, now))
  const found = side && known[side].find((one) => one.id === version)
  if (!side || !found) throw new AppError('changed_meanwhile')
  const before = known[side].findLast(({ effectiveFrom }) => effectiveFrom < found.effectiveFrom)
  if (!before) {
    throw new AppError('invalid_request', {
      message: 'It is the first price: until another one is published there is none to go back to.',
    })
  }
  const prices = showRates(before.rates)
  const effective_from = isoTime(found.effectiveFrom)
  // What was so until now is no decision.
  const confirmed = { confirm_below_cost: true, confirm_short_notice: true }
  return publishPrice(
    parts,
    { model: id, side, prices, effective_from, revision, ...confirmed },
    by,
  )
}

/** Versions that wait for their time; those that were called off change nothing and wait for nothing. */
export function scheduledOf(versions: readonly PriceVersion[], now: number): PriceVersion[] {
  return changesIn(versions).filter(({ effectiveFrom }) => effectiveFrom > now)
}

const waits = (versions: readonly PriceVersion[], id: string, now: number) =>
  scheduledOf(versions, now).some((one) => one.id === id)

function modelIn({ catalog }: Parts, id: string): Model {
  const known = catalog.current.models.get(id)
  if (known) return known
  throw new AppError('not_found', { message: `There is no model ${id}.` })
}

function startOf({ effective_from }: WrittenPrice, now: number): number {
  const at = effective_from === null ? now : readTime(effective_from, 'effective_from')
  if (at >= now) return at
  throw new AppError('invalid_request', {
    param: 'effective_from',
    message: 'A price takes effect now or later: what was charged is not rewritten.',
  })
}

function readPrices({ side, prices }: WrittenPrice, { id, kind }: Model) {
  const entry = {
    ...{ id, kind, context_length: 1, channels: [] },
    [side === 'sell' ? 'price' : 'buy_price']: prices,
  }
  try {
    return readCatalogFile(JSON.stringify({ models: [entry] })).models
  } catch (cause) {
    throw priceRefusal(cause)
  }
}

/** About the unit whose price is wrong. */
function priceRefusal(cause: unknown): unknown {
  if (!(cause instanceof AppError)) return cause
  const [, unit] = /price\.(\w+)/.exec(cause.param ?? '') ?? []
  const [, missing] = /: (\w+) is missing/.exec(cause.message) ?? []
  const param = unit ?? missing ?? 'prices'
  return new AppError('invalid_amount', { param, message: whyOf(cause), cause })
}

/** Refuses with `invalid_request` about the box that was not ticked. */
export function requireConfirmed(
  { below_cost, short_notice }: { below_cost: readonly string[]; short_notice: boolean },
  { confirm_below_cost = false, confirm_short_notice = false }: Confirmed,
): void {
  const refuse = (param: string, message: string) => {
    throw new AppError('invalid_request', { param, message })
  }
  if (below_cost.length > 0 && !confirm_below_cost)
    refuse('confirm_below_cost', `It would be sold below its buy price: ${below_cost.join(', ')}.`)
  if (short_notice && !confirm_short_notice)
    refuse('confirm_short_notice', 'Its users would know of the rise later than they should.')
}

/** Accounts that used it in the last 30 days: they are told of a rise. */
export async function countUsers({ store }: Parts, id: string, now: number): Promise<number> {
  const used = sql`EXISTS (SELECT 1 FROM ${usageHour} WHERE account_id = ${account.id}
    AND hour >= ${now - usedMs} AND model_id = ${id})`
  const [row] = await store.db
    .select({ count: sql`COUNT(*)`.mapWith(Number) })
    .from(account)
    .where(and(ne(account.state, 'closed'), used))
  return row?.count ?? 0
}
