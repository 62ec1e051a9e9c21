/** Recharge [T3.5]: one charge for each time the balance falls below its threshold, whatever happens meanwhile, and none that was not agreed to. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { switchOff, tendMethods } from '../../src/billing/recharge.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { refund, topUp } from '../../src/store/credit.ts'
import { mail } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { newHold } from '../ledger/world.ts'
import { hourMs, minuteMs, openShop, type Shop, unanswered, usd } from './recharge-world.ts'

const charged = 'Automatic top-up of 20.00 USD for acme'
const declined = 'The automatic top-up for acme was declined'
const capped = "Automatic top-up for acme has reached this month's cap"
const off = 'Automatic top-up for acme is switched off'

describe.each(databases)('on %s', (_, open) => {
  test('a hundred calls that cross at once, while two nodes look, are one charge', async () => {
    const shop = await openShop(open)
    const looks = Array.from({ length: 10 }, (_, at) => Bun.sleep(at * 5).then(shop.run))
    await Promise.all([shop.spend(9, 100), ...looks, shop.run(), shop.run()])
    await Promise.all([shop.run(), shop.run()])
    expect(shop.taken.size).toBe(1)
    expect(await shop.balance()).toBe(usd(10 - 9 + 20))
    expect(await shop.recharge()).toMatchObject({ state: 'on', underWay: null, failure: null })
    expect(await shop.mails()).toEqual([charged])
    const { store } = shop.people
    const toBo = eq(mail.recipient, 'bo@example.com')
    const [letter] = await store.db.select().from(mail).where(toBo)
    expect(letter?.subject).toBe('acme 已自動儲值 20.00 USD')
    expect(letter?.text).toContain('Visa •••• 4242')
    expect(letter?.text).toMatch(/目前餘額為 2\d.\d\d USD/)
    expect(letter?.text).toContain('https://ai.example.com/accounts/acme/billing')
    expect((await verifyLedger(store)).checks.filter(({ ok }) => !ok)).toEqual([])
  })

  test('what calls hold is spent already; above the threshold nothing is charged', async () => {
    const shop = await openShop(open)
    await shop.spend(5)
    await shop.run()
    expect(shop.taken.size).toBe(0)
    await shop.people.ledger.open(newHold('acme', usd(0.01)), now)
    await shop.run()
    expect(shop.taken.size).toBe(1)
  })

  test.each([
    ['before anything was taken', 'before', 0],
    ['after it was taken', 'after', 1],
  ] as const)('a process that dies %s: one charge, one credit', async (_when, at, taken) => {
    const shop = await openShop(open)
    await shop.spend(9)
    shop[at] = () => {
      throw new Error('killed')
    }
    await shop.run()
    expect([shop.taken.size, await shop.balance()]).toEqual([taken, usd(1)])
    shop[at] = () => {}
    await shop.run()
    expect(shop.asked).toBe(1)
    shop.people.clock.move(minuteMs)
    await Promise.all([shop.run(), shop.run()])
    expect([shop.taken.size, await shop.balance()]).toEqual([1, usd(21)])
    expect((await shop.orders()).map(({ state }) => state)).toEqual(['paid'])
    expect(await shop.mails()).toEqual([charged])
  })

  test('switched off while a charge is under way: that one is credited, and no other begins', async () => {
    const shop = await openShop(open)
    await shop.spend(9)
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    shop.before = () => {
      asked.resolve()
      return answer.promise
    }
    const running = shop.run()
    await asked.promise
    await switchOff(shop.people, 'acme')
    answer.resolve()
    await running
    await shop.spend(20)
    shop.people.clock.move(hourMs)
    await shop.run()
    expect([shop.asked, await shop.balance()]).toEqual([1, usd(1)])
    await tendMethods(shop.people)
    await tendMethods(shop.people)
    expect(shop.forgotten).toEqual(['pm_set_1'])
    expect(await shop.recharge()).toMatchObject({
      ...{ state: 'off', underWay: null, methodId: null, methodLabel: null },
    })
  })

  test('the cap of the month counts what is paid; it is told once, and the next month goes on', async () => {
    const shop = await openShop(open)
    for (const spent of [9, 20, 20]) {
      await shop.spend(spent)
      await Promise.all([shop.run(), shop.run()])
      shop.people.clock.move(2 * minuteMs)
    }
    await shop.run()
    expect([shop.taken.size, await shop.balance()]).toEqual([2, usd(1)])
    expect(await shop.mails()).toEqual([charged, charged, capped])
    shop.people.clock.move(Date.UTC(2026, 1, 1) - shop.people.clock.now() - 1)
    await shop.run()
    expect(shop.taken.size).toBe(2)
    shop.people.clock.move(1)
    await shop.run()
    expect([shop.taken.size, await shop.balance()]).toEqual([3, usd(21)])
  })
})

test('a declined card is tried after 1, 6 and 24 hours more, each time with a mail, then it is off', async () => {
  const shop = await openShop(openTestSqlite)
  shop.says = { state: 'failed', failure: 'Your card was declined.' }
  await shop.spend(9)
  const asked = []
  for (const pauseMs of [0, hourMs - 1, 1, 6 * hourMs - 1, 1, 24 * hourMs - 1, 1, 90 * hourMs]) {
    shop.people.clock.move(pauseMs)
    await shop.run()
    asked.push(shop.asked)
  }
  expect(asked).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
  expect(await shop.mails()).toEqual([declined, declined, declined, off])
  expect(await shop.recharge()).toMatchObject({ state: 'off', underWay: null })
  expect(await shop.balance()).toBe(usd(1))
})

test('a card that works again starts the count anew; other terms are tried at once', async () => {
  const shop = await openShop(openTestSqlite)
  shop.says = { state: 'failed', failure: 'Your card has expired.' }
  await shop.spend(9)
  await shop.run()
  expect(await shop.recharge()).toMatchObject({ failures: 1, failure: 'Your card has expired.' })
  shop.says = { state: 'paid' }
  await shop.agree({ credit: '30' })
  await shop.run()
  expect(await shop.recharge()).toMatchObject({ failures: 0, failure: null, methodId: 'pm_set_1' })
  expect(await shop.balance()).toBe(usd(31))
})

test('a payment that leaves the balance below its threshold is followed by one a minute, no more', async () => {
  const shop = await openShop(openTestSqlite)
  await shop.agree({ threshold: '45', monthly_cap: '100' })
  const taken = []
  for (const pauseMs of [0, 0, minuteMs - 1, 1, minuteMs]) {
    shop.people.clock.move(pauseMs)
    await shop.run()
    taken.push(shop.taken.size)
  }
  expect(taken).toEqual([1, 1, 1, 2, 2])
})

test('a payment that takes its time is followed, and never asked for twice', async () => {
  const shop = await openShop(openTestSqlite)
  shop.says = { state: 'pending' }
  await shop.spend(9)
  for (let at = 0; at < 3; at++) {
    await shop.run()
    shop.people.clock.move(hourMs)
  }
  expect([shop.asked, (await shop.recharge()).underWay === null]).toEqual([1, false])
  for (const [id, payment] of shop.taken) shop.taken.set(id, { ...payment, state: 'paid' })
  await shop.run()
  expect([shop.asked, await shop.balance()]).toEqual([1, usd(21)])
})

test.each([
  ['was taken', 'after', 1, 21],
  ['was not', 'before', 0, 1],
] as const)(
  'an order left for hours is not charged again, but asked for: it %s',
  async (_what, at, taken, left) => {
    const shop = await openShop(openTestSqlite)
    shop[at] = unanswered
    await shop.spend(9)
    await shop.run()
    shop[at] = () => {}
    shop.people.clock.move(2 * hourMs)
    await shop.run()
    expect([shop.asked, shop.taken.size, await shop.balance()]).toEqual([1, taken, usd(left)])
    expect((await shop.recharge()).underWay).toBeNull()
    // What was never taken is tried anew, by another order.
    shop.people.clock.move(minuteMs)
    await shop.run()
    expect([shop.taken.size, await shop.balance()]).toEqual([1, usd(21)])
  },
)

test('switched off before a lost charge is tried again, it is not', async () => {
  const shop = await openShop(openTestSqlite)
  shop.before = unanswered
  await shop.spend(9)
  await shop.run()
  await switchOff(shop.people, 'acme')
  for (let at = 0; at < 3; at++) {
    shop.people.clock.move(minuteMs)
    await shop.run()
  }
  expect(shop.asked).toBe(1)
})

test('switched off in the moment before the processor is asked, it is not', async () => {
  const shop = await openShop(openTestSqlite)
  const { connection } = shop.people.store as WritingSqliteStore
  const { saved } = shop.processor
  const switched = () => {
    connection.run("UPDATE recharge SET state = 'off' WHERE under_way IS NOT NULL")
    return saved
  }
  Object.defineProperty(shop.processor, 'saved', { get: switched })
  await shop.spend(9)
  await shop.run()
  expect((await shop.orders()).map(({ state }) => state)).toEqual(['open'])
  expect([shop.asked, (await shop.recharge()).state]).toEqual([0, 'off'])
})

test.each<[string, (shop: Shop) => unknown, string]>([
  [
    'its account is suspended',
    ({ people }) => people.store.write((db) => [db.update(account).set({ state: 'suspended' })]),
    'suspended',
  ],
  ['money of it goes back', payBack, 'refund'],
  [
    'its amount is sold no more',
    ({ people }) => people.business.change({ topUpMax: '15' }, 'test', now),
    'limits',
  ],
])('it ends by itself when %s', async (_what, happens, failure) => {
  const shop = await openShop(openTestSqlite)
  await shop.spend(9)
  await happens(shop)
  await Promise.all([shop.run(), shop.run()])
  expect(shop.asked).toBe(0)
  expect(await shop.recharge()).toMatchObject({ state: 'off', failure })
  expect(await shop.mails()).toEqual([off])
})

/** Of an order that was paid before. */
async function payBack({ people }: Shop) {
  const at = people.clock.now()
  const order = { id: 'top_1', accountId: 'acme', origin: 'customer', processor: 'till' } as const
  const cost = { currency: 'USD', price: 500n, fee: 0n, tax: 0n, total: 500n } as const
  await people.store.write((db) => [
    db.insert(topUp).values({ ...order, ...cost, credit: usd(5), createdAt: at, expiresAt: at }),
    db.insert(refund).values({
      ...{ id: 'ref_1', accountId: 'acme', topUpId: 'top_1', amount: usd(5) },
      ...{ askedBy: 'ann', createdAt: at },
    }),
  ])
}

test('who asked for money back and agrees again is recharged', async () => {
  const shop = await openShop(openTestSqlite)
  await payBack(shop)
  shop.people.clock.move(1)
  await shop.agree()
  await shop.spend(9)
  await shop.run()
  expect(await shop.balance()).toBe(usd(21))
})

test('a payment that is not its order’s ends it: nothing is credited, and nothing is charged again', async () => {
  const shop = await openShop(openTestSqlite)
  shop.says = { state: 'paid', amount: 1n }
  await shop.spend(9)
  await shop.run()
  shop.people.clock.move(hourMs)
  await shop.run()
  expect([shop.asked, await shop.balance()]).toEqual([1, usd(1)])
  expect(await shop.recharge()).toMatchObject({ state: 'off', failure: 'unreconciled' })
  expect(await shop.mails()).toEqual([off])
})
