/** From the order to the credit with the simulated ECPay between, whatever becomes of its callbacks; for the exact amount. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { silentLog } from '../../src/base/log.ts'
import { callbackRoutes } from '../../src/billing/callback-routes.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { createTopUp, readTopUp, type TopUpRow } from '../../src/billing/top-up.ts'
import { account } from '../../src/store/schema.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { open as openHttp } from '../http/open.ts'
import { type EcpayWorld, openWorld } from './ecpay-world.ts'

let world: EcpayWorld
let people: TestPeople
let count = 0

beforeAll(async () => {
  world = await openWorld()
  const opened = await openPeople(await openTestSqlite())
  people = { ...opened, log: silentLog, processors: new Map([['ecpay', world.processor]]) }
  const { url } = openHttp((http) =>
    http.use(callbackRoutes(people, { callbackRefused: () => {} })),
  )
  people = Object.assign(people, { publicUrl: () => url })
})
afterAll(() => world.stop())

/** An order over 100 USD of credit, which is 3,250 TWD, brought to the checkout. Answers the checkout's number too. */
async function order(method: string): Promise<[TopUpRow, string]> {
  const accountId = await newTeam(people, `acc_ec${++count}`, { [`amy${count}`]: 'owner' })
  const row = await createTopUp(people, {
    ...{ accountId, userId: null, origin: 'customer', processor: 'ecpay', method, once: 'form' },
    credit: 100_000_000_000n,
  })
  if (row.checkout?.kind !== 'form') throw new Error('no form')
  const { action, fields } = row.checkout
  const body = new URLSearchParams(fields)
  expect((await fetch(action, { method: 'POST', body, redirect: 'manual' })).status).toBe(303)
  return [row, row.checkoutId ?? '']
}

async function balanceOf({ accountId }: TopUpRow): Promise<bigint | undefined> {
  const [row] = await people.store.db.select().from(account).where(eq(account.id, accountId))
  return row?.creditsPosted
}

test.each(['card', 'atm', 'cvs'])(
  'what is paid by %s is credit once the callback is taken',
  async (method) => {
    const [row, no] = await order(method)
    if (method !== 'card') {
      world.simulator.payLate(no)
      await world.simulator.delivered()
      const waiting = await readTopUp(people.store, row.id)
      expect(waiting.state).toBe('pending')
      expect(waiting.payAt).toHaveProperty('expires')
    }
    expect(await balanceOf(row)).toBe(0n)
    world.simulator.pay(no)
    await world.simulator.delivered()
    expect(await readTopUp(people.store, row.id)).toMatchObject({ state: 'paid', total: 3250n })
    expect(await balanceOf(row)).toBe(100_000_000_000n)
  },
)

test.each([['duplicate'], ['reorder'], ['delay'], ['wrongSignature'], ['never']] as const)(
  'with the fault %s it is credit once, at the latest when ECPay is asked',
  async (fault) => {
    const [row, no] = await order('card')
    world.simulator.setFaults([fault])
    world.simulator.pay(no)
    await world.simulator.delivered()
    world.simulator.setFaults([])
    const believed = fault !== 'wrongSignature' && fault !== 'never'
    expect(await balanceOf(row)).toBe(believed ? 100_000_000_000n : 0n)
    await syncTopUp(people, row.id)
    expect(await balanceOf(row)).toBe(100_000_000_000n)
  },
)

test('a callback is not taken while ECPay cannot be asked; the credit comes when it is', async () => {
  const [row, no] = await order('card')
  world.down()
  world.simulator.pay(no)
  await world.simulator.delivered()
  expect(await balanceOf(row)).toBe(0n)
  world.up()
  await syncTopUp(people, row.id)
  expect(await balanceOf(row)).toBe(100_000_000_000n)
})

test.each([
  ['another amount', { amount: 3249 }, 'amount_mismatch'],
  ['money that is simulated', { simulated: true }, 'mode_mismatch'],
])('%s is never credit', async (_, how, failure) => {
  const [row, no] = await order('card')
  world.simulator.pay(no, how)
  await world.simulator.delivered()
  await syncTopUp(people, row.id)
  expect((await readTopUp(people.store, row.id)).failure).toBe(failure)
  expect(await balanceOf(row)).toBe(0n)
})

test("the vendor's test of the callback credits nothing", async () => {
  const [row, no] = await order('atm')
  world.simulator.simulatePaid(no)
  await world.simulator.delivered()
  await syncTopUp(people, row.id)
  expect(await balanceOf(row)).toBe(0n)
})
