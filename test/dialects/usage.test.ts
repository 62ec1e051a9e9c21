/** Counts are not believed until checked: whatever a provider reports, what is priced is disjoint, whole and bounded. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/base/json.ts'
import { completionTokens, promptTokens } from '../../src/base/units.ts'
import { readMessagesUsage } from '../../src/dialects/anthropic-usage.ts'
import { mergeUsage } from '../../src/dialects/count.ts'
import type { Usage } from '../../src/dialects/dialect.ts'
import { readOpenaiUsage } from '../../src/dialects/openai-usage.ts'

const openai = (raw: JsonObject, delivered = true) => readOpenaiUsage(raw, {}, delivered)
const anthropic = (raw: JsonObject, delivered = true) => readMessagesUsage(raw, delivered)

const half = 2 ** 31 / 2

describe.each<[string, (raw: JsonObject, delivered?: boolean) => Usage, JsonObject]>([
  ['OpenAI', openai, { prompt_tokens: 10, completion_tokens: 5 }],
  ['Anthropic', anthropic, { input_tokens: 10, output_tokens: 5 }],
])('in %s’s words', (_, read, good) => {
  const names = Object.keys(good) as [string, string]

  test('a whole report is believed', () => {
    expect(read(good)).toEqual({ units: { input: 10, output: 5 }, plausible: true })
  })

  test.each<Json>([-1, 1.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY, '10', true])(
    'a count of %p is not',
    (count) => {
      for (const name of names) {
        const { units, plausible } = read({ ...good, [name]: count })
        expect(plausible).toBe(false)
        expect(promptTokens(units) + completionTokens(units)).toBeLessThanOrEqual(15)
      }
    },
  )

  test('a prompt of nothing, or no output though some was seen, is not', () => {
    expect(read({ ...good, [names[0]]: 0 }).plausible).toBe(false)
    expect(read({ ...good, [names[1]]: 0 }).plausible).toBe(false)
    expect(read({ ...good, [names[1]]: 0 }, false).plausible).toBe(true)
  })

  test('whatever is reported, every count read is whole, at least 0 and bounded', () => {
    const count = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(null, '1', half, half * 2 - 1, {}),
    )
    const fields = [
      ...['prompt_tokens', 'completion_tokens', 'total_tokens', 'cached_tokens', 'input_tokens'],
      ...[
        'output_tokens',
        'cache_creation_input_tokens',
        'cache_read_input_tokens',
        'num_sources_used',
      ],
    ]
    const details = [
      ...[
        'cached_tokens',
        'audio_tokens',
        'reasoning_tokens',
        'cache_write_tokens',
        'thinking_tokens',
      ],
      ...['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens', 'web_search_requests'],
    ]
    const groups = [
      ...['prompt_tokens_details', 'completion_tokens_details', 'cache_creation'],
      ...['output_tokens_details', 'server_tool_use'],
    ]
    const some = (keys: string[], value: fc.Arbitrary<unknown>) =>
      fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] })
    const report = fc.tuple(some(fields, count), some(groups, some(details, count)))
    fc.assert(
      fc.property(report, fc.boolean(), ([top, nested], outside) => {
        const raw = { ...top, ...nested } as JsonObject
        const quirks = { reasoningOutsideCompletion: outside }
        for (const { units } of [read(raw), readOpenaiUsage(raw, quirks, true)]) {
          for (const value of Object.values(units)) {
            expect(Number.isInteger(value) && value > 0 && value < 2 ** 32).toBe(true)
          }
        }
      }),
    )
  })
})

test.each<[string, Usage, Usage]>([
  [
    'more cached than there was prompt',
    openai({
      prompt_tokens: 10,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 11 },
    }),
    { units: { cache_read: 10, output: 1 }, plausible: false },
  ],
  [
    'more reasoning than there was output',
    openai({
      prompt_tokens: 10,
      completion_tokens: 4,
      completion_tokens_details: { reasoning_tokens: 9 },
    }),
    { units: { input: 10, reasoning: 4 }, plausible: false },
  ],
  [
    'more written for an hour than was written',
    anthropic({
      input_tokens: 1,
      output_tokens: 1,
      cache_creation_input_tokens: 5,
      cache_creation: { ephemeral_1h_input_tokens: 6 },
    }),
    { units: { input: 1, cache_write_1h: 5, output: 1 }, plausible: false },
  ],
])('%s is cut to all of it and doubted', (_, usage, expected) => {
  expect(usage).toEqual(expected)
})

test.each<[string, JsonObject, number]>([
  [
    'as the total says',
    { total_tokens: 24, completion_tokens_details: { reasoning_tokens: 9 } },
    9,
  ],
  ['unnamed, as Gemini leaves it', { total_tokens: 24 }, 9],
  ['without a total, as it is named', { completion_tokens_details: { reasoning_tokens: 9 } }, 9],
  ['not at all once the provider counts it inside', { total_tokens: 15 }, 0],
])('reasoning outside the completion is added %s', (_, more, reasoning) => {
  const raw = { prompt_tokens: 10, completion_tokens: 5, ...more }
  const { units } = readOpenaiUsage(raw, { reasoningOutsideCompletion: true }, true)
  expect(completionTokens(units)).toBe(5 + reasoning)
  expect(units.reasoning ?? 0).toBe(reasoning)
})

test('a compaction pass, outside Anthropic’s totals, is added', () => {
  const pass = { input_tokens: 100, output_tokens: 20 }
  const iterations = [
    { type: 'compaction', ...pass },
    { type: 'message', ...pass },
  ]
  expect(anthropic({ input_tokens: 10, output_tokens: 5, iterations }).units).toEqual({
    input: 110,
    output: 25,
  })
})

test.each([
  { prompt_tokens_details: { cached_tokens: 4 } },
  { prompt_cache_hit_tokens: 4 },
  { cached_tokens: 4 },
])('cached tokens are heard as %j', (more) => {
  const { units } = openai({ prompt_tokens: 10, completion_tokens: 5, ...more })
  expect(units).toEqual({ input: 6, cache_read: 4, output: 5 })
})

test('cache writes are heard from their split alone', () => {
  const cache_creation = { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 }
  const { units } = anthropic({ input_tokens: 1, output_tokens: 1, cache_creation })
  expect(units).toEqual({ input: 1, cache_write: 3, cache_write_1h: 4, output: 1 })
})

test('a sum beyond what a count may be is not believed', () => {
  const raw = {
    prompt_tokens: 1,
    completion_tokens: 2 ** 31 - 1,
    completion_tokens_details: { reasoning_tokens: 9 },
  }
  expect(readOpenaiUsage(raw, { reasoningOutsideCompletion: true }, true).plausible).toBe(false)
})

test('audio is counted apart on both sides', () => {
  const raw = {
    prompt_tokens: 10,
    completion_tokens: 8,
    prompt_tokens_details: { audio_tokens: 4 },
    completion_tokens_details: { audio_tokens: 3 },
  }
  expect(openai(raw).units).toEqual({ input: 6, audio_in: 4, output: 5, audio_out: 3 })
})

test('of reports that follow one another the last value that is not null holds, field by field', () => {
  const known: JsonObject = {}
  mergeUsage(known, { a: 1, b: 2, details: { c: 3, d: 4 } })
  mergeUsage(known, { a: null, b: 5, details: { c: 6, d: null } })
  mergeUsage(known, { details: null })
  expect(known).toEqual({ a: 1, b: 5, details: { c: 6, d: 4 } })
})
