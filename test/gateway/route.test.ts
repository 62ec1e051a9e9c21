/** Which channel answers: priority, weight, fallback before the first byte, the breaker and its probe (wire.md §6). */
import { describe, expect, test } from 'bun:test'
import type { Channel, Model, Route } from '../../src/catalog/model.ts'
import { broken, ProviderError } from '../../src/gateway/failure.ts'
import { createBreakers } from '../../src/gateway/route.ts'
import { openWorld } from '../helpers/world.ts'

const routeOf = (id: string, priority = 0, weight = 1): Route =>
  ({ channel: { id } as Channel, upstreamModel: 'm', priority, weight }) as Route
const modelOf = (...routes: Route[]) => ({ routes }) as unknown as Model
const [a, b, c] = [routeOf('a'), routeOf('b', 1), routeOf('c', 2)] as const

describe('the order of channels', () => {
  /** Names in the order in which they would be tried. */
  const order = (breakers: ReturnType<typeof createBreakers>, now = 0, model = modelOf(c, b, a)) =>
    [...breakers.order(model, now, Math.random)].map(({ channel }) => channel.id).join('')

  test('is by priority', () => {
    expect(order(createBreakers())).toBe('abc')
  })

  test('leaves out who trains on calls, unless the account agreed (T5.2)', () => {
    const trains = { ...a, channel: { id: 'a', quirks: { trains: true } } as unknown as Channel }
    const plain = { ...b, channel: { id: 'b', quirks: {} } as unknown as Channel }
    const tried = (mayTrain: boolean, ...routes: Route[]) =>
      [...createBreakers().order(modelOf(...routes), 0, Math.random, mayTrain)].map(
        ({ channel }) => channel.id,
      )
    expect(tried(true, trains, plain)).toEqual(['a', 'b'])
    expect(tried(false, trains, plain)).toEqual(['b'])
    expect(tried(false, trains)).toEqual([])
  })

  test('is by weight within a priority: three of four first calls go where three of four parts are', () => {
    const breakers = createBreakers()
    const model = modelOf(routeOf('light'), routeOf('heavy', 0, 3))
    let step = 0
    // Every pair of a grid of chances: no luck in it.
    const chance = () =>
      ((step++ % 2 === 0 ? Math.floor(step / 2) % 100 : Math.floor(step / 200)) + 0.5) / 100
    const firsts = Array.from(
      { length: 10_000 },
      () => [...breakers.order(model, 0, chance)][0]?.channel.id,
    )
    expect(firsts.filter((id) => id === 'heavy').length / 10_000).toBeCloseTo(0.75, 1)
  })

  test('leaves a channel out after five failures in a row, for 5 s, then 10 s, then 20 s', () => {
    const breakers = createBreakers()
    const fail = (now: number) => breakers.failed(a.channel, broken('x'), now)
    for (let at = 0; at < 4; at++) fail(0)
    expect(order(breakers)).toBe('abc')
    fail(0)
    expect([order(breakers, 4_999), breakers.state(a.channel, 4_999)]).toEqual(['bc', 'open'])
    expect(breakers.state(a.channel, 5_000)).toBe('probing')
    expect([order(breakers, 5_000), order(breakers, 5_000)]).toEqual(['abc', 'bc'])
    fail(5_000)
    expect([order(breakers, 14_999), order(breakers, 15_000)]).toEqual(['bc', 'abc'])
    fail(15_000)
    expect([order(breakers, 34_999), order(breakers, 35_000)]).toEqual(['bc', 'abc'])
    breakers.succeeded(a.channel)
    expect([order(breakers, 35_000), order(breakers, 35_000)]).toEqual(['abc', 'abc'])
    expect(breakers.state(a.channel, 35_000)).toBe('closed')
  })

  test('leaves a channel out at once for as long as it asked for', () => {
    const breakers = createBreakers()
    breakers.failed(a.channel, new ProviderError(broken('x').failure, 2_000), 0)
    expect([order(breakers, 1_999), order(breakers, 2_000)]).toEqual(['bc', 'abc'])
  })

  test('a success in between starts the count anew', () => {
    const breakers = createBreakers()
    for (let at = 0; at < 20; at++) {
      breakers.failed(a.channel, broken('x'), 0)
      if (at % 4 === 3) breakers.succeeded(a.channel)
    }
    expect(order(breakers)).toBe('abc')
  })

  test('a spare that no call has reached is still there to be probed', () => {
    const breakers = createBreakers()
    for (let at = 0; at < 5; at++) breakers.failed(b.channel, broken('x'), 0)
    const firstOf = (now: number) => {
      for (const { channel } of breakers.order(modelOf(a, b), now, Math.random)) return channel.id
    }
    // The first channel answers each of these; nobody gets as far as the spare.
    expect([firstOf(6_000), firstOf(6_001)]).toEqual(['a', 'a'])
    expect(order(breakers, 6_002, modelOf(a, b))).toBe('ab')
  })
})

