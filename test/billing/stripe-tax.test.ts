/** Tax by Stripe Tax [T3.6]: shown before, fixed in the order, in Stripe's reports once it is paid, and out of them with a refund. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { callbackRoutes } from '../../src/billing/callback-routes.ts'
import { reconcile } from '../../src/billing/reconcile.ts'
import { readTax } from '../../src/billing/report.ts'
import { billingRoutes } from '../../src/billing/routes.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { readTopUp } from '../../src/billing/top-up.ts'
import type { Processor } from '../../src/processors/processor.ts'
import { buyer, refund, topUp } from '../../src/store/credit.ts'
import { account } from '../../src/store/schema.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { open as openHttp } from '../http/open.ts'
import { openWorld, type StripeWorld, secretKey } from '../processors/stripe-world.ts'

const dayMs = 24 * 3_600_000
const usd = 1_000_000_000n

const processors = new Map<string, Processor>()
let world: StripeWorld
let people: TestPeople
let url = ''
let cookie = ''
let count = 0

beforeAll(async () => {
  world = await openWorld(() => `${url}/api/payments/stripe`)
  const opened = await openPeople(await openTestSqlite())
  people = { ...opened, processors }
  people.clock = { ...opened.clock, now: world.now, move: world.move }
  const callbackRefused = () => {}
  url = openHttp((http) =>
    http.use(billingRoutes(people)).use(callbackRoutes(people, { callbackRefused })),
  ).url
  const taxes = { US: '3', '*': '1' }
  await people.business.change({ taxes, feePercent: '2' }, 'op', people.clock.now())
})
beforeEach(() => {
  world.simulator.control.health({ down: false, taxDown: false })
  world.simulator.control.taxAs({ country: 'DE', percents: ['19.0'] })
  switchTax(true)
})
afterAll(() => world.stop())

function switchTax(on: boolean) {
  processors.set('stripe', world.open({ stripe_tax: String(on) }))
}

/** An account whose owner looks at its billing page. */
async function newBuyer(country: string | null, more: Partial<typeof buyer.$inferInsert> = {}) {
  const owner = `tess${++count}`
  const accountId = await newTeam(people, `acc_tx${count}`, { [owner]: 'owner' })
  const session = await people.sessions.open(owner, { address: '127.0.0.1', agent: null })
  cookie = session.split(';')[0] ?? ''
  await people.store.write((db) => [
    db.update(account).set({ country }).where(eq(account.id, accountId)),
    db.insert(buyer).values({ accountId, ...more }),
  ])
  return accountId
}

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}/api/accounts/${path}`, {
    ...{ method, headers: { cookie, 'content-type': 'application/json' } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}
const quoted = (accountId: string) =>
  ask('GET', `${accountId}/top-ups/quote?credit=100&processor=stripe`)
const ordered = (accountId: string, total?: string) =>
  ask('POST', `${accountId}/top-ups`, {
    ...{ credit: '100', processor: 'stripe', method: 'card', once: `form${++count}`, total },
  })

/** All that Stripe was asked about tax. */
const asked = () => world.simulator.journal.filter(({ path }) => path.startsWith('tax/'))
/** What Stripe carried out at that path, in that order. */
const done = (path: string) =>
  world.simulator.journal.filter((one) => one.path === path && one.status === 200 && !one.replayed)
const sales = (order: string) =>
  done('tax/transactions/create_from_calculation').filter(({ form }) => form.reference === order)
const reversals = (transaction: string | null) =>
  done('tax/transactions/create_reversal').filter(
    ({ form }) => form.original_transaction === transaction,
  )

async function bought(accountId?: string) {
  const buyerId = accountId ?? (await newBuyer('DE'))
  const { id } = (await ordered(buyerId)).body
  world.simulator.control.pay({ order: id })
  await world.simulator.delivered()
  return await readTopUp(people.store, id)
}

const refundsOf = (order: string) =>
  people.store.db.select().from(refund).where(eq(refund.topUpId, order))

test.each([
  // of US$102: by country and address; whether it is Stripe that says it
  ['DE', {}, '19.38', '19', true],
  ['DE', { taxId: '123456789' }, '0.00', null, true],
  ['TW', { taxId: '10458575' }, '5.10', '5', true],
  ['FR', {}, '0.00', null, true],
  ['US', { address: '1 Main St\nLos Angeles, CA 90012' }, '7.40', null, true],
  ['US', { address: '90012 Main St' }, '3.06', '3', false],
  ['CA', { address: '24 Sussex Dr, Ottawa' }, '1.02', '1', false],
  ['CA', { address: '24 Sussex Dr, Ottawa K1M 1M4' }, '0.00', null, true],
  [null, {}, '1.02', '1', false],
])('a buyer in %p with %p pays US$%s of tax', async (country, more, tax, rate, byStripe) => {
  const accountId = await newBuyer(country, more)
  const cost = (await quoted(accountId)).body
  expect(cost).toMatchObject({ price: '100.00', fee: '2.00', tax, tax_rate: rate })
  const order = (await ordered(accountId, cost.total)).body
  expect(order).toMatchObject({ state: 'open', tax, tax_rate: rate, total: cost.total })
  const { taxCalculation } = await readTopUp(people.store, order.id)
  expect(taxCalculation !== null).toBe(byStripe)
})

test('while it is off the operator’s rates count, and Stripe is not asked', async () => {
  switchTax(false)
  const accountId = await newBuyer('DE')
  const before = asked().length
  expect((await quoted(accountId)).body).toMatchObject({ tax: '1.02', tax_rate: '1' })
  const row = await bought(accountId)
  expect(row).toMatchObject({ state: 'paid', tax: 102n, taxCalculation: null })
  expect(asked()).toHaveLength(before)
})

test('an order is made with the tax that was shown, or is asked for again', async () => {
  const accountId = await newBuyer('DE')
  const { total } = (await quoted(accountId)).body
  world.simulator.control.taxAs({ country: 'DE', percents: ['20.0'] })
  const moved = await ordered(accountId, total)
  expect([moved.status, moved.body.error.code]).toEqual([409, 'changed_meanwhile'])
  expect((await ask('GET', `${accountId}/top-ups`)).body.data).toEqual([])
  expect((await ordered(accountId, (await quoted(accountId)).body.total)).body.tax).toBe('20.40')
})

test('while Stripe does not answer nothing is quoted or ordered at a wrong tax', async () => {
  const accountId = await newBuyer('DE')
  world.simulator.control.health({ taxDown: true })
  for (const answer of [await quoted(accountId), await ordered(accountId)]) {
    expect([answer.status, answer.body.error.code]).toEqual([502, 'payment_unavailable'])
  }
  expect((await ask('GET', `${accountId}/top-ups`)).body.data).toEqual([])
})

test('a sale is in Stripe’s reports once, also after a crash before that was written down', async () => {
  const row = await bought()
  expect(row.taxTransaction).toMatch(/^tax_/)
  const forgotten = { taxTransaction: null, taxRecordedAt: null }
  await people.store.write((db) => [db.update(topUp).set(forgotten).where(eq(topUp.id, row.id))])
  for (let again = 0; again < 3; again++) await syncTopUp(people, row.id)
  expect(sales(row.id).map(({ form }) => form.calculation)).toEqual([row.taxCalculation as string])
  expect((await readTopUp(people.store, row.id)).taxTransaction).toBe(row.taxTransaction)
})

test('what is not paid is in no report', async () => {
  const { id } = (await ordered(await newBuyer('DE'))).body
  await syncTopUp(people, id)
  expect(sales(id)).toEqual([])
})

test('credit waits for no report: it is made up for within the hour, though switched off since', async () => {
  const accountId = await newBuyer('DE')
  const { id } = (await ordered(accountId)).body
  const { control, delivered } = world.simulator
  control.health({ taxDown: true })
  control.pay({ order: id })
  await delivered()
  const [holder] = await people.store.db.select().from(account).where(eq(account.id, accountId))
  expect(holder?.creditsPosted).toBe(100n * usd)
  expect((await readTopUp(people.store, id)).taxRecordedAt).toBeNull()
  switchTax(false)
  world.move(4 * dayMs)
  await reconcile(people)
  expect((await readTopUp(people.store, id)).taxRecordedAt).toBeNull()
  control.health({ taxDown: false })
  await reconcile(people)
  expect(sales(id)).toHaveLength(1)
})

test('parts that are paid back are taken out by their totals, each once', async () => {
  const row = await bought()
  const { control, delivered } = world.simulator
  const total = Number(row.total)
  control.refund({ order: row.id, amount: 5000 })
  await delivered()
  control.health({ taxDown: true })
  control.refund({ order: row.id, amount: total - 5000 })
  await delivered()
  expect(reversals(row.taxTransaction)).toHaveLength(1)
  control.health({ taxDown: false })
  world.move(4 * dayMs)
  await reconcile(people)
  await syncTopUp(people, row.id)
  const parts = reversals(row.taxTransaction).map(({ form }) => [form.mode, form.flat_amount])
  expect(parts).toEqual([
    ['partial', '-5000'],
    ['partial', String(5000 - total)],
  ])
  const ids = (await refundsOf(row.id)).map(({ id }) => id)
  expect(
    reversals(row.taxTransaction)
      .map(({ form }) => form.reference)
      .toSorted(),
  ).toEqual(ids.toSorted())
})

test('all that is paid back at once is taken out as a whole', async () => {
  const row = await bought()
  world.simulator.control.refund({ order: row.id, amount: Number(row.total) })
  await world.simulator.delivered()
  await syncTopUp(people, row.id)
  expect(reversals(row.taxTransaction).map(({ form }) => form.mode)).toEqual(['full'])
})

test('a sale that Stripe has already, its answer lost for longer than a key lasts, is not told again', async () => {
  const { id } = (await ordered(await newBuyer('DE'))).body
  const { taxCalculation } = await readTopUp(people.store, id)
  const form = new URLSearchParams({ calculation: taxCalculation ?? '', reference: id })
  const headers = { authorization: `Bearer ${secretKey}`, 'stripe-account': 'acct_ours' }
  const path = '/v1/tax/transactions/create_from_calculation'
  await fetch(world.simulator.url + path, { method: 'POST', headers, body: form })
  world.simulator.control.pay({ order: id })
  world.simulator.control.refund({ order: id, amount: 5000 })
  await world.simulator.delivered()
  expect(await readTopUp(people.store, id)).toMatchObject({
    ...{ state: 'paid', taxTransaction: null, taxRecordedAt: world.now() },
  })
  expect(sales(id)).toHaveLength(1)
  const before = asked().length
  world.move(4 * dayMs)
  await reconcile(people)
  expect(asked()).toHaveLength(before)
})

test('a sale that was never told is given up once Stripe has forgotten its calculation', async () => {
  const { id } = (await ordered(await newBuyer('DE'))).body
  world.simulator.control.health({ taxDown: true })
  world.simulator.control.pay({ order: id })
  await world.simulator.delivered()
  world.simulator.control.health({ taxDown: false })
  const before = asked().length
  world.move(91 * dayMs)
  await reconcile(people)
  expect(asked()).toHaveLength(before)
  // A look at it asks once more, in vain, and does no harm.
  expect(await syncTopUp(people, id)).toMatchObject({ state: 'paid', taxRecordedAt: null })
})

test('the operator’s report has tax by several rates apart, and it due in full', async () => {
  const row = await bought(await newBuyer('US', { address: 'Los Angeles, CA 90012' }))
  expect(row).toMatchObject({ tax: 740n, taxRate: null, taxCountry: 'US' })
  const [newest] = await readTax(people.store)
  expect(newest).toMatchObject({ country: 'US', rate: null, taxable: '102.00', due: '7.40' })
})
