/**
 * Usage in Anthropic's words: `input_tokens` leaves cached and written tokens out, `output_tokens` includes thinking.
 * A compaction pass is not in the totals, yet is charged by the provider, so it is added.
 */
import { isCount, isObject, type JsonObject } from '../base/json.ts'
import { promptTokens, type Units } from '../base/units.ts'
import { Counting } from './count.ts'
import type { Usage } from './dialect.ts'

/** `delivered`: whether any output was seen; a report of none is then not believed. */
export function readMessagesUsage(raw: JsonObject, delivered: boolean): Usage {
  const counting = new Counting()
  const tools = isObject(raw.server_tool_use) ? raw.server_tool_use : {}
  const units = readTotals(raw, counting)
  units.search = counting.count(tools.web_search_requests)
  counting.must(
    promptTokens(units) > 0 && (!delivered || (units.output ?? 0) + (units.reasoning ?? 0) > 0),
  )
  for (const pass of Array.isArray(raw.iterations) ? raw.iterations : []) {
    if (isObject(pass) && pass.type === 'compaction') addUnits(units, readTotals(pass, counting))
  }
  counting.must(Object.values(units).every((count) => isCount(count)))
  return counting.usage(units)
}

function readTotals(raw: JsonObject, counting: Counting): Units {
  const split = isObject(raw.cache_creation) ? raw.cache_creation : {}
  const details = isObject(raw.output_tokens_details) ? raw.output_tokens_details : {}
  const fiveMinutes = counting.count(split.ephemeral_5m_input_tokens)
  const oneHour = counting.count(split.ephemeral_1h_input_tokens)
  // The split is of the total, not beside it; what a later total adds to an older split is of the usual kind.
  const written = counting.count(raw.cache_creation_input_tokens ?? fiveMinutes + oneHour)
  const writtenForHour = counting.part(oneHour, written)
  const output = counting.count(raw.output_tokens)
  const reasoning = counting.part(details.thinking_tokens, output)
  return {
    input: counting.count(raw.input_tokens),
    cache_read: counting.count(raw.cache_read_input_tokens),
    cache_write: written - writtenForHour,
    cache_write_1h: writtenForHour,
    output: output - reasoning,
    reasoning,
  }
}

function addUnits(units: Units, more: Units): void {
  for (const [unit, count] of Object.entries(more) as [keyof Units, number][]) {
    units[unit] = (units[unit] ?? 0) + count
  }
}
