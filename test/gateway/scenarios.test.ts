/**
 * Every failure that the simulated provider knows, in both dialects, whole and streamed: what the client gets and what it
 * pays (wire.md §2, §3; money.md §4). The journal says what was really used.
 */
import { expect, test } from 'bun:test'
import type { Units } from '../../src/base/units.ts'
import { scenarios } from '../../src/demo/simulator/scenarios.ts'
import { type Generation, openWorld, type Refused } from '../helpers/world.ts'

/** Slow enough for `demo/slow`, whole; what is silent for longer is given up. */
const world = await openWorld({ KKAI_FIRST_BYTE_MS: '4500', KKAI_SILENCE_MS: '1000' })

interface Refusal {
  status: number
  code: string
}
type Expected =
  /** The answer, charged as the provider reported it, which is true. */
  | 'answered'
  /** The answer, though its usage cannot be believed: charged by what was counted. */
  | 'doubted'
  /** The answer; its usage is reported only when it is whole. */
  | 'unreported'
  /** An HTTP error, nothing to pay. */
  | Refusal
  /** Streamed: what came, one error frame, the end; pays for what came. Whole: that error. */
  | { broken: Refusal; said?: string }

const unusable = { status: 502, code: 'upstream_error' }
const overloaded = { status: 503, code: 'overloaded' }
const tooSlow = { status: 504, code: 'timeout' }
const refused = { status: 400, code: 'invalid_request' }

/** For each scenario: in OpenAI's dialect, and in Anthropic's where it differs. */
// biome-ignore format: a table is read by its rows
const table: Record<string, readonly [Expected, Expected?]> = {
  'sim-chat': ['answered'], 'sim-fast': ['answered'], 'sim-reasoner': ['answered'], 'sim-old': ['answered'],
  'demo/slow': ['answered'], 'demo/silent': [tooSlow], 'demo/timeout': [tooSlow], 'demo/stall': [{ broken: tooSlow }],

  'demo/400': [refused], 'demo/413': [refused],
  'demo/policy': [{ status: 400, code: 'content_policy' }, refused],
  'demo/context-length': [{ status: 400, code: 'context_length_exceeded' }],
  'demo/401': [unusable], 'demo/402-quota': [unusable], 'demo/403': [unusable], 'demo/429-quota': [unusable],
  'demo/404': [unusable], 'demo/500': [unusable], 'demo/502': [unusable],
  'demo/408': [tooSlow],
  'demo/429': [overloaded], 'demo/503': [overloaded], 'demo/529': [overloaded], 'demo/flaky': [overloaded],

  'demo/broken-stream': [{ broken: unusable }], 'demo/early-close': [{ broken: unusable }],
  'demo/malformed-sse': [{ broken: unusable }],
  'demo/error-in-stream': [{ broken: unusable }, { broken: unusable, said: 'overloaded' }],

  'demo/no-usage': ['doubted'], 'demo/zero-usage': ['doubted'], 'demo/absurd-usage': ['doubted'],
  'demo/negative-usage': ['doubted'], 'demo/fraction-usage': ['doubted'], 'demo/text-usage': ['doubted'],
  'demo/null-usage': ['doubted'], 'demo/cached-usage': ['doubted'],
  // Bare NaN is no JSON: OpenAI's says it after the text, Anthropic's at the start.
  'demo/nan-usage': [{ broken: unusable }, unusable],
  'demo/double-usage': ['answered'], 'demo/revised-usage': ['answered'], 'demo/duplicate-start': ['answered'],

  'demo/html': [unusable], 'demo/empty': [unusable], 'demo/bomb': [unusable], 'demo/huge-frame': [unusable],
  'demo/redirect': [unusable],
  'demo/refusal': ['answered'], 'demo/content-filter': ['answered'],

  'demo/drip': ['answered'], 'demo/utf8': ['answered'], 'demo/crlf': ['answered'], 'demo/comments': ['answered'],
  'demo/strict': ['answered'], 'demo/azure': ['answered'], 'demo/groq': ['answered'], 'demo/mistral': ['answered'],
  'demo/deepseek': ['answered'], 'demo/vllm': ['answered'], 'demo/ollama': ['unreported', 'answered'], 'demo/gemini': ['answered'],
  'demo/xai': ['answered'], 'demo/openrouter': ['answered'],
}
const cases = Object.entries(table).flatMap(([name, [openai, anthropic = openai]]) => [
  { model: name, expected: openai },
  { model: `anthropic/${name}`, expected: anthropic },
])

