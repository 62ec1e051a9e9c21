/**
 * Bugs that real platforms of this kind had (money.md §7), each by its name. Those of payments come with payments. A crash
 * that loses what was billed is in `test/fault`.
 */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { changeSettings } from '../../src/account/settings.ts'
import { nanoPerUsd } from '../../src/base/amount.ts'
import { drawWords } from '../../src/demo/simulator/words.ts'
import { hold, transfer } from '../../src/store/schema.ts'
import { type Answered, ask } from './client.ts'
import { type Customer, openPlatform, type Platform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await openPlatform({ first_byte_ms: '300' })
})

const both = ['openai', 'anthropic']
let sold = 0
const sell = (upstream: string, channel = 'openai', more = {}) =>
  platform.sell(`model-${++sold}`, upstream, { channels: [{ channel, model: upstream }], ...more })
const call = ({ key }: Customer, fields: Parameters<typeof ask>[1], options = {}) =>
  ask({ ...platform, key }, fields, options)
/** A channel of its own, so that its failures do not keep another test's calls from it. */
async function newChannel(): Promise<string> {
  const id = `channel-${++sold}`
  const place = { base_url: platform.simulator.url, credential: 'sk-sim', allow_private: true }
  await platform.apply({ channels: [{ id, provider: 'simulated', ...place }] })
  return id
}
const askedFor = ({ id }: Answered) =>
  platform
    .journal()
    .get(id!)
    ?.map(({ model }) => model)
const recordOf = async ({ id }: Answered) => (await platform.record(id!))!
const times = <T>(count: number, make: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)))

test('balance read, then debited unconditionally: 30 at once on credit for 3', async () => {
  const ann = await platform.customer(3n)
  const model = await sell('sim-chat@ttft=50', 'openai', { price: { input: '0', output: '0.001' } })
  const answers = await times(30, () => call(ann, { model, max_tokens: 1 }))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  expect(await platform.counters(ann)).toMatchObject({ free: 0n, spent: 3n })
})

test.each([
  'demo/timeout',
  'demo/broken-stream',
  'demo/html',
  'demo/500',
  'demo/bomb@mb=1',
  'demo/redirect',
])('reservation kept after a network error or panic: %s gives all of it back', async (upstream) => {
  const ann = await platform.customer(1_000_000n)
  const answer = await call(ann, { model: await sell(upstream, await newChannel()) })
  expect(answer.status).toBeGreaterThanOrEqual(500)
  expect(askedFor(answer)).toEqual([upstream])
  expect(await platform.counters(ann)).toEqual({
    free: 1_000_000n,
    pending: 0n,
    spent: 0n,
    keyHeld: 0n,
  })
})

test.each(both)(
  'refund run twice: whoever ends a call of %s first, it is resolved once',
  async (channel) => {
    const ann = await platform.customer(1_000_000n)
    const model = await sell('demo/broken-stream@ttft=5,after=3', channel)
    await times(60, (at) =>
      call(ann, { model, stream: true, max_tokens: 9 }, { leave: { afterMs: at % 30 } }),
    )
    await platform.settled()
    const { db } = platform.parts.store
    const moved = await db.select().from(transfer).where(eq(transfer.accountId, ann.account))
    const of = (phases: string[]) =>
      moved.filter(({ phase }) => phases.includes(phase)).map((one) => one.pendingId ?? one.id)
    expect(of(['post', 'void']).sort()).toEqual(of(['pending']).sort())
    const { free, spent } = await platform.counters(ann)
    expect(free).toBe(1_000_000n - spent)
  },
)

test.each(['demo/vllm', 'demo/double-usage', 'demo/groq'])(
  'usage frames summed: what %s says in every frame is counted once',
  async (upstream) => {
    const ann = await platform.customer(1_000_000n)
    const model = await sell(`${upstream}@tokens=100`)
    const record = await recordOf(await call(ann, { model, stream: true }))
    expect(record).toMatchObject({ output: 100, usageSource: 'provider' })
    expect(record.charged).toBe(BigInt(record.input + 100))
  },
)

