/** From the order to the credit with the simulated Stripe between, whatever becomes of its callbacks; and back again. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { silentLog } from '../../src/base/log.ts'
import { callbackRoutes } from '../../src/billing/callback-routes.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { createTopUp, readTopUp, type TopUpRow } from '../../src/billing/top-up.ts'
import type { Faults } from '../../src/demo/payments/stripe-callback.ts'
import { account } from '../../src/store/schema.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { open as openHttp } from '../http/open.ts'
import { openWorld, type StripeWorld } from './stripe-world.ts'

const usd = (dollars: number) => BigInt(dollars) * 1_000_000_000n

let world: StripeWorld
let people: TestPeople
let refused: string[] = []
let count = 0

beforeAll(async () => {
  world = await openWorld(() => `${people.publicUrl()}/api/payments/stripe`)
  const opened = await openPeople(await openTestSqlite())
  people = { ...opened, log: silentLog, processors: new Map([['stripe', world.processor]]) }
  people.clock = { ...opened.clock, now: world.now, move: world.move }
  const callbackRefused = (_: string, why: string) => refused.push(why)
  const { url } = openHttp((http) => http.use(callbackRoutes(people, { callbackRefused })))
  people = Object.assign(people, { publicUrl: () => url })
})
afterAll(() => world.stop())

async function order(): Promise<TopUpRow> {
  const accountId = await newTeam(people, `acc_st${++count}`, { [`sue${count}`]: 'owner' })
  return await createTopUp(people, {
    ...{ accountId, userId: null, origin: 'customer', processor: 'stripe', method: 'card' },
    ...{ once: 'form', credit: usd(100) },
  })
}

async function accountOf({ accountId }: TopUpRow) {
  const [row] = await people.store.db.select().from(account).where(eq(account.id, accountId))
  const { creditsPosted = 0n, debitsPosted = 0n, state = '' } = row ?? {}
  return { balance: creditsPosted - debitsPosted, state }
}

const faults: readonly [string, Partial<Faults>, boolean][] = [
  // what befalls the callbacks, and whether one is believed
  ['nothing', {}, true],
  ['copies', { duplicate: 2 }, true],
  ['another order', { reorder: true }, true],
  ['copies in another order', { duplicate: 2, reorder: true }, true],
  ['a delay', { delayMs: 20 }, true],
  ['a time that is 299 s old', { oldMs: 299_000 }, true],
  ['a time that is 301 s old', { oldMs: 301_000 }, false],
  ['a time to come', { futureMs: 3_600_000 }, false],
  ['a wrong signature', { wrongSignature: true }, false],
  ['silence', { never: true }, false],
]

test.each(faults)(
  'with %s it is credit once, at the latest when asked',
  async (_, fault, taken) => {
    const row = await order()
    const { control, delivered } = world.simulator
    control.faults(fault)
    control.pay({ order: row.id })
    await delivered()
    control.faults({})
    expect((await accountOf(row)).balance).toBe(taken ? usd(100) : 0n)
    await syncTopUp(people, row.id)
    expect((await accountOf(row)).balance).toBe(usd(100))
  },
)

test('what is refused is counted by why', async () => {
  refused = []
  const row = await order()
  world.simulator.control.faults({ wrongSignature: true })
  world.simulator.control.expire({ order: row.id })
  await world.simulator.delivered()
  world.simulator.control.faults({})
  expect(refused).toEqual(['signature'])
})

test('a checkout that is complete is credit only once it is paid', async () => {
  const row = await order()
  const { control, delivered } = world.simulator
  control.payLater({ order: row.id })
  await delivered()
  expect((await readTopUp(people.store, row.id)).state).toBe('pending')
  expect((await accountOf(row)).balance).toBe(0n)
  control.settle({ order: row.id, how: 'paid' })
  await delivered()
  expect((await accountOf(row)).balance).toBe(usd(100))
})

test.each([
  ['another amount', { amount: 9999 }, 'amount_mismatch'],
  ['another currency', { currency: 'twd' }, 'currency_mismatch'],
  ['money of the other mode', { livemode: false }, 'mode_mismatch'],
])('%s is never credit', async (_, how, failure) => {
  const row = await order()
  world.simulator.control.pay({ order: row.id, ...how })
  await world.simulator.delivered()
  await syncTopUp(people, row.id)
  expect((await readTopUp(people.store, row.id)).failure).toBe(failure)
  expect((await accountOf(row)).balance).toBe(0n)
})

test('what the dashboard pays back and the bank takes back leaves the account', async () => {
  const row = await order()
  const { control, delivered } = world.simulator
  const total = Number(row.total)
  control.pay({ order: row.id })
  control.refund({ order: row.id, amount: total / 4 })
  await delivered()
  expect((await accountOf(row)).balance).toBe(usd(75))
  control.dispute({ order: row.id, amount: total - total / 4 })
  await delivered()
  expect(await accountOf(row)).toEqual({ balance: 0n, state: 'suspended' })
  control.closeDispute({ order: row.id, how: 'won' })
  await delivered()
  expect(await accountOf(row)).toEqual({ balance: usd(75), state: 'active' })
})
