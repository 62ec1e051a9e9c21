/**
 * What becomes of an order: it is credited once for its exact payment, whoever asks and however often; never for another's, in
 * another currency, mode or amount; and money that comes late is credit all the same.
 */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { AppError } from '../../src/base/error.ts'
import { reconcile } from '../../src/billing/reconcile.ts'
import { bookPayment, syncTopUp } from '../../src/billing/sync.ts'
import { createTopUp, readTopUp, type TopUpRow } from '../../src/billing/top-up.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import type { Payment } from '../../src/processors/processor.ts'
import { dispute, receipt } from '../../src/store/credit.ts'
import { account, transfer } from '../../src/store/schema.ts'
import { databases } from '../helpers/database.ts'
import { mailsTo, newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { down, type Scripted, scriptedProcessor } from '../helpers/processor.ts'

const usd = 1_000_000_000n
const hourMs = 3_600_000

describe.each(databases)('on %s', (_, open) => {
  let count = 0
  let people: TestPeople
  let processor: Scripted

  beforeAll(async () => {
    processor = scriptedProcessor()
    const twin = scriptedProcessor('twin')
    const processors = new Map([processor, twin].map((one) => [one.name, one]))
    people = { ...(await openPeople(await open())), processors }
  })

  async function order(more: { processor?: string; method?: string } = {}): Promise<TopUpRow> {
    const name = `ann${++count}`
    const accountId = await newTeam(people, `acc_${name}`, { [name]: 'owner', dora: 'developer' })
    return createTopUp(people, {
      ...{ accountId, userId: name, origin: 'customer', processor: 'scripted', method: 'card' },
      ...{ credit: 25n * usd, once: 'form', ...more },
    })
  }
  const sync = (row: TopUpRow) => syncTopUp(people, row.id)
  const say = (row: TopUpRow, payment: Partial<Payment>) => processor.say(row.id, payment)
  async function accountOf({ accountId }: TopUpRow) {
    const [row] = await people.store.db.select().from(account).where(eq(account.id, accountId))
    const { state, stateReason, creditsPosted, debitsPosted } = row as NonNullable<typeof row>
    return { state, stateReason, balance: creditsPosted - debitsPosted }
  }
  const balanceOf = async (row: TopUpRow) => (await accountOf(row)).balance

  test('what is paid is credited with its receipt and a mail to who may pay', async () => {
    const row = await order()
    expect((await sync(row)).state).toBe('open')
    say(row, { state: 'paid', fee: 103n })
    const paid = await sync(row)
    expect(paid).toMatchObject({ state: 'paid', paymentId: `pay_${row.id}`, processorFee: 103n })
    expect(await balanceOf(row)).toBe(25n * usd)
    const { db } = people.store
    const isThis = eq(transfer.id, paid.transferId as string)
    expect(await db.select().from(transfer).where(isThis)).toMatchObject([
      { code: 'topup', debitId: 'clearing:scripted', externalId: `scripted:pay_${row.id}` },
    ])
    expect(await db.select().from(receipt).where(eq(receipt.topUpId, row.id))).toHaveLength(1)
    const mails = await mailsTo(people, row.userId as string, 'topup_paid')
    expect(mails).toHaveLength(1)
    expect(mails[0]).toContain('25.00 USD')
    expect(await mailsTo(people, 'dora', 'topup_paid')).toEqual([])
  })

  test('asked 50 times at once, it is credited once, with one mail', async () => {
    const row = await order()
    say(row, { state: 'paid' })
    await Promise.all(Array.from({ length: 50 }, () => sync(row)))
    expect(await balanceOf(row)).toBe(25n * usd)
    expect(await mailsTo(people, row.userId as string, 'topup_paid')).toHaveLength(1)
  })

  test.each<[string, Partial<Payment>]>([
    ['amount_mismatch', { amount: 2499n }],
    ['amount_mismatch', { amount: 250_000n }],
    ['currency_mismatch', { currency: 'TWD' }],
    ['mode_mismatch', { live: false }],
    ['order_mismatch', { orderId: 'top_other' }],
    ['order_mismatch', { orderId: null }],
    ['order_mismatch', { paymentId: null }],
  ])('%s: %p is never credited, and is shown to the operator', async (failure, payment) => {
    const row = await order()
    say(row, { state: 'paid', ...payment })
    expect(await sync(row)).toMatchObject({ state: 'open', failure, transferId: null })
    expect(await balanceOf(row)).toBe(0n)
  })

  test('in test mode, what a test mode pays is credit', async () => {
    const row = await order()
    say(row, { state: 'paid', live: false })
    const config = { ...people.config, payments: 'test' as const }
    expect((await syncTopUp({ ...people, config }, row.id)).state).toBe('paid')
  })

  test('one payment pays one order, and a second payment of an order is the operator’s to look into', async () => {
    const [first, second] = [await order(), await order()]
    say(first, { state: 'paid', paymentId: 'pay_same' })
    say(second, { state: 'paid', paymentId: 'pay_same' })
    await Promise.all([sync(first), sync(second)])
    const states = [
      await readTopUp(people.store, first.id),
      await readTopUp(people.store, second.id),
    ]
    expect(states.map(({ state }) => state).sort()).toEqual(['open', 'paid'])
    expect(states.find(({ state }) => state === 'open')?.failure).toBe('payment_of_another_order')
    const paid = states.find(({ state }) => state === 'paid') as TopUpRow
    say(paid, { paymentId: 'pay_again' })
    expect(await sync(paid)).toMatchObject({ paymentId: 'pay_same', failure: 'paid_twice' })
    expect(await balanceOf(paid)).toBe(25n * usd)
  })

  test('an order is asked of its own processor only', async () => {
    const row = await order({ processor: 'twin' })
    say(row, { state: 'paid' })
    expect((await sync(row)).state).toBe('open')
  })

  test.each(['failed', 'expired'] as const)(
    'money for an order that has %s is credit all the same',
    async (state) => {
      const row = await order()
      say(row, { state, failure: 'declined' })
      expect((await sync(row)).state).toBe(state)
      say(row, { state: 'open', failure: null })
      expect((await sync(row)).state).toBe(state)
      say(row, { state: 'paid' })
      expect(await sync(row)).toMatchObject({ state: 'paid', failure: null })
      expect(await balanceOf(row)).toBe(25n * usd)
    },
  )

  test('what waits shows where it can be paid; when it fails, it is mailed once', async () => {
    const row = await order({ method: 'atm' })
    say(row, { state: 'pending', payAt: { bank: '812', account: '9103522175887271' } })
    expect(await sync(row)).toMatchObject({ state: 'pending', payAt: { bank: '812' } })
    say(row, { state: 'failed', failure: 'expired number', payAt: null })
    await Promise.all([sync(row), sync(row)])
    expect(await sync(row)).toMatchObject({ state: 'failed', failure: 'expired number' })
    expect(await mailsTo(people, row.userId as string, 'topup_failed')).toHaveLength(1)
  })

  test('what nobody pays expires: a checkout after its hour, a transfer after its weeks', async () => {
    const [checkout, transferred] = [await order(), await order({ method: 'atm' })]
    say(transferred, { state: 'pending' })
    await sync(transferred)
    people.clock.move(2 * hourMs)
    expect((await sync(checkout)).state).toBe('expired')
    expect((await sync(transferred)).state).toBe('pending')
    people.clock.move(22 * 24 * hourMs)
    expect((await sync(transferred)).state).toBe('expired')
  })

  test('a processor that does not answer, at whichever question, is asked again until it is credited', async () => {
    const row = await order()
    say(row, { state: 'paid' })
    let answers = 0
    processor.before = () => {
      if (answers++ < 3) down()
    }
    for (let at = 0; at < 3; at++) await expect(sync(row)).rejects.toThrow('no answer')
    expect((await sync(row)).state).toBe('paid')
    processor.before = () => {}
    expect(await balanceOf(row)).toBe(25n * usd)
  })

  test('an operator’s word pays an order by hand', async () => {
    const row = await order()
    const facts = { orderId: row.id, paymentId: 'bank-1', state: 'paid', amount: 2500n } as const
    const nothing = { failure: null, fee: null, payAt: null, refunds: [], disputes: [] }
    await bookPayment(people, row, { ...facts, ...nothing, currency: 'USD', live: true }, 'olga')
    const { transferId } = await readTopUp(people.store, row.id)
    const isThis = eq(transfer.id, transferId as string)
    expect(await people.store.db.select().from(transfer).where(isThis)).toMatchObject([
      { actor: 'olga' },
    ])
  })

  describe('a dispute', () => {
    const disputed = { id: 'dp_1', amount: 2500n, state: 'open', reason: 'fraudulent' } as const
    async function paidOrder() {
      const row = await order()
      const open = { ...disputed, id: `dp_${row.id}` }
      say(row, { state: 'paid', disputes: [open] })
      return { row, open }
    }

    test('debits its credit at once and suspends the account', async () => {
      const { row } = await paidOrder()
      const forgotten = people.forgotten()
      await Promise.all([sync(row), sync(row), sync(row)])
      expect(await accountOf(row)).toEqual({
        ...{ state: 'suspended', stateReason: 'dispute', balance: 0n },
      })
      expect(people.forgotten()).toBeGreaterThan(forgotten)
      expect(await mailsTo(people, row.userId as string, 'dispute_opened')).toEqual([
        expect.stringContaining(`/accounts/${row.accountId}/top-ups/${row.id}\n`),
      ])
    })

    test('that is won gives both back; one that is lost keeps both', async () => {
      const [won, lost] = [await paidOrder(), await paidOrder()]
      for (const [{ row, open }, state] of [
        [won, 'won'],
        [lost, 'lost'],
      ] as const) {
        await sync(row)
        say(row, { disputes: [{ ...open, state }] })
        await Promise.all([sync(row), sync(row)])
        await sync(row)
        expect(await mailsTo(people, row.userId as string, 'dispute_closed')).toHaveLength(1)
      }
      expect(await accountOf(won.row)).toMatchObject({ state: 'active', balance: 25n * usd })
      expect(await accountOf(lost.row)).toMatchObject({ state: 'suspended', balance: 0n })
    })

    test('is won while another is open: the account stays suspended', async () => {
      const { row, open } = await paidOrder()
      const [one, other] = [
        { ...open, amount: 1000n },
        { ...open, id: `${open.id}-2`, amount: 1001n },
      ]
      say(row, { disputes: [one, other] })
      await sync(row)
      expect(await balanceOf(row)).toBe(4_990_000_000n)
      say(row, { disputes: [{ ...one, state: 'won' }, other] })
      await sync(row)
      expect(await accountOf(row)).toMatchObject({ state: 'suspended', balance: 14_990_000_000n })
      say(row, {
        disputes: [
          { ...one, state: 'won' },
          { ...other, state: 'won' },
        ],
      })
      await sync(row)
      expect(await accountOf(row)).toMatchObject({ state: 'active', balance: 25n * usd })
    })

    test('does not reinstate who was suspended for something else', async () => {
      const { row, open } = await paidOrder()
      await people.store.write((db) => [
        db
          .update(account)
          .set({ state: 'suspended', stateReason: 'Fraud' })
          .where(eq(account.id, row.accountId)),
      ])
      await sync(row)
      say(row, { disputes: [{ ...open, state: 'won' }] })
      await sync(row)
      expect(await accountOf(row)).toMatchObject({ state: 'suspended', stateReason: 'Fraud' })
    })

    test('that was decided while nobody asked ends the same', async () => {
      const { row, open } = await paidOrder()
      say(row, { disputes: [{ ...open, state: 'won' }] })
      await sync(row)
      expect(await accountOf(row)).toMatchObject({ state: 'active', balance: 25n * usd })
      const rows = await people.store.db.select().from(dispute).where(eq(dispute.topUpId, row.id))
      expect(rows).toMatchObject([{ state: 'won', amount: 25n * usd }])
    })
  })

  describe('the job', () => {
    test('finds what no callback told, and one order that fails stops no other', async () => {
      const [lost, broken, disputed] = [await order(), await order(), await order()]
      say(disputed, { state: 'paid' })
      await sync(disputed)
      say(lost, { state: 'paid' })
      say(broken, { state: 'paid', amount: 1n })
      const told = { id: 'dp_late', amount: 2500n, state: 'open', reason: null } as const
      say(disputed, { disputes: [told] })
      await reconcile(people)
      expect(await balanceOf(lost)).toBe(25n * usd)
      expect(await balanceOf(broken)).toBe(0n)
      expect(await balanceOf(disputed)).toBe(0n)
    })

    test('asks nothing while the processor is down, and says how many could not be asked', async () => {
      const row = await order()
      say(row, { state: 'paid' })
      processor.before = down
      const { asked, failed } = await reconcile(people)
      processor.before = () => {}
      expect(failed).toBeGreaterThan(0)
      expect(asked).toBeGreaterThanOrEqual(failed)
      await reconcile(people)
      expect(await balanceOf(row)).toBe(25n * usd)
    })
  })

  test('an order that is not there is not found', async () => {
    expect(await syncTopUp(people, 'top_none').catch((cause: AppError) => cause.code)).toBe(
      'not_found',
    )
  })

  test('and after all of that the ledger is in order', async () => {
    const verdict = await verifyLedger(people.store)
    expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([])
  })
})
