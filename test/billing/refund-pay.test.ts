/** Paying refunds: once, whatever fails and wherever the process ends; and what processors pay back by themselves. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { approveRefund, refuseRefund } from '../../src/billing/refund-decide.ts'
import { payByHand, payDueRefunds, payRefund, retryRefund } from '../../src/billing/refund-pay.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import type { TopUpRow } from '../../src/billing/top-up.ts'
import type { OutsideRefund } from '../../src/processors/processor.ts'
import { receipt, refund } from '../../src/store/credit.ts'
import { databases } from '../helpers/database.ts'
import { refusal } from '../ledger/world.ts'
import { lost, minuteMs, openShop, type Shop, usd } from './refund-world.ts'

describe.each(databases)('on %s', (_, open) => {
  let shop: Shop
  beforeAll(async () => {
    shop = await openShop(await open())
  })
  beforeEach(() => {
    Object.assign(shop.bank, { before: () => {}, after: () => {}, state: 'paid', asked: 0 })
    shop.bank.paid.clear()
  })
  afterAll(async () => {
    expect(await shop.wrong()).toEqual([])
  })

  /** A refund that is approved: of 25 dollars, or of so much of it. */
  const approved = async (amount: bigint | null = null, feePercent = '0') => {
    const accountId = await shop.newBuyer()
    const order = await shop.buy(accountId, 25n, feePercent)
    const { id } = await shop.ask(order)
    await approveRefund(shop.people, id, { amount, reason: 'fine', actor: 'olga' })
    return { accountId, order, id }
  }
  /** Later, and by a process that knows nothing of the one before. */
  const later = async (minutes = 5) => {
    shop.people.clock.move(minutes * minuteMs)
    await payDueRefunds(shop.people)
  }
  const notes = (topUpId: string) =>
    shop.people.store.db
      .select({ total: receipt.total })
      .from(receipt)
      .where(eq(receipt.topUpId, topUpId))
  const told = (order: TopUpRow, ...refunds: OutsideRefund[]) => {
    shop.processor.say(order.id, { refunds })
    return syncTopUp(shop.people, order.id)
  }
  const outside = (id: string, amount: bigint, ours: string | null = null) =>
    ({ id, amount, ours, state: 'paid' }) as const

  test('approved and paid: the credit is gone, a credit note is there, the account is told', async () => {
    const { accountId, order, id } = await approved()
    await payRefund(shop.people, id)
    expect(await shop.read(id)).toMatchObject({ state: 'paid', total: 2500n, decidedBy: 'olga' })
    expect(await shop.balance(accountId)).toEqual({ free: 0, frozen: 0, back: [25] })
    expect(await notes(order.id)).toEqual([{ total: 2500n }, { total: 2500n }])
    expect(await shop.mails(accountId, 'refund_approved')).toHaveLength(1)
    expect(await shop.mails(accountId, 'refund_paid')).toEqual([
      expect.stringContaining('25.00 USD'),
    ])
  })

  test('approved in part, the rest is the account’s again', async () => {
    const { accountId, id } = await approved(10n * usd)
    await payRefund(shop.people, id)
    expect(await shop.balance(accountId)).toEqual({ free: 15, frozen: 0, back: [10] })
    expect(shop.bank.paid.get(id)).toMatchObject({ amount: 1000n })
  })

  test('the fee goes back only with all of the order', async () => {
    const { order, id } = await approved(10n * usd, '5')
    expect(order.total).toBe(2625n)
    await payRefund(shop.people, id)
    const rest = await shop.ask(order)
    await approveRefund(shop.people, rest.id, { amount: null, reason: '', actor: 'olga' })
    expect((await shop.read(id)).total).toBe(1000n)
    expect((await shop.read(rest.id)).total).toBe(1625n)
    await payRefund(shop.people, rest.id)
  })

  test.each([
    ['more than was asked', 26n * usd, 'invalid_amount'],
    ['nothing', 0n, 'invalid_amount'],
    ['less than a cent', 1n, 'not_refundable'],
  ])('%s is not approved', async (_, amount, code) => {
    const { id } = await shop.ask(await shop.buy(await shop.newBuyer()))
    const approve = approveRefund(shop.people, id, { amount, reason: '', actor: 'olga' })
    expect(await refusal(approve)).toBe(code)
  })

  test('several who pay at once pay once', async () => {
    const { accountId, id } = await approved()
    await Promise.all([1, 2, 3, 4].map(() => payRefund(shop.people, id)))
    expect(shop.bank.asked).toBe(1)
    expect((await shop.balance(accountId)).back).toEqual([25])
  })

  test.each(['before', 'after'] as const)('the answer is lost %s it is paid', async (moment) => {
    const { accountId, order, id } = await approved()
    shop.bank[moment] = lost
    await payRefund(shop.people, id)
    expect(await shop.read(id)).toMatchObject({ state: 'approved', failure: 'no answer' })
    shop.bank[moment] = () => {}
    await later(0)
    expect((await shop.read(id)).state).toBe('approved')
    await later()
    expect(await shop.read(id)).toMatchObject({ state: 'paid', failure: null })
    expect(shop.bank.paid.size).toBe(1)
    expect((await shop.balance(accountId)).back).toEqual([25])
    expect(await notes(order.id)).toHaveLength(2)
  })

  test.each([
    ['before the processor is asked', 'before'],
    ['after it has paid', 'after'],
  ] as const)('the process ends %s', async (_, moment) => {
    const { accountId, id } = await approved()
    shop.bank[moment] = () => {
      throw new Error('killed')
    }
    await expect(payRefund(shop.people, id)).rejects.toThrow('killed')
    shop.bank[moment] = () => {}
    await later()
    expect((await shop.read(id)).state).toBe('paid')
    expect(shop.bank.paid.size).toBe(1)
    expect((await shop.balance(accountId)).back).toEqual([25])
  })

  test('the process ends before its own commit, and the processor tells of it first', async () => {
    const { accountId, order, id } = await approved()
    const { ledger } = shop.people
    const killed = async () => {
      throw new Error('killed')
    }
    const dying = { ...shop.people, ledger: { ...ledger, transfer: killed } }
    await expect(payRefund(dying, id)).rejects.toThrow('killed')
    await Promise.all([syncTopUp(shop.people, order.id), syncTopUp(shop.people, order.id)])
    expect((await shop.read(id)).state).toBe('paid')
    await later()
    expect(shop.bank.asked).toBe(1)
    expect((await shop.balance(accountId)).back).toEqual([25])
  })

  test('a processor that forgets refunds is never asked twice for one whose answer is lost', async () => {
    const { accountId, order, id } = await approved()
    const { processor } = shop
    Object.assign(processor, { forgetsRefunds: true })
    shop.bank.after = () => {
      processor.say(order.id, { refunds: [] })
      throw new Error('killed')
    }
    await expect(payRefund(shop.people, id)).rejects.toThrow('killed')
    shop.bank.after = () => {}
    await later()
    expect(await shop.read(id)).toMatchObject({ state: 'failed' })
    expect(shop.bank.asked).toBe(1)
    await payByHand(shop.people, id, { reference: 'its dashboard 7', actor: 'olga' })
    expect((await shop.balance(accountId)).back).toEqual([25])
    Object.assign(processor, { forgetsRefunds: undefined })
  })

  test('under way at the processor, it is paid or failed when that says so', async () => {
    const { accountId, order, id } = await approved()
    shop.bank.state = 'pending'
    await payRefund(shop.people, id)
    await later(24 * 60)
    expect(await shop.read(id)).toMatchObject({ state: 'approved', externalId: `re_${id}` })
    expect(shop.bank.asked).toBe(1)
    await told(order, { ...outside(`re_${id}`, 2500n, id), state: 'failed' })
    expect((await shop.read(id)).state).toBe('failed')
    expect((await shop.balance(accountId)).frozen).toBe(25)
    await told(order, outside(`re_${id}`, 2500n, id))
    expect((await shop.balance(accountId)).back).toEqual([25])
  })

  test.each([
    ['asked again', (id: string) => retryRefund(shop.people, id).then(() => later()), [25]],
    [
      'paid by hand',
      (id: string) => payByHand(shop.people, id, { reference: 'bank 1', actor: 'olga' }),
      [25],
    ],
    ['refused', (id: string) => refuseRefund(shop.people, id, { reason: 'no', actor: 'olga' }), []],
  ])('what the processor cannot pay waits for the operator: %s', async (_, act, back) => {
    const { accountId, id } = await approved()
    shop.bank.before = () => lost(false)
    await payRefund(shop.people, id)
    expect(await shop.read(id)).toMatchObject({ state: 'failed', failure: 'no answer' })
    expect((await shop.balance(accountId)).frozen).toBe(25)
    await later()
    expect(shop.bank.asked).toBe(1)
    shop.bank.before = () => {}
    await act(id)
    expect(await shop.balance(accountId)).toEqual({ free: back.length ? 0 : 25, frozen: 0, back })
    const again = payByHand(shop.people, id, { reference: 'bank 1', actor: 'olga' })
    expect(await refusal(again)).toBe('changed_meanwhile')
  })

  test('what failed and was refused, or paid by hand, stays so however often that is told', async () => {
    for (const [act, state, back] of [
      [
        (id: string) => refuseRefund(shop.people, id, { reason: 'no', actor: 'olga' }),
        'refused',
        [],
      ],
      [(id: string) => payByHand(shop.people, id, { reference: id, actor: 'olga' }), 'paid', [25]],
    ] as const) {
      const { accountId, order, id } = await approved()
      shop.bank.state = 'failed'
      await payRefund(shop.people, id)
      expect((await shop.read(id)).state).toBe('failed')
      await act(id)
      await told(order, { ...outside(`re_${id}`, 2500n, id), state: 'failed' })
      expect((await shop.read(id)).state).toBe(state)
      expect((await shop.balance(accountId)).back).toEqual([...back])
    }
  })

  test('paid by hand, and then by the processor too: both are booked, as far as there is credit', async () => {
    const { accountId, order, id } = await approved(10n * usd)
    shop.bank.before = () => lost(false)
    await payRefund(shop.people, id)
    await payByHand(shop.people, id, { reference: 'bank 9', actor: 'olga' })
    await told(order, outside(`re_${id}`, 1000n, id))
    await told(order, outside(`re_${id}`, 1000n, id))
    expect((await shop.balance(accountId)).back).toEqual([10, 10])
  })

  test('a processor that pays nothing back leaves it to the operator', async () => {
    const { id } = await approved()
    const { refund: pay, ...without } = shop.processor
    const people = { ...shop.people, processors: new Map([['scripted', without]]) }
    await payRefund(people, id)
    expect(await shop.read(id)).toMatchObject({ state: 'failed' })
    expect(pay).toBeDefined()
    await payByHand(people, id, { reference: 'bank 2', actor: 'olga' })
    expect(await shop.read(id)).toMatchObject({ state: 'paid', externalId: 'bank 2' })
  })

  describe('made at the processor', () => {
    test('it is booked as its part of the credit, once, though it was spent', async () => {
      const accountId = await shop.newBuyer()
      const order = await shop.buy(accountId, 25n, '5')
      const { id } = await shop.ask(order)
      const all = [outside('re_a', 1000n), outside('re_b', 1625n)]
      await told(order, ...all)
      await Promise.all([told(order, ...all), told(order, ...all)])
      const { free, back } = await shop.balance(accountId)
      expect(back.reduce((sum, one) => sum + one)).toBeCloseTo(25, 9)
      expect(free).toBe(-25)
      // What was asked for before is not granted any more.
      const approve = approveRefund(shop.people, id, { amount: null, reason: '', actor: 'olga' })
      expect(await refusal(approve)).toBe('not_refundable')
      await refuseRefund(shop.people, id, { reason: 'paid already', actor: 'olga' })
      expect((await shop.balance(accountId)).free).toBe(0)
    })

    test('those of several copies at once are booked once each', async () => {
      const accountId = await shop.newBuyer()
      const order = await shop.buy(accountId)
      const all = [1, 2, 3, 4].map((at) => outside(`re_${order.id}_${at}`, 500n))
      await Promise.all([1, 2, 3].map(() => told(order, ...all)))
      await told(order, ...all)
      expect(await shop.balance(accountId)).toEqual({ free: 5, frozen: 0, back: [5, 5, 5, 5] })
    })

    test('instead of one that failed here, it is that one', async () => {
      const { accountId, order, id } = await approved()
      shop.bank.before = () => lost(false)
      await payRefund(shop.people, id)
      await told(order, outside(`re_hand_${id}`, 2500n))
      expect(await shop.read(id)).toMatchObject({ state: 'paid', externalId: `re_hand_${id}` })
      expect((await shop.balance(accountId)).back).toEqual([25])
    })

    test('and paid by hand under its reference, it is not booked twice', async () => {
      const { accountId, order, id } = await approved()
      shop.bank.before = () => lost(false)
      await payRefund(shop.people, id)
      await payByHand(shop.people, id, { reference: `re_hand_${id}`, actor: 'olga' })
      await told(order, outside(`re_hand_${id}`, 2500n))
      expect((await shop.balance(accountId)).back).toEqual([25])
      const rows = await shop.people.store.db
        .select()
        .from(refund)
        .where(eq(refund.topUpId, order.id))
      expect(rows).toHaveLength(1)
    })
  })

  test('while the payment is disputed nothing is approved or paid', async () => {
    const { accountId, order, id } = await approved(10n * usd)
    const disputes = [{ id: `dp_${id}`, amount: 500n, state: 'open' as const, reason: null }]
    shop.processor.say(order.id, { disputes })
    await syncTopUp(shop.people, order.id)
    await payRefund(shop.people, id)
    expect(await shop.read(id)).toMatchObject({
      state: 'failed',
      failure: 'the payment is disputed',
    })
    expect(shop.bank.asked).toBe(0)
    await refuseRefund(shop.people, id, { reason: 'disputed', actor: 'olga' })
    const { id: second } = await shop.ask(order, usd)
    const approve = approveRefund(shop.people, second, { amount: null, reason: '', actor: 'o' })
    expect(await refusal(approve)).toBe('not_refundable')
    expect((await shop.balance(accountId)).back).toEqual([])
  })

  test('all of it paid back at the processor, beside one that could not be paid: what is refused then is not hers', async () => {
    const { accountId, order, id } = await approved(10n * usd)
    shop.bank.before = () => lost(false)
    await payRefund(shop.people, id)
    await told(order, outside('re_all', 2500n))
    await refuseRefund(shop.people, id, { reason: 'paid there', actor: 'olga' })
    expect(await shop.balance(accountId)).toEqual({ free: 0, frozen: 0, back: [25] })
  })

  test('what the bank took back in the end is not paid back too', async () => {
    const { order, id } = await approved(20n * usd)
    const dispute = (state: 'open' | 'lost') => {
      const disputes = [{ id: `dp_${id}`, amount: 600n, state, reason: null }]
      shop.processor.say(order.id, { disputes })
      return syncTopUp(shop.people, order.id)
    }
    await dispute('open')
    await payRefund(shop.people, id)
    await dispute('lost')
    await retryRefund(shop.people, id)
    await payRefund(shop.people, id)
    expect(await shop.read(id)).toMatchObject({ state: 'failed' })
    expect(shop.bank.asked).toBe(0)
    await refuseRefund(shop.people, id, { reason: 'disputed', actor: 'olga' })
    const { id: rest } = await shop.ask(order, 19n * usd)
    await approveRefund(shop.people, rest, { amount: null, reason: '', actor: 'olga' })
    await payRefund(shop.people, rest)
    expect(await shop.read(rest)).toMatchObject({ state: 'paid' })
  })
})