test('the table has every scenario', () => {
  const chats = Object.keys(scenarios).filter((name) => scenarios[name]?.kind !== 'embeddings')
  expect(Object.keys(table).toSorted()).toEqual(chats.toSorted())
})

/** In nano-USD, by the demo's price list. */
const costOf = ({ input = 0, cache_read = 0, output = 0, reasoning = 0 }: Units) =>
  String(150 * input + 75 * cache_read + 600 * (output + reasoning))

const unitsOf = ({ cost }: Generation): Units =>
  Object.fromEntries(cost.map(({ unit, count }) => [unit, count]))

/** Nothing of the provider's own words, addresses or keys. */
function expectDiscreet(error: Refused | null | undefined, text: string): void {
  if (error?.type === 'invalid_request_error') return
  expect(text).not.toMatch(/sk-sim|127\.0\.0\.1|localhost|API key|quota|nginx|<html|engine|Sorry/i)
}

async function expectCharged(id: string, expected: Expected): Promise<void> {
  const record = await world.generation(id)
  const delivered = world.seen(id).at(-1)!.delivered
  if (expected === 'answered') {
    expect(record).toMatchObject({ outcome: 'complete', usage_source: 'provider', flags: [] })
    expect(unitsOf(record)).toEqual(delivered)
  } else {
    const doubted = expected === 'doubted'
    expect(record).toMatchObject({
      outcome: doubted ? 'complete' : 'broken',
      usage_source: 'counted',
    })
    if (doubted)
      expect(record.flags).toEqual([expect.stringMatching(/^(missing|implausible)_usage$/)])
    expect(unitsOf(record).output).toBe(delivered.output!)
  }
  expect(record.cost_nano).toBe(costOf(unitsOf(record)))
  expect(record.charged_nano).toBe(record.cost_nano)
}

async function expectFree(id: string): Promise<void> {
  const record = await world.generation(id)
  expect(record).toMatchObject({ usage_source: 'none', cost: [], charged_nano: '0' })
  expect(record.outcome).toBeOneOf(['refused', 'failed'])
  expect(record.transfers.map(({ phase }) => phase)).toEqual(['void'])
}

/** Flaky counts by prompt. */
const ask = (way: string) => ({ messages: [{ role: 'user', content: `Hello ${way}` }] })

function expectRefused(given: Given, refusal: Refusal): Promise<void> {
  expect({ status: given.status, code: given.error?.code }).toEqual(refusal as never)
  expectDiscreet(given.error, given.text)
  return expectFree(given.id)
}
interface Given {
  status: number
  error: Refused | null | undefined
  text: string
  id: string
}

test.concurrent.each(cases)('whole, $model', async ({ model, expected }) => {
  const { status, headers, body, text } = await world.ask({ model, ...ask('whole') })
  const given = { status, text, error: body.error, id: headers.get('x-generation-id')! }
  if (typeof expected === 'object') {
    return expectRefused(given, 'broken' in expected ? expected.broken : expected)
  }
  expect(status).toBe(200)
  expect(body.choices[0]?.finish_reason).toBeString()
  return expectCharged(given.id, expected === 'unreported' ? 'answered' : expected)
})

test.concurrent.each(cases)('streamed, $model', async ({ model, expected }) => {
  const reply = await world.stream({ model, ...ask('streamed') })
  if (typeof expected === 'object' && 'status' in expected) {
    return expectRefused({ ...reply, text: reply.raw }, expected)
  }
  expect(reply).toMatchObject({ status: 200, done: true })
  if (typeof expected === 'string') {
    expect(reply).toMatchObject({ finish: expect.any(String), error: null })
    return expectCharged(reply.id, expected === 'unreported' ? 'doubted' : expected)
  }
  expect(reply.text).not.toBe('')
  expect(reply.error?.code).toBe(expected.said ?? expected.broken.code)
  expect(reply.chunks.findIndex(({ error }) => error)).toBe(reply.chunks.length - 1)
  expect(Object.keys(reply.chunks.at(-1)!)).toEqual(['error'])
  expectDiscreet(reply.error, reply.error!.message)
  return expectCharged(reply.id, expected)
})

test('nobody followed the redirect', () => {
  expect(world.simulator.journal.entries().map(({ model }) => model)).not.toContain('/stolen')
})

test('after all of it nothing is held, and the ledger verifies', async () => {
  expect((await world.balance(world.account)).pending).toBe(0n)
  expect(await world.verify()).toBe(true)
})
