/** Prices that rise and models that retire are told to who uses them, once, and to nobody else [T9, T1.4]. */
import { describe, expect, test } from 'bun:test'
import type { Rate } from '../../src/base/amount.ts'
import type { UnitClass } from '../../src/base/units.ts'
import { applyCatalog } from '../../src/catalog/apply.ts'
import { openCatalog } from '../../src/catalog/book.ts'
import type { Catalog, Model, PriceVersion } from '../../src/catalog/model.ts'
import { remember } from '../../src/notice/alert.ts'
import { tellCalledOff } from '../../src/notice/called-off.ts'
import { comingChanges, compareRates, tellComing } from '../../src/notice/coming.ts'
import { listNotices } from '../../src/notice/current.ts'
import { changePreferences } from '../../src/notice/preference.ts'
import { delivery, mail, webhook } from '../../src/store/people.ts'
import { account, usageHour } from '../../src/store/schema.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'

const dayMs = 86_400_000

const rates = (prices: { [unit in UnitClass]?: bigint }, minPromptTokens = 0): Rate[] =>
  Object.entries(prices).map(([unit, price]) => ({
    ...{ unit: unit as UnitClass, price, minPromptTokens },
  }))
const one = 1_000_000n

const version = (id: string, at: number, input: bigint): PriceVersion => ({
  ...{ id, effectiveFrom: at, rates: rates({ input: input * one, output: 8n * one }) },
})

const model = (id: string, more: Partial<Model> = {}): Model => ({
  ...{ id, kind: 'chat', name: null, state: 'active', retiresAt: null, successorId: null },
  ...{ contextLength: 1000, maxOutput: null, traits: {}, createdAt: 0, routes: [], buy: [] },
  sell: [version('prc_old', 0, 2n)],
  ...more,
})
const catalog = (...models: Model[]): Catalog => ({
  models: new Map(models.map((one) => [one.id, one])),
})
const rising = (id: string, at = now + 9 * dayMs, price = `prc_${id}`) =>
  model(id, { sell: [version('prc_old', 0, 2n), version(price, at, 3n)] })
/** `prc_m` would have risen to 3 at `at`; `instead` was published after it, `later` for another time. */
const replacing = (id: string, at: number, instead: bigint, later?: number) => {
  const { sell } = rising(id, at)
  return model(id, {
    sell: [...sell, version('prc_x', at, instead), ...(later ? [version('prc_y', later, 3n)] : [])],
  })
}

test.each<[string, Rate[], Rate[], boolean]>([
  ['one class rises', rates({ input: 1n }), rates({ input: 2n }), true],
  [
    'one rises and one falls',
    rates({ input: 1n, output: 9n }),
    rates({ input: 2n, output: 1n }),
    true,
  ],
  ['all fall', rates({ input: 2n, output: 2n }), rates({ input: 1n, output: 2n }), false],
  ['nothing changes', rates({ input: 2n }), rates({ input: 2n }), false],
  ['what was free has a price', rates({ input: 2n }), rates({ input: 2n, request: 1n }), true],
  [
    'cached input loses its lower price',
    rates({ input: 2n, cache_read: 1n }),
    rates({ input: 2n }),
    true,
  ],
  [
    'only long prompts rise',
    rates({ input: 2n }),
    [...rates({ input: 2n }), ...rates({ input: 3n }, 100)],
    true,
  ],
  [
    'only long prompts fall',
    rates({ input: 2n }),
    [...rates({ input: 2n }), ...rates({ input: 1n }, 100)],
    false,
  ],
])('where %s, is that a rise?', (_what, before, after, expected) => {
  expect(compareRates(before, after) !== null).toBe(expected)
})

test.each<[string, Partial<Model>, string[]]>([
  ['a rise to come', { sell: [version('a', 0, 1n), version('b', now + 1, 2n)] }, ['b']],
  ['a rise that is in force', { sell: [version('a', 0, 1n), version('b', now, 2n)] }, []],
  ['a fall to come', { sell: [version('a', 0, 2n), version('b', now + 1, 1n)] }, []],
  ['its first price to come', { sell: [version('a', now + 1, 2n)] }, []],
  [
    'two rises to come',
    { sell: [version('a', 0, 1n), version('b', now + 1, 2n), version('c', now + 2, 3n)] },
    ['b', 'c'],
  ],
  [
    'a rise that was taken back',
    { sell: [version('a', 0, 1n), version('b', now + 1, 9n), version('c', now + 1, 1n)] },
    [],
  ],
  [
    'a rise that was made smaller',
    { sell: [version('a', 0, 1n), version('b', now + 1, 9n), version('c', now + 1, 2n)] },
    ['c'],
  ],
  ['a rise of what we pay', { buy: [version('a', 0, 1n), version('b', now + 1, 2n)] }, []],
  ['a date to come', { state: 'deprecated', retiresAt: now + 1 }, [`m ${now + 1}`]],
  ['a date that has passed', { state: 'deprecated', retiresAt: now }, []],
  ['its end behind it', { state: 'retired', retiresAt: now + 1 }, []],
])('of a model with %s', (_what, more, expected) => {
  const found = comingChanges(catalog(model('m', more)), now)
  expect(found.map(({ subject }) => subject)).toEqual(expected)
})

