/** What an account's members see of its usage, against a list of calls that is counted here a second time. */
import { describe, expect, test } from 'bun:test'
import { formatUsd } from '../../src/base/amount.ts'
import { newId } from '../../src/base/id.ts'
import type { CatalogBook } from '../../src/catalog/book.ts'
import { openBodies } from '../../src/gateway/body.ts'
import { usageRoutes } from '../../src/gateway/usage-routes.ts'
import type { Outcome } from '../../src/ledger/ledger.ts'
import { key, model, price, rate } from '../../src/store/schema.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { addMember, openDashboard } from '../helpers/members.ts'
import { draft, newHold, newPerson, newWorld, settlement, type World } from '../ledger/world.ts'

const hour = 3_600_000
const day = 24 * hour

interface Made {
  id: string
  ago: number
  model: string
  key: string
  outcome: Outcome
  tokens: number
}

/** `ago`: how long before now it began. A token costs a nano-dollar. */
async function call(
  { ledger }: World,
  account: string,
  { ago, model = 'm', key = `${account}-key`, outcome = 'complete', tokens = 10 }: Partial<Made>,
): Promise<Made> {
  const createdAt = now - (ago ?? 0)
  const id = newId('gen-', createdAt)
  const cost = BigInt(tokens)
  await ledger.open(newHold(account, cost, { id, keyId: key }), createdAt)
  const price = { modelId: model, priceId: `prc_${model === 'm' ? '1' : model}` }
  await ledger.resolve(
    settlement(id, cost, { draft: { ...draft, ...price, createdAt }, outcome, durationMs: 500 }),
    createdAt + 500,
  )
  return { id, ago: ago ?? 0, model, key, outcome, tokens }
}

const retiring = { id: 'n', state: 'deprecated', successorId: 'm', sell: [] }
const retires = new Map([['n', { ...retiring, retiresAt: now + 5 * day }]])
const catalog = { current: { models: retires } } as unknown as CatalogBook

async function openShop(store: TestStore) {
  const world = await newWorld(store)
  await store.write((db) => [
    db.insert(model).values({ id: 'n', kind: 'chat', contextLength: 1000, createdAt: now }),
    db.insert(price).values({
      ...{ id: 'prc_n', modelId: 'n', side: 'sell' },
      ...{ effectiveFrom: 0, publishedBy: 'test', createdAt: now },
    }),
    db.insert(rate).values([{ priceId: 'prc_n', unit: 'input', price: 1000n }]),
  ])
  const account = await newPerson(world, 100_000n, { createdBy: 'ann', name: '=main' })
  await addMember(store, account, 'ann', 'owner')
  await addMember(store, account, 'bob', 'read-only')
  await store.write((db) => [
    db.insert(key).values({
      ...{ id: `${account}-two`, hash: `${account}-two`, suffix: '', accountId: account },
      ...{ name: 'two', createdBy: 'bob', createdAt: now },
    }),
  ])
  const dashboard = openDashboard(store, (http, people) =>
    http.use(usageRoutes(people, catalog, openBodies(store, '0'.repeat(64)))),
  )
  const base = `/api/accounts/${account}`
  const get = async (path: string, who = 'bob') =>
    (await dashboard.ask(who, 'GET', base + path)).body
  return { ...dashboard, world, account, base, get }
}

