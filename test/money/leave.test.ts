/** A client that leaves mid-stream: the provider is stopped at once, and paid is what was delivered, no more [T3.4]. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { ask } from './client.ts'
import { randomFrom } from './draw.ts'
import { type Customer, openPlatform, type Platform, stores } from './platform.ts'

const clients = 200
const tokens = 3000
const seed = 11

describe.each(stores)('on %s', (_, settings) => {
  let platform: Platform
  let ann: Customer
  beforeAll(async () => {
    platform = await openPlatform(await settings())
    ann = await platform.customer(1_000_000_000n)
  })

  test.each(['openai', 'anthropic'])(
    `${clients} clients of %s leave at a point of their own: nothing stays held, and each pays for what was sent`,
    async (channel) => {
      const upstream = `sim-chat@ttft=5,tps=1000,tokens=${tokens}`
      await platform.sell(channel, upstream, {
        channels: [{ channel, model: upstream }],
        price: { input: '0', output: '0.001' },
      })
      const random = randomFrom(seed)
      const answers = await Promise.all(
        Array.from({ length: clients }, async (_, at) => {
          await Bun.sleep(at * 3)
          const leave = { afterBytes: 1 + Math.floor(random() * 20_000) }
          const asked = { model: channel, stream: true, max_tokens: tokens }
          return ask({ ...platform, key: ann.key }, asked, { leave })
        }),
      )
      await platform.settled()
      const journal = platform.journal()
      for (const { id, left, text } of answers) {
        expect(left).toBe(true)
        const [entry] = journal.get(id!)!
        expect(entry!.outcome).toBe('client-left')
        const { outcome, charged } = (await platform.record(id!))!
        expect(outcome).toBe('client_left')
        expect(Number(charged)).toBeGreaterThanOrEqual(countTokens(text.get(0) ?? ''))
        // The provider counts a chunk when it is handed over: of one that was on its way nothing is charged.
        expect(Number(charged)).toBeLessThanOrEqual(entry!.delivered.output ?? 0)
        expect(entry!.delivered.output).toBeLessThan(tokens)
      }
      expect(await platform.counters(ann)).toMatchObject({ pending: 0n, keyHeld: 0n })
    },
  )

  test('after that the books verify', async () => {
    expect(await platform.failedChecks()).toEqual([])
  })
})