describe.each(both)(
  'stream abort free, or billed in full before the first token: of %s',
  (channel) => {
    test('a client that leaves after some pays for some', async () => {
      const ann = await platform.customer(1_000_000n)
      const model = await sell('sim-chat@tps=200,tokens=2000', channel, {
        price: { input: '0', output: '0.001' },
      })
      await call(ann, { model, stream: true }, { leave: { afterBytes: 3000 } })
      await platform.settled()
      const { spent } = await platform.counters(ann)
      expect(spent > 0n && spent < 200n).toBe(true)
    })

    test('a client that leaves before any pays for the input', async () => {
      const ann = await platform.customer(1_000_000n)
      const model = await sell('sim-chat@silence=60000', channel, {
        traits: { first_byte_ms: 60_000 },
      })
      await call(ann, { model, stream: true }, { leave: { afterMs: 60 } })
      await platform.settled()
      const { spent } = await platform.counters(ann)
      expect(spent > 0n && spent < 20n).toBe(true)
    })
  },
)

test.each(
  both.flatMap(
    (channel) =>
      [
        [channel, false],
        [channel, true],
      ] as const,
  ),
)(
  'usage missing = free: of %s (stream: %p) what was delivered is counted, and flagged',
  async (channel, stream) => {
    const ann = await platform.customer(1_000_000n)
    const model = await sell('demo/no-usage@tokens=50', channel)
    const record = await recordOf(await call(ann, { model, stream }))
    expect(record).toMatchObject({ output: 50, usageSource: 'counted', flags: 'missing_usage' })
    expect(record.charged).toBe(BigInt(record.input + 50))
  },
)

test.each(both)(
  'cache tokens double or never charged: of %s each is charged once, at its own price',
  async (channel) => {
    const ann = await platform.customer(1_000_000n)
    const price = { input: '0.1', output: '0', cache_read: '0.01', cache_write: '0.2' }
    const model = await sell('sim-chat', channel, { price })
    const text = drawWords(1500, sold, 'english').join('')
    const system = {
      role: 'system',
      content: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }],
    }
    const messages = [system, { role: 'user', content: 'Hello' }]
    const [first, second] = [
      await call(ann, { model, messages }),
      await call(ann, { model, messages }),
    ]
    const [written, read] = [await recordOf(first), await recordOf(second)]
    const all = ({ input, cache_read, cache_write }: typeof read) =>
      input + cache_read + cache_write
    expect(all(written)).toBe(all(read))
    expect(read.cache_read).toBeGreaterThan(1_000)
    for (const { charged, input, cache_read, cache_write } of [written, read]) {
      expect(charged).toBe(BigInt(100 * input + 10 * cache_read + 200 * cache_write))
    }
  },
)

test('int32 balance: nor 53 bits; the last nano-dollar of nine million dollars is right', async () => {
  const credit = 9_007_199n * nanoPerUsd + 254_740_993n
  const ann = await platform.customer(credit)
  const { charged } = await recordOf(await call(ann, { model: await sell('sim-fast') }))
  expect(await platform.counters(ann)).toMatchObject({ free: credit - charged, spent: charged })
})

test('float drift: three hundred calls of the same cost are three hundred times the cost', async () => {
  const ann = await platform.customer(nanoPerUsd)
  const model = await sell('sim-fast', 'openai', { price: { input: '0.1', output: '0.7' } })
  const costs = (await times(300, () => call(ann, { model }))).map(({ cost }) => cost!)
  expect(new Set(costs).size).toBe(1)
  expect((await platform.counters(ann)).spent).toBe(300n * costs[0]!)
})