describe.each(databases)('on %s', (_, open) => {
  test('the overview counts today, yesterday to the same moment, the last day and the pace', async () => {
    const { world, account, get } = await openShop(await open())
    // Now is noon in UTC.
    await call(world, account, { ago: hour, tokens: 100 })
    await call(world, account, { ago: 13 * hour, tokens: 50 })
    await call(world, account, { ago: day + 1, tokens: 30 })
    await call(world, account, { ago: day - 1, tokens: 7, outcome: 'failed' })
    const made = await call(world, account, { ago: 1, tokens: 5, model: 'n' })
    const overview = await get('/overview')
    expect(overview).toMatchObject({
      ...{ balance: formatUsd(100_000n - 192n), held: '0.00', low_balance: null },
      ...{ spend_today: formatUsd(105n), spend_yesterday_same_time: formatUsd(30n) },
      ...{ requests_24h: 3, error_share_24h: 0, tokens_24h: 155 },
      // 192 nano-dollars in two days.
      runway_days: Math.floor((100_000 - 192) / 96),
      first_steps: { credit: true, key: true, request: true },
      notices: [{ kind: 'model_retires', subject: 'n', at: '2026-01-20T12:00:00.000Z' }],
    })
    expect(overview.last_requests[0].id).toBe(made.id)
    expect(overview.chart).toEqual([
      { at: '2026-01-14T00:00:00.000Z', model: 'm', model_name: 'm', charged: formatUsd(87n) },
      { at: '2026-01-15T00:00:00.000Z', model: 'm', model_name: 'm', charged: formatUsd(100n) },
      { at: '2026-01-15T00:00:00.000Z', model: 'n', model_name: 'n', charged: formatUsd(5n) },
    ])
  })

  test('a new account has nothing yet, and nothing is made up', async () => {
    const store = await open()
    const { get } = await openShop(store)
    expect(await get('/overview')).toMatchObject({
      ...{ runway_days: null, spend_today: '0.00', error_share_24h: null, chart: [] },
      ...{ first_steps: { credit: true, key: true, request: false }, last_requests: [] },
    })
    expect(await get('/requests')).toMatchObject({ data: [], next: null })
    expect(await get('/usage')).toMatchObject({ series: [], totals: { requests: 0 } })
  })

  test('usage is summed by model, key or member, and by the days of the reader’s zone', async () => {
    const { world, account, get } = await openShop(await open())
    const two = `${account}-two`
    await call(world, account, { ago: 19 * hour, tokens: 1 })
    await call(world, account, { ago: 21 * hour, tokens: 2, key: two })
    await call(world, account, { ago: 45 * hour, tokens: 4, model: 'n', outcome: 'failed' })
    const charged = async (query: string) =>
      (await get(`/usage?${query}`)).series.map(
        (one: Record<'at' | 'group_name' | 'charged', string>) =>
          `${one.at.slice(5, 13)} ${one.group_name} ${one.charged.slice(-1)}`,
      )
    expect(await charged('range=7d')).toEqual(['01-13T00 n 4', '01-14T00 m 3'])
    // Midnight in Taipei is 16:00 in UTC: 17:00 on the 14th is its 15th.
    expect(await charged('range=7d&time_zone=Asia/Taipei')).toEqual([
      ...['01-12T16 n 4', '01-13T16 m 2', '01-14T16 m 1'],
    ])
    expect(await charged('range=7d&by=key')).toEqual([
      ...['01-13T00 =main 4', '01-14T00 =main 1', '01-14T00 two 2'],
    ])
    expect(await charged('range=7d&by=member&member=bob')).toEqual(['01-14T00 bob 2'])
    expect(await charged(`range=24h&key=${two}`)).toEqual(['01-14T15 m 2'])
    expect(await charged('range=custom&from=2026-01-13T00:00:00Z&to=2026-01-14T00:00:00Z')).toEqual(
      ['01-13T15 n 4'],
    )
    expect((await get('/usage?model=n')).totals).toEqual({
      ...{ requests: 1, failures: 1, prompt_tokens: 4, completion_tokens: 0 },
      charged: formatUsd(4n),
    })
  })

  test('the list has every call that fits its filter once, newest first, at any page size', async () => {
    const { world, account, get } = await openShop(await open())
    const made: Made[] = []
    for (let at = 0; at < 60; at++) {
      made.push(
        await call(world, account, {
          // Several in one moment, and hours without any.
          ago: Math.floor(at / 3) * 37 * 60_000 + (at > 30 ? 9 * hour : 0),
          model: at % 4 === 0 ? 'n' : 'm',
          key: `${account}-${at % 5 === 0 ? 'two' : 'key'}`,
          outcome: at % 7 === 0 ? 'failed' : 'complete',
        }),
      )
    }
    const order = (a: Made, b: Made) => a.ago - b.ago || (a.id < b.id ? 1 : -1)
    const list = async (query: string, limit: number) => {
      const ids: string[] = []
      for (let after = ''; ; ) {
        const page = await get(`/requests?limit=${limit}${query}${after && `&after=${after}`}`)
        ids.push(...page.data.map(({ id }: Made) => id))
        if (page.next === null) return ids
        after = page.next
      }
    }
    const filters: [query: string, fits: (one: Made) => boolean][] = [
      ['', () => true],
      ['&model=n', (one) => one.model === 'n'],
      [`&key=${account}-two`, (one) => one.key === `${account}-two`],
      ['&status=failed', (one) => one.outcome === 'failed'],
      ['&status=ok&model=n', (one) => one.outcome !== 'failed' && one.model === 'n'],
      [
        `&model=m&from=${new Date(now - 9 * hour).toISOString()}&to=${new Date(now - hour / 2).toISOString()}`,
        (one) => one.model === 'm' && one.ago <= 9 * hour && one.ago > hour / 2,
      ],
      ['&model=none', () => false],
    ]
    for (const [query, fits] of filters) {
      const expected = made.filter(fits).sort(order)
      for (const limit of [1, 7, 200]) {
        expect(await list(query, limit)).toEqual(expected.map(({ id }) => id))
      }
    }
  })

  test('a list that follows sees what has ended since, even if it began long before', async () => {
    const { world, account, get } = await openShop(await open())
    await call(world, account, { ago: 50_000 })
    const { at } = await get('/requests')
    expect((await get(`/requests?newer=${at}`)).data).toEqual([])
    const long = newId('gen-', now - 600_000)
    await world.ledger.open(newHold(account, 1n, { id: long }), now - 600_000)
    await world.ledger.resolve(
      settlement(long, 1n, {
        draft: { ...draft, createdAt: now - 600_000 },
        durationMs: 600_000,
      }),
      now,
    )
    const { data } = await get(`/requests?newer=${at}`)
    expect(data.map(({ id }: Made) => id)).toEqual([long])
  })

  test('one call shows units × price = charge, and the transfers that moved it (T3.3)', async () => {
    const { world, account, get } = await openShop(await open())
    const { id } = await call(world, account, { tokens: 300 })
    expect(await get(`/requests/${id}`)).toMatchObject({
      ...{ id, cost: formatUsd(300n), full_cost: formatUsd(300n), price_version: 'prc_1' },
      units: [{ unit: 'input', count: 300, usd_per_million: '0.001' }],
      transfers: [
        { id, phase: 'pending', amount: formatUsd(300n) },
        { phase: 'post', amount: formatUsd(300n) },
      ],
    })
  })

  test('another account’s calls are not found, and who is no member finds no account', async () => {
    const { ask, world, base } = await openShop(await open())
    const carol = await newPerson(world)
    await addMember(world.store, carol, 'carol', 'owner')
    const { id } = await call(world, carol, {})
    expect((await ask('ann', 'GET', `${base}/requests/${id}`)).status).toBe(404)
    for (const path of ['overview', 'usage', 'requests', 'requests.csv'])
      expect((await ask('carol', 'GET', `${base}/${path}`)).status).toBe(404)
  })

  test('calls come as a file with a mark, exact digits and no formula', async () => {
    const { world, account, text, base } = await openShop(await open())
    const { id } = await call(world, account, { tokens: 123 })
    const file = await text('bob', `${base}/requests.csv`)
    const [head, row] = file.split('\r\n')
    expect(head).toStartWith('id,created_at,model,key_id,key_name,')
    expect(row).toStartWith(`${id},2026-01-15T12:00:00.000Z,m,${account}-key,'=main,`)
    expect(row).toContain(`,${formatUsd(123n)},`)
  })
})

test.each([
  ['/overview?time_zone=Mars/Base', 'time_zone'],
  ['/usage?range=custom', 'from'],
  ['/usage?range=custom&from=2026-01-02&to=2026-01-01', 'to'],
  ['/usage?range=custom&from=2020-01-01', 'from'],
  ['/usage?by=colour', 'by'],
  ['/requests?after=1', 'after'],
  ['/requests?from=soon', 'from'],
  ['/requests?limit=1000', null],
])('%s is refused by name', async (path, param) => {
  const { get } = await shop
  expect((await get(path)).error).toMatchObject({ code: 'invalid_request', param })
})
const shop = databases[0]![1]().then(openShop)
