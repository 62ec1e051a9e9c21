/**
 * No provider's report and no client's request makes a charge negative, free or unbounded (money.md §4): whatever is said,
 * it stays within what was held and the overdraft, through the real path from request to ledger.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { nanoPerUsd } from '../../src/base/amount.ts'
import { transfer } from '../../src/store/schema.ts'
import { openPlatform, type Platform, type Usage } from './platform.ts'

const overdraft = 50n
const models = { openai: 'chat/completions', anthropic: 'chat/completions', embed: 'embeddings' }
type Name = keyof typeof models

/** What the scripted provider says of use, as JSON text; null for nothing. */
let told: string | null = null
const scripted = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: async (request) => {
    const { stream = false } = (await request.json()) as { stream?: boolean }
    const [type, text] = replyTo(new URL(request.url).pathname, stream)
    return new Response(text, { headers: { 'content-type': type } })
  },
})
afterAll(() => scripted.stop(true))

function replyTo(path: string, stream: boolean): [type: string, text: string] {
  const usage = told === null ? '' : `,"usage":${told}`
  if (path === '/v1/embeddings') {
    return ['application/json', `{"data":[{"index":0,"embedding":[0.5]}]${usage}}`]
  }
  const anthropic = path === '/v1/messages'
  if (!stream) {
    const body = anthropic
      ? `{"type":"message","content":[{"type":"text","text":"Hello there"}],"stop_reason":"end_turn"${usage}}`
      : `{"choices":[{"index":0,"message":{"content":"Hello there"},"finish_reason":"stop"}]${usage}}`
    return ['application/json', body]
  }
  const frames = anthropic
    ? [
        `{"type":"message_start","message":{"role":"assistant"${usage}}}`,
        '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello there"}}',
        `{"type":"message_delta","delta":{"stop_reason":"end_turn"}${usage}}`,
        '{"type":"message_stop"}',
      ]
    : [
        '{"choices":[{"index":0,"delta":{"content":"Hello there"}}]}',
        `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]${usage}}`,
        '[DONE]',
      ]
  return ['text/event-stream', frames.map((frame) => `data: ${frame}\n\n`).join('')]
}

let platform: Platform
beforeAll(async () => {
  platform = await openPlatform({ overdraft: '0.00000005' })
  const place = { base_url: scripted.url.origin, credential: 'x', allow_private: true }
  const price = { input: '0.001', output: '0.001', cache_write: '0.002' }
  await platform.apply({
    channels: [
      { id: 'scripted', provider: 'simulated', ...place },
      { id: 'scripted-anthropic', provider: 'simulated-anthropic', ...place },
    ],
    models: Object.keys(models).map((id) => ({
      ...{ id, context_length: 1000, max_output: 100 },
      kind: id === 'embed' ? 'embeddings' : 'chat',
      channels: [{ channel: id === 'anthropic' ? 'scripted-anthropic' : 'scripted', model: id }],
      price: id === 'embed' ? { input: '0.001' } : price,
    })),
  })
})

interface Outcome {
  status: number
  record: Usage | null
  held: bigint
  free: bigint
}

/** A call of a new customer with that credit; `fields` is JSON text, since some of it no value could say. */
async function call(name: Name, credit: bigint, fields: string): Promise<Outcome> {
  const ann = await platform.customer(credit)
  const prompt =
    name === 'embed' ? '"input":"Hello"' : '"messages":[{"role":"user","content":"Hello"}]'
  const response = await fetch(`${platform.url}/v1/${models[name]}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ann.key}`, 'x-title': ann.account },
    body: `{"model":"${name}",${prompt}${fields}}`,
  })
  await response.text()
  await platform.settled()
  const { db } = platform.parts.store
  const [, ...booked] = await db.select().from(transfer).where(eq(transfer.accountId, ann.account))
  const pending = booked.find(({ phase }) => phase === 'pending')
  const record = pending === undefined ? null : ((await platform.record(pending.id)) ?? null)
  const { free } = await platform.counters(ann)
  return { status: response.status, record, held: pending?.amount ?? 0n, free }
}

