/** Reports against the ledger: what they say is what was booked, month by month, and nothing is left out. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { reportRoutes } from '../../src/admin/report-routes.ts'
import { readFees, readRevenue, readTax } from '../../src/billing/report.ts'
import { listLiability, sixMonthsBefore, sumLiability } from '../../src/billing/report-liability.ts'
import { readUnreconciled } from '../../src/billing/report-unreconciled.ts'
import { refund, topUp } from '../../src/store/credit.ts'
import { account, transfer } from '../../src/store/schema.ts'
import { databases, now } from '../helpers/database.ts'
import { newUser } from '../helpers/people.ts'
import { openTill, type Till } from '../helpers/till.ts'
import { open as openHttp } from '../http/open.ts'
import { draft, movement, newHold, newPerson, newWorld, settlement } from '../ledger/world.ts'

const dayMs = 24 * 3_600_000
const usd = 1_000_000_000n

describe.each(databases)('on %s', (_, open) => {
  let till: Till
  let carol: string

  /** Ann buys twice in January and is paid back in February; Bob owes; Carol calls in three months. */
  beforeAll(async () => {
    till = await openTill(await open())
    const { people } = till
    const { store, ledger, business, clock } = people
    const world = await newWorld(store)
    await business.change({ taxes: { TW: '5' } }, 'op', clock.now())
    const ann = await till.newBuyer('ann')
    await store.write((db) => [
      db.update(account).set({ country: 'TW' }).where(eq(account.id, ann)),
    ])
    const first = await till.buy(ann)
    await till.buy(ann, 10n)
    const bob = await newPerson(world, 0n)
    const debt = movement(bob, 'adjustment', 3n * usd, { way: 'debit', reason: 'x', actor: 'op' })
    await ledger.transfer(debt, now)
    carol = await newPerson(world, 1000n)
    for (const [createdAt, cost, buyCost] of calls) {
      const hold = newHold(carol, 100n)
      await ledger.open(hold, createdAt)
      const made = { draft: { ...draft, createdAt }, buyCost, overdraft: 0n }
      await ledger.resolve(settlement(hold.id, cost, made), createdAt + 1)
    }
    clock.move(20 * dayMs)
    await till.payBack(first, 500n)
  }, 30_000)

  const calls: [at: number, cost: bigint, buyCost: bigint][] = [
    [Date.UTC(2025, 11, 31, 23, 59, 59, 999), 100n, 60n],
    [Date.UTC(2026, 0, 1), 50n, 70n],
    [Date.UTC(2026, 0, 20), 200n, 10n],
    [Date.UTC(2026, 1, 1), 900n, 1n],
  ]

  test('revenue by month is what calls were charged, what was written off beside it', async () => {
    const { store } = till.people
    const rows = await readRevenue(store)
    expect(rows.map((row) => Object.values(row))).toEqual([
      // month, calls, charged, written off, cost, margin
      ['2026-02', 1, '0.00000065', '0.00000025', '0.000000001', '0.000000649'],
      ['2026-01', 2, '0.00000025', '0.00', '0.00000008', '0.00000017'],
      ['2025-12', 1, '0.0000001', '0.00', '0.00000006', '0.00000004'],
    ])
    const booked = await store.db.select().from(transfer).where(eq(transfer.code, 'usage'))
    const posted = booked.filter(({ phase }) => phase === 'post')
    expect(posted.reduce((sum, { amount }) => sum + amount, 0n)).toBe(1000n)
  })

  test('tax is of the month of its receipt, and is given back in that of its credit note', async () => {
    const of = { country: 'TW', rate: '5', currency: 'USD' as const }
    expect(await readTax(till.people.store)).toEqual([
      {
        month: '2026-02',
        ...of,
        taxable: '-4.76',
        collected: '0.00',
        given_back: '0.24',
        due: '-0.24',
      },
      {
        month: '2026-01',
        ...of,
        taxable: '35.00',
        collected: '1.75',
        given_back: '0.00',
        due: '1.75',
      },
    ])
  })

  test('fees are of the month of the payment; those that are not told are counted', async () => {
    const { store } = till.people
    const [last] = await store.db.select({ id: topUp.id }).from(topUp)
    await store.write((db) => [
      db
        .update(topUp)
        .set({ processorFee: null })
        .where(eq(topUp.id, last?.id ?? '')),
    ])
    expect(await readFees(store)).toEqual([
      {
        ...{ month: '2026-01', processor: 'scripted', currency: 'USD', payments: 2 },
        ...{ total: '36.75', fee: '1.00', unknown: 1 },
      },
    ])
  })

  test('liability is the sum of the balances of all customers, debts apart [T6.5]', async () => {
    const { store, clock } = till.people
    const sums = await sumLiability(store, clock.now())
    // Of Ann's 35 USD, 5.00 of 26.25 were paid back: their share of 25 USD, rounded up.
    const back = (25n * usd * 500n + 2624n) / 2625n
    expect(sums).toMatchObject({ owed: dollars(35n * usd - back), debts: '3.00', held: '0.00' })
    expect(sums.not_divided).toBeGreaterThan(0)
    const rows = await each()
    const owed = rows.filter(({ balance }) => !balance.startsWith('-'))
    expect(owed.map(({ balance }) => balance)).toEqual([sums.owed])
    expect(rows.find(({ account: id }) => id === 'acc_ann')).toMatchObject({
      ...{ balance: sums.owed, bought_six_months: '35.00' },
    })
  })

  const dollars = (nano: bigint) => (Number(nano) / 1e9).toFixed(9).replace(/0+$/, '')
  async function each(at = till.people.clock.now()) {
    const rows = []
    for (let after: string | null = ''; after !== null; ) {
      const page: Awaited<ReturnType<typeof listLiability>> = await listLiability(
        till.people.store,
        at,
        { after, limit: 1 },
      )
      rows.push(...page.data)
      after = page.next
    }
    return rows
  }

  test('credit that was bought more than six months ago is none of the last six months', async () => {
    const bought = async (at: number) => (await each(at)).map((one) => one.bought_six_months)
    expect(await bought(Date.UTC(2026, 6, 15, 12))).toContain('35.00')
    expect(await bought(Date.UTC(2026, 6, 16, 12))).not.toContain('35.00')
  })

  test('what must be looked into is listed: wrong payments, those that wait, failed refunds', async () => {
    const { store, clock } = till.people
    const ann = 'acc_ann'
    const wrong = await till.order(ann)
    till.processor.say(wrong.id, { amount: 1n })
    await till.pay(wrong)
    const waiting = await till.order(ann)
    await store.write((db) => [
      db.update(topUp).set({ state: 'pending' }).where(eq(topUp.id, waiting.id)),
      db.insert(refund).values({
        ...{ id: 'ref_1', accountId: ann, topUpId: wrong.id, state: 'failed', amount: usd },
        ...{ total: 105n, failure: 'card closed', askedBy: 'ann', createdAt: now },
      }),
    ])
    const returned = await till.payBack(await till.buy(ann), 300n)
    await store.write((db) => [
      db.update(refund).set({ failure: 'it came back' }).where(eq(refund.topUpId, returned.id)),
    ])
    const [back] = await store.db.select().from(refund).where(eq(refund.topUpId, returned.id))
    const shown = async (at: number) =>
      (await readUnreconciled(store, at)).map(({ kind, id, why, total }) => [kind, id, why, total])
    expect(await shown(clock.now())).toEqual([
      ['payment', wrong.id, 'amount_mismatch', '26.25'],
      ['refund', 'ref_1', 'card closed', '1.05'],
      ['refund', back?.id ?? '', 'it came back', '3.00'],
    ])
    expect(await shown(clock.now() + dayMs + 1)).toContainEqual([
      ...['waiting', waiting.id, 'pending', '26.25'],
    ])
  })

  test('an admin reads each of them, also as a file that no spreadsheet runs', async () => {
    const { people } = till
    await newUser(people, 'op', { adminRole: 'auditor' })
    await people.store.write((db) => [
      db.update(account).set({ name: '=1+1' }).where(eq(account.id, 'acc_ann')),
    ])
    const { url } = openHttp((http) => http.use(reportRoutes(people)))
    const session = await people.sessions.open('op', { address: '127.0.0.1', agent: null })
    const headers = { cookie: session.split(';')[0] ?? '' }
    for (const name of ['liability', 'revenue', 'tax', 'fees', 'unreconciled']) {
      const path = `${url}/api/admin/reports/${name}`
      const { data } = (await (await fetch(path, { headers })).json()) as { data: object[] }
      const file = (await (await fetch(`${path}.csv`, { headers })).text()).trim().split('\r\n')
      expect(data.length).toBeGreaterThan(0)
      expect(file).toHaveLength(data.length + 1)
      expect(file[0]).toBe(Object.keys(data[0] ?? {}).join(','))
      expect((await fetch(`${path}.csv`)).status).toBe(401)
      if (name === 'liability') expect(file.join('\n')).toContain("acc_ann,'=1+1,active,")
    }
  })
})

test.each([
  ['2026-07-15T12:00:00.000Z', '2026-01-15T12:00:00.000Z'],
  ['2026-03-01T00:00:00.000Z', '2025-09-01T00:00:00.000Z'],
  ['2026-08-31T23:59:59.999Z', '2026-02-28T23:59:59.999Z'],
  ['2024-08-31T00:00:00.000Z', '2024-02-29T00:00:00.000Z'],
])('six months before %s is %s', (at, before) => {
  expect(new Date(sixMonthsBefore(Date.parse(at))).toISOString()).toBe(before)
})
