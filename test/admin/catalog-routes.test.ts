/** The operator sets what is sold and at what price [T1.4, T3.2, T9]; who may is in `access.test.ts`. */
import { expect, test } from 'bun:test'
import { priceAt } from '../../src/catalog/book.ts'
import { comingChanges } from '../../src/notice/coming.ts'
import { dayMs, openShop } from './shop.ts'

const { ask, find, use, parts, lastChange, apply } = await openShop()
const id = 'our/sim-chat'
const view = () => find('models', id)
const model = () => parts.catalog.current.models.get(id)!
const inDays = (days: number) => new Date(parts.clock.now() + days * dayMs).toISOString()

const publish = async (some: object) =>
  ask('POST', '/prices', {
    ...{ model: id, side: 'sell', prices: { input: '0.20', output: '0.80' }, reason: 'costs' },
    ...{ revision: (await view()).revision, ...some },
  })

test('a model is shown with both prices, what is left between them, and its ways', async () => {
  expect(await view()).toMatchObject({
    ...{ id, state: 'active', sold: true, below_cost: [], scheduled: [] },
    sell: { prices: { input: '0.20', output: '0.80' }, by: 'ann' },
    buy: { prices: { input: '0.10', output: '0.40' } },
    margins: [
      { unit: 'input', margin: 0.5 },
      { unit: 'output', margin: 0.5 },
    ],
    channels: [{ channel: 'main', model: 'sim-fast', priority: 0, weight: 1, state: 'active' }],
  })
})

const rise = { input: '0.30', output: '0.80' }
const effects = (prices: object, more = '') =>
  ask(
    'GET',
    `/price-effects?${new URLSearchParams({ model: id, side: 'sell', prices: JSON.stringify(prices) })}${more}`,
  )

test('before a rise is published it is known whom it meets and how soon (T9)', async () => {
  await use('ann', dayMs)
  await use('bea', 29 * dayMs)
  await use('cy', 31 * dayMs)
  expect((await effects(rise)).body).toMatchObject({
    ...{ accounts_30d: 2, short_notice: true, notice_days: 14, below_cost: [] },
    rise: [{ unit: 'input', from: '0.20', to: '0.30' }],
  })
  expect((await effects(rise, `&effective_from=${inDays(15)}`)).body.short_notice).toBe(false)
  expect((await effects({ input: '0.05', output: '0.80' })).body).toMatchObject({
    ...{ rise: null, short_notice: false },
    below_cost: expect.arrayContaining(['input']),
  })
})

test('a rise that comes too soon, and a price below cost, need a word more', async () => {
  const soon = await publish({ prices: rise })
  expect([soon.status, soon.body.error.param]).toEqual([400, 'confirm_short_notice'])
  const cheap = await publish({ prices: { input: '0.05', output: '0.80' } })
  expect(cheap.body.error.param).toBe('confirm_below_cost')
  const dear = await publish({ side: 'buy', prices: { input: '0.25', output: '0.40' } })
  expect(dear.body.error.param).toBe('confirm_below_cost')
  expect((await view()).sell.prices).toEqual({ input: '0.20', output: '0.80' })
})

test('a scheduled rise waits for its time and is told; called off, it never comes', async () => {
  const at = inDays(20)
  const { status, body } = await publish({ prices: rise, effective_from: at })
  expect([status, body.side, body.effective_from]).toEqual([200, 'sell', at])
  expect((await lastChange()).text).toContain(body.version)
  const { scheduled, revision, sell } = await view()
  expect(scheduled).toMatchObject([{ id: body.version, side: 'sell', by: 'opal', prices: rise }])
  expect(sell.prices.input).toBe('0.20')
  const now = parts.clock.now()
  expect(comingChanges(parts.catalog.current, now)).toMatchObject([{ subject: body.version }])
  expect(priceAt(model(), 'sell', Date.parse(at))?.id).toBe(body.version)

  const called = { model: id, version: body.version, revision, reason: 'mistake' }
  expect((await ask('POST', '/prices/cancel', called)).status).toBe(200)
  expect(comingChanges(parts.catalog.current, now)).toEqual([])
  expect(priceAt(model(), 'sell', Date.parse(at))?.rates).toEqual(
    priceAt(model(), 'sell', now)!.rates,
  )
  const again = { ...called, revision: (await view()).revision }
  expect((await ask('POST', '/prices/cancel', again)).body.error.code).toBe('changed_meanwhile')
})

test('a lower price is in force at once, and stays so at the time of what was called off', async () => {
  const lower = { input: '0.15', output: { '0': '0.70', '4000': '0.75' } }
  expect((await publish({ prices: lower })).status).toBe(200)
  expect(await view()).toMatchObject({ sell: { prices: lower }, scheduled: [] })
  const now = parts.clock.now()
  expect(priceAt(model(), 'sell', now + 30 * dayMs)?.rates).toEqual(
    priceAt(model(), 'sell', now)!.rates,
  )
  expect(comingChanges(parts.catalog.current, now)).toEqual([])
})