const count = fc.oneof(
  fc.nat(300).map(String),
  fc.constantFrom(
    ...['-1', '-0', '1.5', '1e400', '-1e400', '9223372036854775808', '2147483648', '2147483647'],
    ...['NaN', '"10"', '""', 'null', 'true', '{}', '[1]', '1000000', '20000'],
  ),
)
const objectOf = (names: string[], value: fc.Arbitrary<string>) =>
  fc.dictionary(fc.constantFrom(...names), value).map(textOf)
const textOf = (fields: Record<string, string>) =>
  `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`

const details = objectOf(
  ['cached_tokens', 'cache_write_tokens', 'audio_tokens', 'reasoning_tokens'],
  count,
)
const openaiUsage = fc.record(
  {
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    prompt_tokens_details: fc.oneof(details, count),
    completion_tokens_details: fc.oneof(details, count),
  },
  { requiredKeys: [] },
)
const split = objectOf(['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'], count)
const anthropicUsage = fc.record(
  {
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
    cache_creation: fc.oneof(split, count),
  },
  { requiredKeys: [] },
)
const usages = fc.oneof(
  openaiUsage.map(textOf),
  anthropicUsage.map(textOf),
  count,
  fc.constant(null),
)

describe.each([
  ['openai', false],
  ['openai', true],
  ['anthropic', false],
  ['anthropic', true],
  ['embed', false],
] as const)('a provider of %s (stream: %p)', (name, stream) => {
  const fields = name === 'embed' ? '' : `,"max_tokens":100,"stream":${stream}`

  test('may report anything: the charge is neither negative nor above hold and overdraft', async () => {
    await fc.assert(
      fc.asyncProperty(usages, fc.bigInt(0n, 400n), async (usage, credit) => {
        told = usage
        const { record, held, free } = await call(name, credit, fields)
        if (record === null) return expect(free).toBe(credit)
        const { charged, usageSource, outcome, flags } = record
        expect(charged >= 0n && free === credit - charged && free >= -overdraft).toBe(true)
        expect(charged > 0n).toBe(outcome !== 'failed')
        if (usageSource !== 'provider') expect(charged <= held).toBe(true)
        if (outcome === 'complete') {
          expect(/_usage/.test(flags ?? '')).toBe(usageSource !== 'provider')
        }
      }),
      { numRuns: 150, seed: 5 },
    )
  })

  test('that reports more than a model can read or write is not believed, however rich the customer', async () => {
    for (const tokens of ['2147483647', '20000']) {
      told =
        name === 'anthropic'
          ? `{"input_tokens":${tokens},"output_tokens":${tokens}}`
          : `{"prompt_tokens":${tokens},"completion_tokens":${tokens}}`
      const { record, held } = await call(name, nanoPerUsd, fields)
      expect(record).toMatchObject({ outcome: 'complete', flags: 'implausible_usage' })
      expect(record!.charged > 0n && record!.charged <= held).toBe(true)
    }
  })
})

test('a client may ask for anything: it is refused and holds nothing, or is charged within its hold', async () => {
  const names = ['n', 'max_tokens', 'max_completion_tokens', 'stream', 'temperature', 'dimensions']
  told = '{"prompt_tokens":10,"completion_tokens":5}'
  await fc.assert(
    fc.asyncProperty(
      objectOf(names, count),
      fc.constantFrom<Name>('openai', 'anthropic', 'embed'),
      async (object, name) => {
        const fields = object.slice(1, -1)
        const { status, record, held, free } = await call(name, 10_000n, fields && `,${fields}`)
        if (record === null) {
          expect([400, 402]).toContain(status)
          expect(free).toBe(10_000n)
        } else expect(record.charged >= 0n && record.charged <= held).toBe(true)
      },
    ),
    { numRuns: 300, seed: 6 },
  )
})

test('after all of that the books verify', async () => {
  expect(await platform.failedChecks()).toEqual([])
})
