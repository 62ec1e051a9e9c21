/**
 * Prices: dated, immutable versions. A version is in force from its time until a later one's; a new one is made only when
 * the prices differ from those in force at that time. A class falls back as `base/units.ts` says (money.md §2).
 */
import { parsePrice, type Rate, raisePrice, rateFor } from '../base/amount.ts'
import { newId } from '../base/id.ts'
import { type UnitClass, unitClasses } from '../base/units.ts'
import { price, rate } from '../store/schema.ts'
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
