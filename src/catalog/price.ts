/**
 * Prices: dated, immutable versions. A version is in force from its time until a later one's; a new one is made only when
 * the prices differ from those in force at that time. A class falls back as `base/units.ts` says (money.md §2).
 */
import { eq, sql } from 'drizzle-orm'
import { parsePrice, type Rate, raisePrice, rateFor } from '../base/amount.ts'
import { newId } from '../base/id.ts'
import { type UnitClass, unitClasses } from '../base/units.ts'
import { model, price, rate } from '../store/schema.ts'
import type { Query, Statement } from '../store/store.ts'

export type Side = 'sell' | 'buy'

/** In one order, so that equal prices are equal texts. */
export function sortRates(rates: readonly Rate[]): Rate[] {
  const rank = (unit: UnitClass) => unitClasses.indexOf(unit)
  return [...rates].sort(
    (a, b) => rank(a.unit) - rank(b.unit) || a.minPromptTokens - b.minPromptTokens,
  )
}

export function sameRates(one: readonly Rate[], other: readonly Rate[]): boolean {
  const text = (rates: readonly Rate[]) =>
    sortRates(rates)
      .map(({ unit, minPromptTokens, price }) => `${unit}>${minPromptTokens}=${price}`)
      .join()
  return text(one) === text(other)
}

/** Classes whose sell price is below their buy price, for some length of prompt. */
export function soldBelowCost(sell: readonly Rate[], buy: readonly Rate[]): UnitClass[] {
  const lengths = [...new Set([0, ...[...sell, ...buy].map((rate) => rate.minPromptTokens)])]
  return unitClasses.filter((unit) =>
    lengths.some((prompt) => rateFor(sell, unit, prompt) < rateFor(buy, unit, prompt)),
  )
}

/** The sell price that a markup makes of a buy price. Applied once, here. `percent`: `"20"`, `"12.5"`. */
export function markUp(buy: readonly Rate[], percent: string): Rate[] {
  return buy.map((rate) => ({ ...rate, price: raisePrice(rate.price, percent) }))
}

/** A version of which the last one of its time counts, oldest first, as the catalogue has them. */
type Dated = { effectiveFrom: number; rates: readonly Rate[] }

/** The versions that change something at their time; of two for one time, the later published. */
export function changesIn<V extends Dated>(versions: readonly V[]): V[] {
  const counting = versions.filter(
    ({ effectiveFrom }, at) => versions[at + 1]?.effectiveFrom !== effectiveFrom,
  )
  return counting.filter(({ rates }, at) => {
    const before = counting[at - 1]
    return before === undefined || !sameRates(before.rates, rates)
  })
}

/**
 * The time itself, and later ones at which a version changes nothing, up to the next that does. What was scheduled there was
 * called off: a new price from `from` on must hold there too, or the old one would come back.
 */
export function timesFrom(versions: readonly Dated[], from: number): number[] {
  const next = changesIn(versions).find(({ effectiveFrom }) => effectiveFrom > from)
  const until = next?.effectiveFrom ?? Number.POSITIVE_INFINITY
  const later = versions.map(({ effectiveFrom }) => effectiveFrom)
  return [from, ...new Set(later.filter((time) => time > from && time < until))]
}

export interface NewVersion {
  modelId: string
  side: Side
  rates: readonly Rate[]
  effectiveFrom: number
  publishedBy: string
}

/** The statements that publish a version, and its id. */
export function publish(
  db: Query,
  version: NewVersion,
  now: number,
): { id: string; statements: Statement[] } {
  const id = newId('prc_', now)
  const { rates, ...facts } = version
  const rows = rates.map((one) => ({ ...one, priceId: id }))
  return {
    id,
    statements: [
      db.insert(price).values({ ...facts, id, createdAt: now }),
      db.insert(rate).values(rows),
      db
        .update(model)
        .set({ revision: sql`${model.revision} + 1` })
        .where(eq(model.id, version.modelId)),
    ],
  }
}

/** Rates as an open proposal keeps them: amounts are texts, since JSON has no bigint. */
export interface StoredRate {
  unit: UnitClass
  minPromptTokens: number
  price: string
}

export function readStoredRates(rates: readonly StoredRate[]): Rate[] {
  return rates.map((rate) => ({ ...rate, price: parsePrice(rate.price) }))
}
