/** What providers say they charged, in their own words: read to the nano-dollar, or not believed. */
import { expect, test } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import { readOpenaiUsage } from '../../src/dialects/openai-usage.ts'

const byok = (fee: number, behind?: number | null) => ({
  ...{ cost: fee, is_byok: true },
  cost_details: { upstream_inference_cost: behind },
})

// biome-ignore format: a table is read by its rows
test.each<[string, JsonObject, bigint | null]>([
  ['OpenRouter, in dollars', { cost: 0.00014, is_byok: false, cost_details: { upstream_inference_cost: null } }, 140_000n],
  ['with an exponent', { cost: 1.4e-7 }, 140n],
  ['whole', { cost: 2 }, 2_000_000_000n],
  ['nothing: a free model', { cost: 0 }, 0n],
  ['finer than a nano-dollar, to the nearest', { cost: 0.0000000016 }, 2n],
  ['finer than that, and less', { cost: 0.0000000004 }, 0n],
  ['digits that a sum of doubles would lose', { cost: 9_999.123456789 }, 9_999_123_456_789n],
  ['what stands behind it, when that is charged too', byok(0.05, 0.95), 1_000_000_000n],
  ['its fee alone, when nothing stands behind it', byok(0.05, null), 50_000_000n],
  ['not twice, when one charge has it all', { cost: 0.95, is_byok: false, cost_details: { upstream_inference_cost: 0.95 } }, 950_000_000n],
  ['xAI, in ticks', { cost_in_usd_ticks: 37_756_000 }, 3_775_600n],
  ['five ticks', { cost_in_usd_ticks: 5 }, 1n],
  ['four ticks', { cost_in_usd_ticks: 4 }, 0n],
  ['below zero', { cost: -0.1 }, null],
  ['no number', { cost: Number.NaN }, null],
  ['text', { cost: '0.1' }, null],
  ['an object', { cost: { total_cost: 1 } }, null],
  ['more than a call can cost', { cost: 10_001 }, null],
  ['nonsense behind it', byok(0.05, -1), null],
  ['ticks in parts', { cost_in_usd_ticks: 1.5 }, null],
  ['ticks below zero', { cost_in_usd_ticks: -1 }, null],
])('%s', (_, said, reportedCost) => {
  const counts = { prompt_tokens: 10, completion_tokens: 5 }
  expect(readOpenaiUsage({ ...counts, ...said }, {}, true)).toEqual({
    ...{ units: { input: 10, output: 5 }, plausible: true },
    reportedCost,
  })
})

test.each<JsonObject>([{}, { cost: null }, { cost_in_usd_ticks: null }])(
  'who says %p says nothing of it',
  (said) => {
    expect(readOpenaiUsage({ prompt_tokens: 1, ...said }, {}, false)).not.toHaveProperty(
      'reportedCost',
    )
  },
)
