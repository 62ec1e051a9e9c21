/** A crowd on little credit, through real HTTP: exactly as many calls are admitted as are paid for [T3.4]. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { type Answered, ask } from './client.ts'
import { openPlatform, type Platform, stores } from './platform.ts'

/** One nano-dollar a call: input is free, and the answer is one token. */
const price = { input: '0', output: '0.001' }

describe.each(stores)('on %s, 200 calls at once', (_, settings) => {
  let platform: Platform
  beforeAll(async () => {
    platform = await openPlatform(await settings())
    await platform.sell('one-token', 'sim-chat@ttft=100', { price })
  })

  const crowd = (key: string, stream: boolean): Promise<Answered[]> => {
    const call = () => ask({ ...platform, key }, { model: 'one-token', max_tokens: 1, stream })
    return Promise.all(Array.from({ length: 200 }, call))
  }
  const tally = (answers: Answered[]) =>
    Object.fromEntries(
      Map.groupBy(answers, ({ status, error }) => `${status} ${error}`)
        .entries()
        .map(([name, { length }]) => [name, length]),
    )

  test.each([
    ['', false],
    [' of streams', true],
  ])('on credit for 50%s admit exactly 50', async (_, stream) => {
    const before = platform.simulator.journal.entries().length
    const ann = await platform.customer(50n)
    expect(tally(await crowd(ann.key, stream))).toEqual({
      '200 null': 50,
      '402 insufficient_credits': 150,
    })
    expect(await platform.counters(ann)).toEqual({ free: 0n, pending: 0n, spent: 50n, keyHeld: 0n })
    expect(platform.simulator.journal.entries().length - before).toBe(50)
  })

  test('on a key’s budget for 50 admit exactly 50', async () => {
    const ann = await platform.customer(1000n, { creditLimit: 50n })
    expect(tally(await crowd(ann.key, false))).toEqual({
      '200 null': 50,
      '402 key_limit_reached': 150,
    })
    expect(await platform.counters(ann)).toMatchObject({ free: 950n, pending: 0n, spent: 50n })
  })

  test('leave books that verify', async () => {
    expect(await platform.failedChecks()).toEqual([])
  })
})
