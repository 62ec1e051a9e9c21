/** The price of a call is the one in force when it was admitted, however long it runs [T3.2]. */
import { beforeAll, expect, test } from 'bun:test'
import { systemClock } from '../../src/base/clock.ts'
import { type Answered, ask } from './client.ts'
import { type Customer, openPlatform, type Platform } from './platform.ts'

const hourMs = 3_600_000
let ahead = 0
const clock = { ...systemClock, now: () => Date.now() + ahead }
let platform: Platform
let ann: Customer
beforeAll(async () => {
  platform = await openPlatform({ silence_ms: '300' }, clock)
  ann = await platform.customer(1_000_000_000n)
})

const call = (model: string, stream: boolean) =>
  ask({ ...platform, key: ann.key }, { model, stream, max_tokens: 40 })

/** Nano-dollars a token, and the version that says so. */
async function priceOf({ id }: Answered): Promise<{ perToken: number; version: string }> {
  const { cost, input, output, priceId } = (await platform.record(id!))!
  return { perToken: Number(cost) / (input + output), version: priceId }
}

const cents = (price: string) => ({ price: { input: price, output: price } })

test.each([
  ['a stream', 'sim-chat@ttft=100,tps=400,tokens=40', true],
  ['a whole answer', 'sim-chat@ttft=200,tokens=40', false],
  ['a stream that breaks', 'demo/broken-stream@ttft=100,tps=400,after=30', true],
])(
  '%s keeps the price of its admission through a change; the next pays the new one',
  async (name, upstream, stream) => {
    const model = name.replaceAll(' ', '-')
    await platform.sell(model, upstream, cents('1'))
    const before = call(model, stream)
    await Bun.sleep(50)
    expect(await platform.openHolds()).toBe(1)
    await platform.sell(model, upstream, cents('2'))
    const after = call(model, stream)
    const [old, young] = [await priceOf(await before), await priceOf(await after)]
    expect([old.perToken, young.perToken]).toEqual([1000, 2000])
    expect(old.version).not.toBe(young.version)
  },
)

test('a scheduled price is charged from its time on, without anyone doing anything', async () => {
  await platform.sell('scheduled', 'sim-fast', cents('1'))
  const effective_from = new Date(clock.now() + hourMs).toISOString()
  await platform.sell('scheduled', 'sim-fast', { ...cents('3'), effective_from })
  const prices: number[] = []
  for (ahead of [0, hourMs - 60_000, hourMs]) {
    prices.push((await priceOf(await call('scheduled', false))).perToken)
  }
  expect(prices).toEqual([1000, 1000, 3000])
})

test('after that the books verify: each record recomputes from its own version', async () => {
  expect(await platform.failedChecks()).toEqual([])
})
