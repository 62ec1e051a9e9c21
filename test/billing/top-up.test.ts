/** Orders for credit: written before anything is paid, one for a form however often it is sent, at the server's own price. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { AppError } from '../../src/base/error.ts'
import { createTopUp, describeTopUp, listTopUps, type NewTopUp } from '../../src/billing/top-up.ts'
import { buyer, topUp } from '../../src/store/credit.ts'
import { account } from '../../src/store/schema.ts'
import { databases } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { down, type Scripted, scriptedProcessor } from '../helpers/processor.ts'

const usd = 1_000_000_000n

describe.each(databases)('on %s', (_, open) => {
  let count = 0
  let people: TestPeople & { processors: Map<string, Scripted> }
  let processor: Scripted

  beforeAll(async () => {
    processor = scriptedProcessor()
    people = {
      ...(await openPeople(await open())),
      processors: new Map([
        ['scripted', processor],
        ['twd', scriptedProcessor('twd', 'TWD')],
      ]),
    }
  })

  /** An account of Ann's, and what she wants. */
  async function wish(more: Partial<NewTopUp> = {}): Promise<NewTopUp> {
    const accountId = await newTeam(people, `acc_${++count}`, { [`ann${count}`]: 'owner' })
    return {
      ...{ accountId, userId: `ann${count}`, origin: 'customer', processor: 'scripted' },
      ...{ method: 'card', credit: 25n * usd, once: 'form-1', ...more },
    }
  }
  const rows = (accountId: string) =>
    people.store.db.select().from(topUp).where(eq(topUp.accountId, accountId))
  const codeOf = (made: Promise<unknown>) =>
    made.then(
      () => null,
      (cause) => (cause instanceof AppError ? cause.code : cause),
    )

  test('an order is open, with its price fixed, and a place to pay', async () => {
    const row = await createTopUp(people, await wish())
    expect(describeTopUp(row)).toMatchObject({
      ...{ state: 'open', credit: '25.00', currency: 'USD', price: '25.00', fee: '0.00' },
      ...{ tax: '0.00', total: '25.00', tax_rate: null, exchange_rate: null, paid_at: null },
      checkout: { kind: 'redirect', url: `https://pay.example.com/${row.id}` },
    })
    expect(row.expiresAt - row.createdAt).toBe(3_600_000)
    expect(processor.orders.at(-1)).toMatchObject({
      ...{ id: row.id, total: 2500n, language: 'en', email: `${row.userId}@example.com` },
      returnUrl: `https://ai.example.com/accounts/${row.accountId}/top-ups/${row.id}`,
      callbackUrl: 'https://ai.example.com/api/payments/scripted',
    })
  })

  test('tax is of the account’s country, and who is billed is kept as she was then', async () => {
    const wanted = await wish({ processor: 'twd', method: 'atm' })
    await people.business.change({ taxes: { TW: '5' }, twdPerUsd: '32.5' }, 'test', 0)
    await people.store.write((db) => [
      db.update(account).set({ country: 'TW' }).where(eq(account.id, wanted.accountId)),
      db.insert(buyer).values({ accountId: wanted.accountId, name: 'Acme', taxId: '10458575' }),
    ])
    const row = await createTopUp(people, wanted)
    expect(describeTopUp(row)).toMatchObject({
      ...{ currency: 'TWD', price: '813', tax: '41', total: '854' },
      ...{ tax_rate: '5', tax_country: 'TW', exchange_rate: '32.5' },
    })
    expect(row.buyer).toMatchObject({ name: 'Acme', taxId: '10458575', country: 'TW' })
    expect(row.expiresAt - row.createdAt).toBe(7 * 24 * 3_600_000)
  })

  test('a form that is sent 500 times makes one order and one checkout', async () => {
    const wanted = await wish()
    const before = processor.orders.length
    const made = await Promise.all(Array.from({ length: 500 }, () => createTopUp(people, wanted)))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(await rows(wanted.accountId)).toHaveLength(1)
    expect(processor.orders.length - before).toBe(1)
  })

  test('where the processor is down the order has failed, and the next form makes another', async () => {
    const wanted = await wish()
    processor.before = down
    expect(await codeOf(createTopUp(people, wanted))).toBe('payment_unavailable')
    processor.before = () => {}
    const again = await createTopUp(people, { ...wanted, once: 'form-2' })
    expect(again.state).toBe('open')
    expect((await rows(wanted.accountId)).map(({ state }) => state).sort()).toEqual([
      'failed',
      'open',
    ])
  })

  test('no more than ten orders are open, and those that are over do not count', async () => {
    const wanted = await wish()
    const sendAll = (from: string) =>
      Promise.all(
        Array.from({ length: 12 }, (_, at) =>
          codeOf(createTopUp(people, { ...wanted, once: `${from}-${at}` })),
        ),
      )
    expect((await sendAll('a')).filter((code) => code === 'too_many_attempts')).toHaveLength(2)
    people.clock.move(3_600_001)
    expect((await sendAll('b')).filter((code) => code === null)).toHaveLength(10)
    const { store } = people
    await store.write((db) => [
      db.update(topUp).set({ state: 'pending' }).where(eq(topUp.accountId, wanted.accountId)),
    ])
    expect(await codeOf(createTopUp(people, { ...wanted, once: 'c' }))).toBe('too_many_attempts')
  })

  test.each<[string, Partial<NewTopUp>, string]>([
    ['by a processor that is off', { processor: 'stripe' }, 'invalid_request'],
    ['in a way that it has not', { method: 'cash' }, 'invalid_request'],
    ['of nothing', { credit: 0n }, 'invalid_amount'],
    ['of less than nothing', { credit: -25n * usd }, 'invalid_amount'],
    ['of a part of a cent', { credit: 10_001_000_000n }, 'invalid_amount'],
    ['above the limit', { credit: 1001n * usd }, 'invalid_amount'],
  ])('an order %s is refused and leaves nothing', async (_, more, code) => {
    const wanted = await wish(more)
    expect(await codeOf(createTopUp(people, wanted))).toBe(code)
    expect(await rows(wanted.accountId)).toEqual([])
  })

  test('a closed account orders nothing', async () => {
    const wanted = await wish()
    await people.store.write((db) => [
      db.update(account).set({ state: 'closed' }).where(eq(account.id, wanted.accountId)),
    ])
    expect(await codeOf(createTopUp(people, wanted))).toBe('not_found')
  })

  test('orders are listed page by page, the newest first', async () => {
    const wanted = await wish()
    const made: string[] = []
    for (let at = 0; at < 5; at++) {
      made.unshift((await createTopUp(people, { ...wanted, once: `${at}` })).id)
      people.clock.move(1)
    }
    const seen: string[] = []
    for (let after: string | undefined; seen.length < 5; after = seen.at(-1)) {
      const page = await listTopUps(people.store, eq(topUp.accountId, wanted.accountId), {
        ...{ after, limit: 2 },
      })
      seen.push(...page.rows.map(({ id }) => id))
      expect(page.next).toBe(seen.length < 5 ? (seen.at(-1) ?? null) : null)
    }
    expect(seen).toEqual(made)
  })
})