/** Acme (Ann's) used m; other (Olga's) used n; late (Lee's) used m 31 days ago; idle (Ida's) never called. */
async function openShop(open: () => ReturnType<typeof openTestSqlite>): Promise<TestPeople> {
  const people = await openPeople(await open())
  const teams = { acme: 'ann', other: 'olga', late: 'lee', idle: 'ida' }
  for (const [id, owner] of Object.entries(teams)) await newTeam(people, id, { [owner]: 'owner' })
  await use(people, 'acme', 'm', now - 29 * dayMs)
  await use(people, 'other', 'n', now)
  await use(people, 'late', 'm', now - 31 * dayMs)
  const hook = { url: 'https://a', secret: 's', createdAt: now }
  await people.store.write((db) => [
    db.insert(webhook).values({ ...hook, id: 'whk_1', accountId: 'acme' }),
    db.insert(webhook).values({ ...hook, id: 'whk_2', accountId: 'idle' }),
  ])
  return people
}

async function use({ store }: TestPeople, accountId: string, modelId: string, hour: number) {
  await store.write((db) => [
    db.insert(usageHour).values({
      ...{ accountId, modelId, hour, keyId: 'k', calls: 1, failures: 0 },
      ...{ promptTokens: 1, completionTokens: 1, charged: 1n, buyCost: 0n },
    }),
  ])
}

const mailed = async ({ store }: TestPeople) =>
  (await store.db.select().from(mail)).map(({ recipient, kind }) => `${kind} ${recipient}`).sort()

describe.each(databases)('on %s', (_, open) => {
  test('a rise is told once to who used the model in 30 days, by mail, webhook and page', async () => {
    const people = await openShop(open)
    const coming = catalog(rising('m'), model('n'))
    await tellComing(people, coming)
    people.clock.move(2 * dayMs)
    await tellComing(people, coming)
    expect(await mailed(people)).toEqual(['price_rise ann@example.com'])
    const [letter] = await people.store.db.select().from(mail)
    expect(letter?.text).toContain('m, from 2026-01-24 12:00 UTC: input 2.00 → 3.00')
    expect(letter?.text).not.toContain('output')
    const sent = await people.store.db.select().from(delivery)
    expect(sent.map(({ webhookId, body }) => [webhookId, JSON.parse(body).data])).toEqual([
      [
        'whk_1',
        {
          ...{ account_id: 'acme', model: 'm', effective_at: '2026-01-24T12:00:00.000Z' },
          ...{ from: { input: '2.00' }, to: { input: '3.00' } },
        },
      ],
    ])
    const shown: [account: string, kind: string][] = []
    for (const row of await people.store.db.select().from(account)) {
      const notices = await listNotices(people.store, coming, row, now)
      shown.push(...notices.map(({ kind }): [string, string] => [row.id, kind]))
    }
    expect(shown).toEqual([['acme', 'price_rise']])
  })

  test('a rise that is called off is told once to who was told of it, and to nobody else', async () => {
    const people = await openShop(open)
    const at = now + 9 * dayMs
    await tellComing(people, catalog(rising('m')))
    await use(people, 'idle', 'm', now)
    const calledOff = catalog(replacing('m', at, 2n))
    for (const _ of [1, 2]) {
      await tellCalledOff(people, calledOff)
      await tellComing(people, calledOff)
    }
    expect(await mailed(people)).toEqual([
      ...['price_rise ann@example.com', 'price_rise_called_off ann@example.com'],
    ])
    const sent = await people.store.db.select().from(delivery).orderBy(delivery.kind)
    expect(sent.map(({ kind }) => kind)).toEqual(['price_rise', 'price_rise_called_off'])
    expect(JSON.parse(sent[1]?.body ?? '').data).toEqual({
      ...{ account_id: 'acme', model: 'm', effective_at: '2026-01-24T12:00:00.000Z' },
    })
  })

  test('two nodes that look at once tell once', async () => {
    const people = await openShop(open)
    await Promise.all([1, 2].map(() => tellComing(people, catalog(rising('m'), rising('n')))))
    expect(await mailed(people)).toEqual([
      ...['price_rise ann@example.com', 'price_rise olga@example.com'],
    ])
  })

  test('all that rises is one mail, and one event each', async () => {
    const people = await openShop(open)
    await use(people, 'acme', 'n', now)
    await tellComing(people, catalog(rising('m'), rising('n'), model('o', { retiresAt: now + 1 })))
    expect(await mailed(people)).toEqual([
      ...['price_rise ann@example.com', 'price_rise olga@example.com'],
    ])
    expect(await people.store.db.select().from(delivery)).toHaveLength(2)
  })

  test('another rise on one day is mailed the next day, but at once where it comes before that', async () => {
    const people = await openShop(open)
    await use(people, 'acme', 'n', now)
    await tellComing(people, catalog(rising('m')))
    const more = catalog(rising('m'), rising('n'), model('m2'))
    await tellComing(people, more)
    expect(await mailed(people)).toHaveLength(2)
    people.clock.move(dayMs)
    await tellComing(people, more)
    expect(await mailed(people)).toHaveLength(3)
    await use(people, 'acme', 'soon', now)
    await tellComing(people, catalog(rising('soon', now + dayMs + 1)))
    expect(await people.store.db.select().from(delivery)).toHaveLength(3)
  })
})

