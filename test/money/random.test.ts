/**
 * Thousands of calls drawn from a seed, many at once: streams, tools, caches, lies, failures, clients that leave. Whatever
 * happened, every nano-dollar is accounted for, and the sum is what a second reckoning makes of the provider's journal.
 */
import { describe, expect, test } from 'bun:test'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import { type Answered, ask } from './client.ts'
import { type Call, drawCall, offers, randomFrom } from './draw.ts'
import { openPlatform, type Platform, stores, type Usage } from './platform.ts'
import { countReceived, expectedCharge } from './recompute.ts'

const seed = 20_260_115
const inFlight = 32
const callsOn: Record<string, number> = { SQLite: 10_000, PostgreSQL: 1_500 }
const settings = { first_byte_ms: '500', silence_ms: '300' }
const extraChannels = ['outside', 'down', 'flaky-1', 'flaky-2']

async function sellAll(platform: Platform): Promise<void> {
  const place = {
    base_url: `${platform.simulator.url}/v1`,
    credential: 'sk-sim',
    allow_private: true,
  }
  await platform.apply({
    channels: extraChannels.map((id) => ({
      ...{ id, provider: 'simulated', ...place },
      quirks: id === 'outside' ? { reasoning_outside_completion: true } : {},
    })),
    models: Object.entries(offers).map(([id, { channels, upstream, book, does }]) => ({
      ...{ id, context_length: 100_000, max_output: 4096 },
      kind: does === 'embed' ? 'embeddings' : 'chat',
      traits: does === 'grow' ? { stream_expectation: 40 } : {},
      channels: channels.map((channel) => ({ channel, model: upstream })),
      price: book,
    })),
  })
}

interface Done {
  call: Call
  got: Answered
}

async function askAll(platform: Platform, key: string, count: number): Promise<Done[]> {
  const random = randomFrom(seed)
  const done: Done[] = []
  let drawn = 0
  const worker = async () => {
    while (drawn < count) {
      const at = drawn++
      const call = drawCall(random, at)
      done[at] = { call, got: await ask({ url: platform.url, key }, call.fields, call.options) }
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  await platform.settled()
  return done
}

describe.each(stores)('on %s, calls drawn at random', (name, store) => {
  test(`seed ${seed}: each is charged what it must be, and the books verify`, async () => {
    const count = callsOn[name]!
    const platform = await openPlatform({ ...settings, ...(await store()) })
    await sellAll(platform)
    const credit = 1_000_000_000_000n
    const ann = await platform.customer(credit)
    const done = await askAll(platform, ann.key, count)

    const records = new Map((await platform.records()).map((record) => [record.caller, record]))
    const journal = platform.journal()
    const sums = { charged: 0n, least: 0n, most: 0n }
    const seen: Record<string, number> = {}
    for (const [at, { call, got }] of done.entries()) {
      expect(got.lost).toBeNull()
      const record = records.get(`call-${at}`)
      if (record === undefined) {
        // Who left before the call was read has no record.
        expect(got).toMatchObject({ left: true, id: null })
        continue
      }
      const entries = journal.get(record.id) ?? []
      const { least, most } = expectedCharge(call, got, entries.at(-1), record)
      sums.charged += record.charged
      sums.least += least
      sums.most += most
      if (record.charged < least || record.charged > most) {
        throw new Error(`not ${least}…${most}: ${explain({ call, got, record, entries })}`)
      }
      if (got.cost !== null) expect(got.cost).toBe(record.charged)
      const sent = entries.at(-1)?.delivered.output ?? 0
      expect(countReceived(call, got) ?? 0).toBeLessThanOrEqual(sent)
      if (record.outcome === 'complete') {
        expect(record.usageSource).toBe(call.offer.lies ? 'counted' : 'provider')
        expect(record.flags).toEqual(call.offer.lies ? expect.stringMatching(/_usage$/) : null)
      }
      const fellBack = entries.length > 1 && record.outcome === 'complete'
      for (const what of [record.outcome, record.usageSource, fellBack ? 'fallback' : 'direct']) {
        seen[what] = (seen[what] ?? 0) + 1
      }
    }
    expect(sums.least <= sums.charged && sums.charged <= sums.most).toBe(true)
    expect(await platform.counters(ann)).toEqual({
      ...{ free: credit - sums.charged, pending: 0n, spent: sums.charged, keyHeld: 0n },
    })
    expect(await platform.failedChecks()).toEqual([])
    process.stderr.write(
      `${name}, seed ${seed}: ${count} calls, ${sums.charged} nano-USD, ${JSON.stringify(seen)}\n`,
    )
    expect(Object.keys(seen)).toEqual(
      expect.arrayContaining([
        'complete',
        'client_left',
        'broken',
        'refused',
        'failed',
        'counted',
        'fallback',
      ]),
    )
  }, 120_000)
})

/** All that is known of a call, without its long texts. */
function explain(facts: { call: Call; got: Answered; record: Usage; entries: Entry[] }): string {
  return JSON.stringify(facts, (name, value) => {
    if (typeof value === 'bigint') return String(value)
    if (value instanceof Map) return [...value]
    if (name === 'body') return undefined
    return typeof value === 'string' && value.length > 300 ? `${value.slice(0, 20)}…` : value
  })
}
