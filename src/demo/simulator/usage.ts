/**
 * What a call used. The truth is `Units` in disjoint classes; what is reported is `Reported`, as both dialects can be
 * derived from it, and may be bent into what a broken provider would say.
 */
import { costOf, parsePrice } from '../../base/amount.ts'
import type { Units } from '../../base/units.ts'

/**
 * As OpenAI counts: cached and written tokens are in `prompt` (the rest of it is `input`), those written for an hour in
 * `cache_write`, reasoning in `completion`. A lie where it is bent.
 */
export interface Reported {
  prompt: Count
  input: Count
  completion: Count
  cached: Count
  cache_write: Count
  cache_write_1h: Count
  reasoning: Count
}
export type Count = number | string | null

const bends = {
  zero: () => 0,
  absurd: (count) => 4_000_000_000 + count,
  negative: (count) => -1 - count,
  fraction: (count) => count + 0.5,
  text: (count) => String(count),
  null: () => null,
  nan: () => 'NaN',
  cached: (count, name) => (name === 'cached' ? 1_000_000 : count),
} satisfies { [bend: string]: (count: number, name: string) => Count }

/** How reported usage lies; `none` leaves it out. */
export type Bend = keyof typeof bends | 'none'

/** What is reported for `units`; null where nothing is. */
export function report(units: Units, bend: Bend | undefined): Reported | null {
  if (bend === 'none') return null
  const { input = 0, cache_read = 0, cache_write = 0, cache_write_1h = 0 } = units
  const { output = 0, reasoning = 0 } = units
  const told: Reported = {
    prompt: input + cache_read + cache_write + cache_write_1h,
    input,
    completion: output + reasoning,
    cached: cache_read,
    cache_write: cache_write + cache_write_1h,
    cache_write_1h,
    reasoning,
  }
  if (bend) {
    for (const name of Object.keys(told) as (keyof Reported)[]) {
      told[name] = bends[bend](told[name] as number, name)
    }
  }
  return told
}

/** JSON text of what is reported. NaN goes out bare, as Python's encoder writes it. */
export function writeUsage(value: unknown): string {
  return JSON.stringify(value).replaceAll('"NaN"', 'NaN')
}

/** What it charges, in dollars per 1,000,000 tokens. */
export const listPrice = { input: '0.12', output: '0.48', cache_read: '0.06', cache_write: '0.15' }

const rates = (['input', 'output', 'cache_read', 'cache_write'] as const).map((unit) => ({
  ...{ unit, minPromptTokens: 0, price: parsePrice(listPrice[unit]) },
}))

/** What a call costs at so many percent of the list price, in nano-USD. */
export function charge(told: Reported, percent: number): bigint {
  const cache_read = Number(told.cached)
  const input = Number(told.prompt) - cache_read
  const cost = costOf({ input, cache_read, output: Number(told.completion) }, rates)
  return (cost * BigInt(Math.round(percent * 100))) / 10_000n
}

/** Adds `more` to `sum`, class by class. */
export function addUnits(sum: Units, more: Units): void {
  for (const unit of Object.keys(more) as (keyof Units)[]) {
    sum[unit] = (sum[unit] ?? 0) + (more[unit] ?? 0)
  }
}