test.each<[string, Model, string[]]>([
  ['a smaller rise', replacing('m', now + dayMs, 2n), ['m']],
  ['a fall', replacing('m', now + dayMs, 1n), ['m']],
  ['what was so before, minutes before its time', replacing('m', now - 1, 2n), ['m']],
  ['what was so before, long ago', replacing('m', now - dayMs, 2n), []],
  ['the same again', replacing('m', now + dayMs, 3n), []],
  ['another at a later time', replacing('m', now + dayMs, 2n, now + 2 * dayMs), ['m']],
  ['nothing', rising('m', now + dayMs), []],
])('a rise in whose place comes %s', async (_what, changed, expected) => {
  const people = await openShop(openTestSqlite)
  await people.store.write((db) => [remember(db, 'acme', 'price_rise', 'prc_m', now)])
  await tellCalledOff(people, catalog(changed))
  const sent = await people.store.db.select().from(delivery)
  expect(sent.map(({ body }) => JSON.parse(body).data.model)).toEqual(expected)
})

test('who begins to use a model before its price rises is told then', async () => {
  const people = await openShop(openTestSqlite)
  await tellComing(people, catalog(rising('m')))
  await use(people, 'idle', 'm', now)
  await tellComing(people, catalog(rising('m')))
  expect(await mailed(people)).toEqual([
    ...['price_rise ann@example.com', 'price_rise ida@example.com'],
  ])
})

test('a retirement is told with its successor, and again when its date changes', async () => {
  const people = await openShop(openTestSqlite)
  const retiring = (at: number) =>
    catalog(model('m', { state: 'deprecated', retiresAt: at, successorId: 'n' }))
  await tellComing(people, retiring(now + 40 * dayMs))
  people.clock.move(dayMs)
  await tellComing(people, retiring(now + 40 * dayMs))
  await tellComing(people, retiring(now + 50 * dayMs))
  expect(await mailed(people)).toEqual(Array(2).fill('model_retires ann@example.com'))
  const [sent] = await people.store.db.select().from(delivery)
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    type: 'model_retires',
    data: { model: 'm', successor: 'n', retires_at: '2026-02-24T12:00:00.000Z' },
  })
})

test('who muted rises has no mail of them', async () => {
  const people = await openShop(openTestSqlite)
  await changePreferences(people.store, 'ann', { price_rise: false })
  await tellComing(people, catalog(rising('m')))
  expect(await mailed(people)).toEqual([])
  expect(await people.store.db.select().from(delivery)).toHaveLength(1)
})

test('a price that is published for a later time is told as soon as it stands in the catalogue', async () => {
  const people = await openShop(openTestSqlite)
  const { store, sealingKey } = people
  const book = await openCatalog(store, sealingKey)
  const publish = (input: string, effective_from?: string) => {
    const price = { input, output: '8' }
    const entry = { id: 'm', context_length: 1000, channels: [], price, effective_from }
    return applyCatalog({ store, book, sealingKey }, JSON.stringify({ models: [entry] }), 'op', now)
  }
  for (const [input, at] of [['2'], ['1', '2026-01-20T00:00:00Z']] as const) {
    await publish(input, at)
    await tellComing(people, book.current)
  }
  expect(await mailed(people)).toEqual([])
  await publish('3', '2026-01-25T00:00:00Z')
  await tellComing(people, book.current)
  expect(await mailed(people)).toEqual(['price_rise ann@example.com'])
  const [sent] = await store.db.select().from(delivery)
  expect(JSON.parse(sent?.body ?? '').data).toMatchObject({
    ...{ from: { input: '1.00' }, to: { input: '3.00' } },
    effective_at: '2026-01-25T00:00:00.000Z',
  })
})
