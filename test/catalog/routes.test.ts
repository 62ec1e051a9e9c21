/** What anyone sees of the models: prices with every version, and figures that come from real calls or are not there. */
import { expect, test } from 'bun:test'
import { newId } from '../../src/base/id.ts'
import { openCatalog } from '../../src/catalog/book.ts'
import { catalogRoutes } from '../../src/catalog/routes.ts'
import type { Outcome } from '../../src/ledger/ledger.ts'
import { model, price, rate } from '../../src/store/schema.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { clock, open } from '../http/open.ts'
import { draft, newHold, newPerson, newWorld, settlement } from '../ledger/world.ts'

const hour = 3_600_000

async function openShop(store: TestStore) {
  const world = await newWorld(store)
  const person = await newPerson(world, 1_000_000n)
  await store.write((db) => [
    db.insert(model).values([
      { id: 'quiet', kind: 'chat', contextLength: 8, createdAt: now, traits: {} },
      { id: 'unpriced', kind: 'chat', contextLength: 8, createdAt: now },
    ]),
    db.insert(price).values(
      [-2, 0, 2].map((hours, at) => ({
        ...{ id: `prc_q${at}`, modelId: 'quiet', side: 'sell' as const },
        ...{ effectiveFrom: now + hours * hour, publishedBy: 'test', createdAt: now },
      })),
    ),
    db.insert(rate).values([
      ...[3n, 2n, 1n].map((price, at) => ({
        ...{ priceId: `prc_q${at}`, unit: 'input' as const, price: price * 1_000_000n },
      })),
      { priceId: 'prc_q1', unit: 'input', minPromptTokens: 100, price: 4_000_000n },
    ]),
  ])
  const call = async (ago: number, outcome: Outcome = 'complete', firstTokenMs = 200) => {
    const createdAt = now - ago
    const id = newId('gen-', createdAt)
    await world.ledger.open(newHold(person, 50n, { id }), createdAt)
    const ending = settlement(id, 50n, {
      ...{ outcome, firstTokenMs, durationMs: firstTokenMs + 1000, units: { output: 50 } },
      draft: { ...draft, createdAt, streamed: true },
    })
    await world.ledger.resolve(ending, createdAt)
  }
  const catalog = await openCatalog(store, '0'.repeat(64))
  let shift = 0
  const shifted = { ...clock, now: () => now + shift }
  const { url } = open((http) => http.use(catalogRoutes(catalog, store, shifted)))
  return {
    call,
    pass: (ms: number) => {
      shift += ms
    },
    get: async (path: string) => (await fetch(`${url}/api${path}`)).json(),
  }
}

test.each(databases)('on %s, models show their price and their own calls', async (_, database) => {
  const { call, get, pass } = await openShop(await database())
  for (const firstTokenMs of [100, 300, 500]) await call(hour, 'complete', firstTokenMs)
  await call(5 * hour, 'broken', 300)
  await call(5 * hour, 'refused', 300)
  await call(30 * hour, 'failed')
  const { data } = await get('/models')
  expect(data.map(({ id }: { id: string }) => id)).toEqual(['m', 'quiet'])
  expect(data[0]).toMatchObject({
    prices: { input: '0.001', output: '0.001' },
    measured: { calls: 5, uptime: 0.8, first_token_ms: 305, tokens_per_second: 50 },
  })
  expect(data[1]).toMatchObject({
    prices: { input: '2.00' },
    long_prompts: [{ min_prompt_tokens: 100, prices: { input: '4.00' } }],
    measured: null,
  })

  const { api, models, hours } = await get('/status')
  expect(api).toBe('ok')
  expect(models[1]).toEqual({
    ...{ id: 'quiet', name: 'quiet', calls_24h: 0, uptime_24h: null, first_token_p50_ms: null },
  })
  expect(hours).toHaveLength(24)
  expect(hours.at(-2)).toEqual({
    ...{ at: '2026-01-15T11:00:00.000Z', calls: 3, failures: 0, state: 'ok' },
  })
  expect(hours.at(-6)).toMatchObject({ calls: 2, failures: 1 })

  for (let at = 0; at < 20; at++) await call(0, 'failed')
  expect((await get('/status')).api).toBe('ok')
  pass(60_000)
  const later = await get('/status')
  expect(later.api).toBe('degraded')
  // One of two calls is no incident; twenty of twenty are.
  const states = later.hours.map(({ state }: { state: string }) => state)
  expect(states).toEqual([...Array(23).fill('ok'), 'degraded'])
})

test('every version of a price is shown, what is to come first (T3.2)', async () => {
  const { get } = await openShop(await databases[0]![1]())
  const { data } = await get('/models/history?id=quiet')
  const short = data.map(({ state, prices }: { state: string; prices: { input: string } }) => [
    ...[state, prices.input],
  ])
  expect(short).toEqual([
    ['scheduled', '1.00'],
    ['current', '2.00'],
    ['past', '3.00'],
  ])
  expect((await get('/models/history?id=unpriced')).error.code).toBe('model_not_found')
})
