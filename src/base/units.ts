/**
 * What is counted and priced. Counts are disjoint: a cached token is in `cache_read` and not in `input`, a reasoning
 * token is in `reasoning` and not in `output`, whatever the upstream's own way of counting (money.md §4).
 */
export const unitClasses = [
  'input',
  'cache_read',
  'cache_write',
  'cache_write_1h',
  'audio_in',
  'image',
  'output',
  'reasoning',
  'audio_out',
  'search',
  'request',
] as const

export type UnitClass = (typeof unitClasses)[number]

/** How many of each class; absent is none. Each count is a whole number in [0, 2^31). */
export type Units = { [unit in UnitClass]?: number }

/** Where a class without a price of its own takes its price from; the others are free without one. */
export const priceFallback: { [unit in UnitClass]?: UnitClass } = {
  cache_read: 'input',
  cache_write: 'input',
  cache_write_1h: 'cache_write',
  audio_in: 'input',
  reasoning: 'output',
  audio_out: 'output',
}

const promptClasses = ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_in'] as const
const completionClasses = ['output', 'reasoning', 'audio_out'] as const

/** All tokens that went in, as OpenAI counts `prompt_tokens`: cached ones included. */
export function promptTokens(units: Units): number {
  return promptClasses.reduce((sum, unit) => sum + (units[unit] ?? 0), 0)
}

/** All tokens that came out, as OpenAI counts `completion_tokens`: reasoning included. */
export function completionTokens(units: Units): number {
  return completionClasses.reduce((sum, unit) => sum + (units[unit] ?? 0), 0)
}