const world = await openWorld({ KKAI_CONNECT_MS: '500', KKAI_FIRST_BYTE_MS: '1500' })
let made = 0
/** Sells a model whose channels, one after the other, are served by these models of the provider. */
async function sellOver(...upstreams: string[]): Promise<string> {
  const id = `over-${made++}`
  const base = (name: string) =>
    name === 'unreachable' ? 'http://127.0.0.1:9' : world.simulator.url
  const newChannels = upstreams.map((name, at) => ({
    ...{ id: `${id}-${at}`, base_url: base(name), credential: 'sk-sim-x', allow_private: true },
    provider: name.startsWith('anthropic/') ? 'simulated-anthropic' : 'simulated',
  }))
  const channels = upstreams.map((name, at) => ({
    ...{ channel: `${id}-${at}`, model: name.replace('anthropic/', ''), priority: at },
  }))
  return world.sell(id, { newChannels, channels })
}

describe('the next channel is asked', () => {
  test.each([
    ['that cannot be reached', 'unreachable', 0],
    ['that refuses our key', 'demo/401', 1],
    ['that does not know the model', 'demo/404', 1],
    ['that limits us', 'demo/429', 1],
    ['that fails', 'demo/500', 1],
    ['that is overloaded', 'anthropic/demo/529', 1],
    ['that answers nonsense', 'demo/html', 1],
    ['that never answers', 'demo/timeout', 1],
    ['that breaks before its first output', 'demo/broken-stream@after=0', 1],
  ])('after one %s; only the one that answered is paid', async (_, first, seen) => {
    for (const stream of [false, true]) {
      const model = await sellOver(first, 'sim-fast')
      const { key, account } = await world.customer()
      const response = await world.send({ model, stream }, { key })
      const text = await response.text()
      expect([response.status, text.includes('upstream_error')]).toEqual([200, false])
      const id = response.headers.get('x-generation-id')!
      const attempts = world.seen(id).map((entry) => entry.model)
      expect(attempts).toEqual(
        seen === 0 ? ['sim-fast'] : [first.replace('anthropic/', ''), 'sim-fast'],
      )
      const record = await world.generation(id, key)
      const spent = 100_000_000_000n - (await world.balance(account)).balance
      expect([record.tokens_completion, BigInt(record.charged_nano)]).toEqual([8, spent])
    }
  })

  test('across dialects', async () => {
    const model = await sellOver('demo/503', 'anthropic/sim-fast')
    const reply = await world.stream({ model })
    expect(reply).toMatchObject({ finish: 'stop', done: true })
    expect(world.seen(reply.id).map(({ dialect }) => dialect)).toEqual([
      'openai-chat',
      'anthropic-messages',
    ])
  })

  test.each(['demo/400', 'demo/policy', 'demo/context-length'])(
    'but not when the request is wrong: %s',
    async (first) => {
      const { status, headers } = await world.ask({ model: await sellOver(first, 'sim-fast') })
      expect(status).toBe(400)
      expect(world.seen(headers.get('x-generation-id')!)).toHaveLength(1)
    },
  )

  test.each(['demo/broken-stream', 'demo/early-close', 'anthropic/demo/error-in-stream'])(
    'nor once anything was delivered: %s',
    async (first) => {
      const reply = await world.stream({ model: await sellOver(first, 'sim-fast') })
      expect(reply.error).not.toBeNull()
      expect(world.seen(reply.id)).toHaveLength(1)
    },
  )

  test('and the last one’s failure is told when none answers', async () => {
    const { status, body } = await world.ask({ model: await sellOver('demo/500', 'demo/503') })
    expect([status, body.error?.code]).toEqual([503, 'overloaded'])
  })
})

test('a channel that fails five times is left alone, and its calls fail fast', async () => {
  const model = await sellOver('demo/500')
  const calls: number[] = []
  for (let at = 0; at < 7; at++) {
    const { status, headers } = await world.ask({ model })
    calls.push(status, world.seen(headers.get('x-generation-id')!).length)
  }
  expect(calls).toEqual([502, 1, 502, 1, 502, 1, 502, 1, 502, 1, 503, 0, 503, 0])
})

test('a price that changed between two attempts of the client is the one of the second; the first cost nothing', async () => {
  const model = await sellOver('demo/flaky')
  const first = await world.ask({ model })
  await world.run('catalog apply', {
    file: JSON.stringify({
      models: [
        {
          ...{ id: model, context_length: 200_000, max_output: 128_000 },
          channels: [{ channel: `${model}-0`, model: 'demo/flaky' }],
          price: { input: '1', output: '2' },
        },
      ],
    }),
  })
  const second = await world.ask({ model })
  expect([first.status, second.status]).toEqual([503, 200])
  expect(await world.generation(first.headers.get('x-generation-id')!)).toMatchObject({
    charged_nano: '0',
  })
  const { cost } = await world.generation(second.body.id)
  expect(cost.map(({ usd_per_million }) => usd_per_million)).toEqual(['1.00', '2.00'])
})