test('lossy billing queue: whoever has an answer has a record, at that moment', async () => {
  const ann = await platform.customer(1_000_000n)
  const model = await sell('sim-fast')
  const found = await times(200, async (at) => {
    const answer = await call(ann, { model, stream: at % 2 === 0 })
    return (await platform.record(answer.id!))?.outcome
  })
  expect(new Set(found)).toEqual(new Set(['complete']))
})

test.each([
  [{ n: 128, max_tokens: 2 ** 31 - 1 }, 402],
  [{ n: 2 ** 31, max_tokens: 1 }, 400],
  [{ n: -1 }, 400],
  [{ max_tokens: -1 }, 400],
  [{ max_tokens: 2 ** 31 }, 400],
  [{ max_completion_tokens: -(2 ** 53) }, 400],
])(
  '`n` or `max_tokens` overflowing into a negative charge: %j is refused',
  async (fields, status) => {
    const ann = await platform.customer(1_000n)
    const answer = await call(ann, { model: await sell('sim-fast'), ...fields })
    expect(answer.status).toBe(status)
    expect(await platform.counters(ann)).toEqual({
      free: 1_000n,
      pending: 0n,
      spent: 0n,
      keyHeld: 0n,
    })
  },
)

test('reserve without the output price: an answer that is not covered is not asked for', async () => {
  const ann = await platform.customer(1_000n)
  const model = await sell('sim-fast', 'openai', { price: { input: '0', output: '1' } })
  const before = platform.simulator.journal.entries().length
  expect(await call(ann, { model, max_tokens: 100 })).toMatchObject({ status: 402 })
  expect(platform.simulator.journal.entries().length).toBe(before)
})

test('stale price cache on retry: the second channel’s answer costs what was quoted, though the price has changed', async () => {
  const ann = await platform.customer(nanoPerUsd)
  const channels = [
    { channel: await newChannel(), model: 'demo/timeout', priority: 0 },
    { channel: 'openai', model: 'sim-fast', priority: 1 },
  ]
  const model = await sell('', '', { channels, price: { input: '1', output: '1' } })
  const answer = call(ann, { model })
  await Bun.sleep(50)
  await platform.sell(model, '', { channels, price: { input: '9', output: '9' } })
  expect(askedFor(await answer)).toEqual(['demo/timeout', 'sim-fast'])
  const { charged, input, output } = await recordOf(await answer)
  expect(charged).toBe(BigInt((input + output) * 1000))
})

test('a profile edit writing back a stale balance: an account that is edited all the while keeps each charge', async () => {
  const ann = await platform.customer(1_000_000n)
  const model = await sell('sim-fast')
  let calling = true
  const edits = (async () => {
    while (calling) await changeSettings(platform.parts, ann.account, { name: 'Edited' })
  })()
  const costs = await times(100, async () => (await call(ann, { model })).cost!)
  calling = false
  await edits
  const spent = costs.reduce((sum, cost) => sum + cost, 0n)
  expect(await platform.counters(ann)).toMatchObject({
    free: 1_000_000n - spent,
    pending: 0n,
    spent,
  })
})

test('a crash charged for more than was sent: what is noted for one has thoughts at their own price', async () => {
  const ann = await platform.customer(1_000_000n)
  const price = { input: '0', output: '0.005', reasoning: '0.001' }
  const model = await sell('demo/deepseek@tps=20,thinking=100', 'openai', { price })
  const answer = call(ann, { model, stream: true }, { leave: { afterMs: 2_500 } })
  let noted: string | null = null
  while (noted === null) {
    await Bun.sleep(20)
    const [held] = await platform.parts.store.db.select().from(hold)
    noted = held?.delivered ?? null
  }
  const { units, cost } = JSON.parse(noted)
  expect(units.reasoning).toBeGreaterThan(0)
  expect(cost).toBe(String(units.reasoning))
  await answer
  await platform.settled()
})

test('after all of it the books verify', async () => {
  expect(await platform.failedChecks()).toEqual([])
})