test.each([
  [{ prices: { input: 'free', output: '1' } }, 'input', 'invalid_amount'],
  [{ prices: { input: '1' } }, 'output', 'invalid_amount'],
  [{ prices: { input: '1', output: '1', love: '1' } }, 'love', 'invalid_amount'],
  [{ effective_from: 'tomorrow' }, 'effective_from', 'invalid_request'],
  [{ effective_from: '2020-01-01T00:00:00Z' }, 'effective_from', 'invalid_request'],
  [{ reason: '' }, 'reason', 'invalid_request'],
  [
    { prices: { input: '0.15', output: { '0': '0.70', '4000': '0.75' } } },
    'prices',
    'invalid_request',
  ],
])('%p is refused by its field', async (some, param, code) => {
  const { body } = await publish(some)
  expect([body.error.code, body.error.param]).toEqual([code, param])
})

test('of two changes that were made at once the later is refused, and changes nothing', async () => {
  const { revision } = await view()
  const first = { prices: { input: '0.14', output: '0.70' }, revision }
  const both = await Promise.all([
    publish(first),
    publish({ ...first, prices: { input: '0.13', output: '0.70' } }),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  const { body } = await publish({ prices: { input: '0.12', output: '0.70' }, revision })
  expect(body.error.code).toBe('changed_meanwhile')
})

const form = async (more: object = {}) => {
  const { kind, name, context_length, max_output, description, channels, revision } = await view()
  const ways = channels.map(({ state: _, ...way }: { state: string }) => way)
  return {
    id,
    kind,
    name,
    context_length,
    max_output,
    description,
    channels: ways,
    revision,
    ...more,
  }
}

test('what a model is and its ways are changed; prices and state stay', async () => {
  const channels = [{ channel: 'main', model: 'sim-chat', priority: 2, weight: 5 }]
  const before = await view()
  expect((await ask('PUT', '/models', await form({ name: 'Chat', channels }))).status).toBe(200)
  const { revision: _, ...after } = await view()
  expect(after).toMatchObject({ name: 'Chat', sell: before.sell, state: 'active' })
  expect(after.channels).toMatchObject(channels)
})

test.each([
  [{ channels: [{ channel: 'none', model: 'x', priority: 0, weight: 1 }] }, 400, 'channels'],
  [{ context_length: 0 }, 400, 'context_length'],
  [{ revision: 0 }, 409, null],
  [{ revision: null }, 400, 'id'],
])('a model is not changed by %p', async (some, status, param) => {
  const { status: got, body } = await ask('PUT', '/models', await form(some))
  expect([got, body.error.param]).toEqual([status, param])
})

test('a new model is not sold before it has a price', async () => {
  const added = { ...(await form()), id: 'new', revision: null, description: 'Fine.' }
  expect((await ask('PUT', '/models', added)).status).toBe(200)
  const made = await find('models', 'new')
  expect(made).toMatchObject({ sold: false, sell: null, description: 'Fine.' })
  const prices = { input: '1', output: '1' }
  await ask('POST', '/prices', {
    model: 'new',
    side: 'sell',
    prices,
    revision: made.revision,
    reason: 'r',
  })
  expect((await find('models', 'new')).sold).toBe(true)
})

const turn = async (some: object) =>
  ask('POST', '/models/state', { id, revision: (await view()).revision, reason: 'old', ...some })

test('a model is deprecated with a day and a successor, retired, and sold again (T1.4)', async () => {
  const retires_at = inDays(30)
  expect((await turn({ state: 'deprecated', retires_at, successor: 'new' })).status).toBe(200)
  expect(await view()).toMatchObject({
    state: 'deprecated',
    retires_at,
    successor: 'new',
    sold: true,
  })
  expect(comingChanges(parts.catalog.current, parts.clock.now())).toMatchObject([
    { kind: 'model_retires' },
  ])
  await turn({ state: 'retired', successor: 'new' })
  expect(await view()).toMatchObject({ state: 'retired', successor: 'new', sold: false })
  await turn({ state: 'active' })
  expect(await view()).toMatchObject({
    state: 'active',
    retires_at: null,
    successor: null,
    sold: true,
  })
})

test.each([
  [{ state: 'deprecated' }, 'retires_at'],
  [{ state: 'deprecated', retires_at: '2020-01-01T00:00:00Z' }, 'retires_at'],
  [{ state: 'retired', successor: 'none' }, 'successor'],
  [{ state: 'gone' }, 'state'],
])('%p is refused by its field', async (some, param) => {
  expect((await turn(some)).body.error.param).toBe(param)
})

test('a channel that rests is still a way of its models', async () => {
  await apply({
    channels: [
      {
        id: 'main',
        provider: 'simulated',
        base_url: 'http://127.0.0.1:9/v1',
        allow_private: true,
        state: 'disabled',
      },
    ],
  })
  await turn({ state: 'retired' })
  expect((await view()).channels).toMatchObject([{ channel: 'main', state: 'disabled' }])
})
