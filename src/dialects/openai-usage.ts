/**
 * Usage in OpenAI's words. There `prompt_tokens` includes cached, written and audio tokens and `completion_tokens`
 * includes reasoning and audio; ours are disjoint (money.md §4). What goes to clients is made anew from what was
 * priced, so that the bill and the report cannot differ.
 */
import { isCount, isObject, type JsonObject } from '../base/json.ts'
import { completionTokens, promptTokens } from '../base/units.ts'
import { Counting } from './count.ts'
import type { Bill, Quirks, Usage } from './dialect.ts'
import { readReportedCost } from './reported-cost.ts'

/** `delivered`: whether any output was seen; a report of none is then not believed. */
export function readOpenaiUsage(raw: JsonObject, quirks: Quirks, delivered: boolean): Usage {
  const counting = new Counting()
  const promptDetails = isObject(raw.prompt_tokens_details) ? raw.prompt_tokens_details : {}
  const details = isObject(raw.completion_tokens_details) ? raw.completion_tokens_details : {}

  const prompt = counting.count(raw.prompt_tokens)
  // DeepSeek and Kimi have names of their own for cached tokens.
  const cached = promptDetails.cached_tokens ?? raw.prompt_cache_hit_tokens ?? raw.cached_tokens
  const cacheRead = counting.part(cached, prompt)
  const cacheWrite = counting.part(promptDetails.cache_write_tokens, prompt - cacheRead)
  const audioIn = counting.part(promptDetails.audio_tokens, prompt - cacheRead - cacheWrite)

  const inside = counting.count(raw.completion_tokens)
  const outside = quirks.reasoningOutsideCompletion ? reasoningOutside(raw, details, counting) : 0
  const completion = inside + outside
  const reasoning = counting.part(details.reasoning_tokens ?? outside, completion)
  const audioOut = counting.part(details.audio_tokens, completion - reasoning)

  counting.must(prompt > 0 && isCount(completion) && (completion > 0 || !delivered))
  const usage = counting.usage({
    input: prompt - cacheRead - cacheWrite - audioIn,
    cache_read: cacheRead,
    cache_write: cacheWrite,
    audio_in: audioIn,
    output: completion - reasoning - audioOut,
    reasoning,
    audio_out: audioOut,
    search: counting.count(raw.num_sources_used),
  })
  const reportedCost = readReportedCost(raw)
  return reportedCost === undefined ? usage : { ...usage, reportedCost }
}

/**
 * Reasoning that `completion_tokens` leaves out (xAI; Gemini, which does not even name it): what the total has beyond
 * its parts. Should such a provider begin to count as OpenAI does, the total says so and nothing is charged twice.
 */
function reasoningOutside(raw: JsonObject, details: JsonObject, counting: Counting): number {
  if (raw.total_tokens === undefined) return counting.count(details.reasoning_tokens)
  const beyond =
    counting.count(raw.total_tokens) -
    counting.count(raw.prompt_tokens) -
    counting.count(raw.completion_tokens)
  return Math.max(0, beyond)
}

/** The `usage` object for a chat client, as JSON text. */
export function writeChatUsage({ units, cost }: Bill): string {
  const prompt = promptTokens(units)
  const completion = completionTokens(units)
  return withCost(cost, {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: units.cache_read ?? 0,
      cache_write_tokens: (units.cache_write ?? 0) + (units.cache_write_1h ?? 0),
      audio_tokens: units.audio_in ?? 0,
    },
    completion_tokens_details: {
      reasoning_tokens: units.reasoning ?? 0,
      audio_tokens: units.audio_out ?? 0,
    },
  })
}

/** The `usage` object for an embeddings client, as JSON text. */
export function writeEmbeddingsUsage({ units, cost }: Bill): string {
  const prompt = promptTokens(units)
  return withCost(cost, { prompt_tokens: prompt, total_tokens: prompt })
}

/** Joined as text: a JSON number may have digits that a double would lose. */
function withCost(cost: string, usage: JsonObject): string {
  return withField(usage, 'cost', cost)
}

/** `object` as JSON text with one more field, whose value is JSON text already. */
export function withField(object: JsonObject, name: string, json: string): string {
  const text = JSON.stringify(object)
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}${JSON.stringify(name)}:${json}}`
}
