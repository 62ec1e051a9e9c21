/** What a closed account is owed goes back by its orders, the newest first; the rest waits for the operator (T8.3). */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { closeAccount } from '../../src/account/close.ts'
import { twdOf } from '../../src/base/amount.ts'
import {
  listRequests,
  openClosureRefunds,
  payRemainder,
  refuseRemainder,
} from '../../src/billing/refund-closure.ts'
import { approveRefund, refuseRefund } from '../../src/billing/refund-decide.ts'
import { payRefund } from '../../src/billing/refund-pay.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { refund, topUp } from '../../src/store/credit.ts'
import { mail, refundRequest } from '../../src/store/people.ts'
import { databases, now } from '../helpers/database.ts'
import { movement, refusal } from '../ledger/world.ts'
import { openShop, type Shop, usd } from './refund-world.ts'

describe.each(databases)('on %s', (_, open) => {
  let shop: Shop
  beforeAll(async () => {
    shop = await openShop(await open())
  })
  afterAll(async () => {
    expect(await shop.wrong()).toEqual([])
  })

  const close = async (accountId: string) => {
    const owner = `${accountId}-owner`
    const by = { userId: owner, email: `${owner}@example.com` }
    const amount = await closeAccount(shop.people, accountId, by, { name: accountId, reason: 'x' })
    await openClosureRefunds(shop.people)
    return amount
  }
  const refundsOf = async (accountId: string) => {
    const { db } = shop.people.store
    const rows = await db.select().from(refund).where(eq(refund.accountId, accountId))
    return rows.sort((one, other) => (one.id < other.id ? -1 : 1))
  }
  const requestOf = async (accountId: string) => {
    const { db } = shop.people.store
    const [row] = await db
      .select()
      .from(refundRequest)
      .where(eq(refundRequest.accountId, accountId))
    return row
  }
  const adjust = (accountId: string, way: 'debit' | 'credit', dollars: bigint, unit = usd) =>
    shop.people.ledger.transfer(
      { ...movement(accountId, 'adjustment', dollars * unit), way, reason: 'r', actor: 'olga' },
      now,
    )
  const approve = async (id: string) => {
    await approveRefund(shop.people, id, { amount: null, reason: '', actor: 'olga' })
    await payRefund(shop.people, id)
  }
  const refuse = (id: string) => refuseRefund(shop.people, id, { reason: 'fraud', actor: 'olga' })

  /** Two orders of 25 dollars of which 30 are spent, and a gift: the older has nothing left, the newer 20. */
  const newCustomer = async () => {
    const accountId = await shop.newBuyer()
    await shop.buy(accountId)
    shop.people.clock.move(1000)
    const newer = await shop.buy(accountId)
    await adjust(accountId, 'debit', 30n)
    await shop.people.ledger.transfer(movement(accountId, 'grant', 5n * usd), now)
    return { accountId, newer }
  }

  test('the unspent part of what was paid is set aside, by its order; gifts are not', async () => {
    const { accountId, newer } = await newCustomer()
    expect(await close(accountId)).toBe(20n * usd)
    expect(await refundsOf(accountId)).toMatchObject([
      { topUpId: newer.id, amount: 20n * usd, state: 'asked', askedBy: 'closure' },
    ])
    expect(await shop.balance(accountId)).toEqual({ free: 5, frozen: 20, back: [] })
  })

  test('a gift that came after all was spent is not paid back', async () => {
    const accountId = await shop.newBuyer()
    await shop.buy(accountId)
    await adjust(accountId, 'debit', 25n)
    await shop.people.ledger.transfer(movement(accountId, 'grant', 5n * usd), now)
    expect(await close(accountId)).toBeNull()
  })

  test('opening it again, or by several at once, asks for nothing more', async () => {
    const { accountId } = await newCustomer()
    await close(accountId)
    const { store } = shop.people
    await store.write((db) => [db.update(refundRequest).set({ openedAt: null })])
    await Promise.all([1, 2, 3].map(() => openClosureRefunds(shop.people)))
    expect(await refundsOf(accountId)).toHaveLength(1)
    expect((await requestOf(accountId))?.openedAt).not.toBeNull()
  })

  test.each([
    ['paid', 'refund_paid', approve],
    ['refused', 'refund_refused', refuse],
  ] as const)(
    'with its last refund it is %s, and the address that was left is told',
    async (state, kind, act) => {
      const { accountId } = await newCustomer()
      await close(accountId)
      for (const { id } of await refundsOf(accountId)) await act(id)
      expect((await requestOf(accountId))?.state).toBe(state)
      const mails = await shop.people.store.db.select().from(mail).where(eq(mail.kind, kind))
      expect(
        mails.filter(({ recipient }) => recipient === `${accountId}-owner@example.com`),
      ).toHaveLength(1)
    },
  )

  test.each([
    ['paid by hand', 'paid', 0],
    ['refused', 'refused', 3],
  ])('what belongs to no order waits for the operator: %s', async (act, state, left) => {
    const accountId = await shop.newBuyer()
    await adjust(accountId, 'credit', 3n)
    expect(await close(accountId)).toBe(3n * usd)
    const request = await requestOf(accountId)
    const id = request?.id ?? ''
    expect((await listRequests(shop.people.store)).find((one) => one.id === id)).toMatchObject({
      ...{ account: accountId, amount: '3.00', remainder: '3.00', waiting: 0 },
      contact: `${accountId}-owner@example.com`,
    })
    const end = () =>
      act === 'refused'
        ? refuseRemainder(shop.people, id, { reason: 'no', actor: 'olga' })
        : payRemainder(shop.people, id, { reference: 'bank 1', actor: 'olga' })
    const ends = await Promise.all([refusal(end()), refusal(end())])
    expect(ends.sort()).toEqual(['changed_meanwhile', 'granted'])
    expect((await requestOf(accountId))?.state).toBe(state as 'paid')
    expect((await shop.balance(accountId)).free).toBe(left)
  })

  test('what is too little for the order’s currency waits for the operator too', async () => {
    const accountId = await shop.newBuyer()
    const order = await shop.buy(accountId)
    const price = twdOf(order.credit, 32_000_000n)
    const inTwd = { currency: 'TWD' as const, price, total: price }
    const { store } = shop.people
    await store.write((db) => [db.update(topUp).set(inTwd).where(eq(topUp.id, order.id))])
    await adjust(accountId, 'debit', 24_980n, usd / 1000n)
    expect(await close(accountId)).toBe(20_000_000n)
    expect(await refundsOf(accountId)).toEqual([])
    const { id = '' } = (await requestOf(accountId)) ?? {}
    await payRemainder(shop.people, id, { reference: 'bank 1', actor: 'olga' })
    expect((await requestOf(accountId))?.state).toBe('paid')
  })

  test.each([
    [true, 'the address that was left is told'],
    [false, 'she left none'],
  ])('what is paid after the account was closed goes back (%p: %s)', async (leaves) => {
    const accountId = await shop.newBuyer()
    if (leaves) await shop.buy(accountId, 10n)
    const late = await shop.order(accountId)
    expect(await close(accountId)).toBe(leaves ? 10n * usd : null)
    shop.processor.say(late.id, { state: 'paid' })
    await Promise.all([syncTopUp(shop.people, late.id), syncTopUp(shop.people, late.id)])
    await openClosureRefunds(shop.people)
    const rows = await refundsOf(accountId)
    expect(rows.filter(({ topUpId }) => topUpId === late.id)).toMatchObject([
      { amount: 25n * usd, state: 'asked' },
    ])
    for (const { id } of rows) await approve(id)
    expect(await shop.balance(accountId)).toMatchObject({ free: 0, frozen: 0 })
    expect(await shop.mails(accountId, 'refund_paid')).toHaveLength(leaves ? 2 : 0)
  })

  test('a dispute that is won after the account was closed goes back to the payer', async () => {
    const accountId = await shop.newBuyer()
    const order = await shop.buy(accountId)
    const disputed = { id: `dp_${order.id}`, amount: 2500n, reason: null }
    shop.processor.say(order.id, { disputes: [{ ...disputed, state: 'open' }] })
    await syncTopUp(shop.people, order.id)
    expect(await close(accountId)).toBeNull()
    shop.processor.say(order.id, { disputes: [{ ...disputed, state: 'won' }] })
    await syncTopUp(shop.people, order.id)
    await openClosureRefunds(shop.people)
    for (const { id } of await refundsOf(accountId)) await approve(id)
    expect(await shop.balance(accountId)).toEqual({ free: 0, frozen: 0, back: [25] })
    expect(await requestOf(accountId)).toMatchObject({ state: 'paid' })
  })

  test.each([
    ['refunded at the processor', 'refunds', { state: 'paid', ours: null }],
    ['disputed and lost', 'disputes', { state: 'lost', reason: null }],
  ])(
    'an order that was %s while a refund was asked for is not owed twice',
    async (_, what, how) => {
      const accountId = await shop.newBuyer()
      const order = await shop.buy(accountId)
      await shop.buy(accountId)
      const { id } = await shop.ask(order)
      const back = { id: `back_${order.id}`, amount: 2500n, ...how }
      shop.processor.say(order.id, { [what]: [back] })
      await syncTopUp(shop.people, order.id)
      await refuse(id)
      expect(await refusal(shop.ask(order))).toBe('not_refundable')
      expect(await close(accountId)).toBe(25n * usd)
      const request = await requestOf(accountId)
      await payRemainder(shop.people, request?.id ?? '', { reference: 'bank 1', actor: 'olga' })
      expect(await shop.balance(accountId)).toMatchObject({ free: 0, frozen: 0 })
    },
  )

  test('it does not end while a refund of it waits', async () => {
    const { accountId } = await newCustomer()
    await adjust(accountId, 'credit', 3n)
    await close(accountId)
    const id = (await requestOf(accountId))?.id ?? ''
    const pay = () => payRemainder(shop.people, id, { reference: 'bank 1', actor: 'olga' })
    expect(await refusal(pay())).toBe('changed_meanwhile')
    for (const one of await refundsOf(accountId)) await approve(one.id)
    expect((await requestOf(accountId))?.state).toBe('open')
    await pay()
    expect((await requestOf(accountId))?.state).toBe('paid')
    expect(await shop.balance(accountId)).toEqual({ free: 5, frozen: 0, back: [20, 3] })
  })
})
