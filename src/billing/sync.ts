/**
 * What becomes of an order. Callbacks, the page, the job and the operator all end here: the processor is asked what the payment
 * is right now, and what is missing is booked, credit first, then refunds, then disputes. So it does not matter which of them
 * comes, in which order, or how often. An order is paid only by its own processor, for its exact total, in its currency and in
 * the platform's mode; what differs is never credited and shows as unreconciled. Money that comes late is credit all the same.
 */
import { and, eq, inArray, ne } from 'drizzle-orm'
import { formatMinor, formatUsd } from '../base/amount.ts'
import { newId } from '../base/id.ts'
import type { Payment } from '../processors/processor.ts'
import { topUp } from '../store/credit.ts'
import { must, storable } from '../store/store.ts'
import { type Billing, unlessChanged } from './billing.ts'
import { settleDisputes } from './dispute.ts'
import { mailPayers } from './payer.ts'
import { receiptFacts, receiptStatements } from './receipt.ts'
import { requestLate } from './refund-closure.ts'
import { settleRefunds } from './refund-outside.ts'
import { recordTax } from './tax-record.ts'
import { orderedOf, readTopUp, type TopUpRow, topUpPath } from './top-up.ts'

/** Why a payment is not its order's, for the operator to look into. Other failures are the processor's words. */
export const mismatches = [
  'order_mismatch',
  'amount_mismatch',
  'currency_mismatch',
  'mode_mismatch',
  'payment_of_another_order',
  'paid_twice',
] as const
type Mismatch = (typeof mismatches)[number]

/** Which orders wait for the operator to look into. */
export const isUnreconciled = inArray(topUp.failure, [...mismatches])

/** Refuses with `not_found`; throws `ProcessorError` where the processor cannot be asked. */
export async function syncTopUp(billing: Billing, id: string): Promise<TopUpRow> {
  const row = await readTopUp(billing.store, id)
  const processor = billing.processors.get(row.processor)
  // Switched off since: nobody can be asked.
  if (!processor) return row
  await bookPayment(billing, row, await processor.fetch(orderedOf(row)))
  return readTopUp(billing.store, id)
}

/** `actor`: who said so, where it was no processor. */
export async function bookPayment(
  billing: Billing,
  { id }: Pick<TopUpRow, 'id'>,
  payment: Payment,
  actor?: string,
): Promise<void> {
  const row = await readTopUp(billing.store, id)
  if (payment.state === 'paid') await fulfil(billing, row, payment, actor)
  else if (row.state !== 'paid') await follow(billing, row, payment)
  const now = await readTopUp(billing.store, id)
  if (now.state !== 'paid' || now.paymentId !== payment.paymentId) return
  await settleRefunds(billing, now, payment.refunds)
  await settleDisputes(billing, now, payment.disputes)
  await recordTax(billing, now)
}

async function fulfil(
  billing: Billing,
  row: TopUpRow,
  payment: Payment,
  actor: string | undefined,
): Promise<void> {
  const { store, clock } = billing
  const isThis = eq(topUp.id, row.id)
  if (row.state !== 'paid' || row.paymentId !== payment.paymentId) {
    const wrong = findMismatch(billing, row, payment) ?? (await pay(billing, row, payment, actor))
    if (wrong !== null) return doubt(billing, row, payment, wrong)
  }
  const fee = payment.fee === null ? {} : { processorFee: payment.fee }
  await store.write((db) => [
    db
      .update(topUp)
      .set({ checkedAt: clock.now(), ...fee })
      .where(isThis),
  ])
}

/** Null once the order is paid by this very payment. */
async function pay(
  billing: Billing,
  row: TopUpRow,
  payment: Payment,
  actor: string | undefined,
): Promise<Mismatch | null> {
  const paymentId = payment.paymentId as string
  if (row.state !== 'paid') await credit(billing, row, paymentId, actor)
  const after = await readTopUp(billing.store, row.id)
  if (after.state !== 'paid') return 'payment_of_another_order'
  return after.paymentId === paymentId ? null : 'paid_twice'
}

function findMismatch({ config }: Billing, row: TopUpRow, payment: Payment): Mismatch | null {
  if (payment.orderId !== row.id || payment.paymentId === null) return 'order_mismatch'
  if (payment.currency !== row.currency) return 'currency_mismatch'
  if (payment.amount !== row.total) return 'amount_mismatch'
  return payment.live || config.payments === 'test' ? null : 'mode_mismatch'
}

/** Credits the order, and in the same commit says so in its row, writes the receipt and queues the mails. */
async function credit(
  billing: Billing,
  row: TopUpRow,
  paymentId: string,
  actor: string | undefined,
): Promise<void> {
  const { store, ledger, clock, log } = billing
  const now = clock.now()
  const transferId = newId('tfr_', now)
  const paid = { state: 'paid' as const, transferId, paymentId, paidAt: now, failure: null }
  const isUnpaid = and(eq(topUp.id, row.id), ne(topUp.state, 'paid'))
  const beside = [
    must(
      store.db
        .update(topUp)
        .set({ ...paid, checkedAt: now })
        .where(isUnpaid),
      'changed_meanwhile',
    ),
    ...receiptStatements(store.db, row, await receiptFacts(billing, row, paid), now),
    requestLate(
      { accountId: row.accountId, amount: row.credit, contact: row.buyer.email ?? null },
      now,
    ),
    ...(recharges(row)
      ? []
      : await mailPayers(billing, row.accountId, (accountName) => ({
          ...{ kind: 'topup_paid', accountName, ...said(row) },
          path: topUpPath(row),
        }))),
  ]
  const movement = {
    ...{ id: transferId, accountId: row.accountId, code: 'topup' as const, amount: row.credit },
    ...{ processor: row.processor, externalId: `${row.processor}:${paymentId}` },
    ...(actor !== undefined && { actor }),
  }
  const booked = await unlessChanged(ledger.transfer(movement, now, beside))
  if (booked) log.info('topup.paid', { topUp: row.id, processor: row.processor })
}

/** A payment that is not its order's: nothing is credited, and an operator must look into it. */
async function doubt(
  { store, clock, log }: Billing,
  row: TopUpRow,
  payment: Payment,
  failure: Mismatch,
): Promise<void> {
  const { paymentId, amount, currency, live } = payment
  const facts = { topUp: row.id, processor: row.processor, paymentId, amount, currency, live }
  log.error('payment.unreconciled', { ...facts, failure })
  const checkedAt = clock.now()
  await store.write((db) => [
    db.update(topUp).set({ failure, checkedAt }).where(eq(topUp.id, row.id)),
  ])
}

const hourMs = 3_600_000
/** How long after its time an order may still be on its way: a checkout some minutes; a transfer between banks two weeks. */
const patienceMs = { open: hourMs / 4, pending: 14 * 24 * hourMs }

/** Follows a payment that is not paid: it waits, failed or expired. One that failed after it waited is mailed. */
async function follow(billing: Billing, row: TopUpRow, payment: Payment): Promise<void> {
  const { store, clock } = billing
  const checkedAt = clock.now()
  const state = nextState(row, payment, checkedAt)
  const failure =
    state === 'failed' ? storable(payment.failure ?? row.failure ?? 'failed').slice(0, 300) : null
  const mails =
    row.state === 'pending' && state === 'failed' && !recharges(row)
      ? await mailPayers(billing, row.accountId, (accountName) => ({
          ...{ kind: 'topup_failed', accountName, ...said(row) },
          path: `/accounts/${row.accountId}/billing`,
        }))
      : []
  const asRead = and(eq(topUp.id, row.id), eq(topUp.state, row.state))
  const changed = { state, failure, checkedAt, ...(payment.payAt && { payAt: payment.payAt }) }
  await unlessChanged(
    store.write((db) => [
      must(db.update(topUp).set(changed).where(asRead), 'changed_meanwhile'),
      ...mails,
    ]),
  )
}

/** What has ended does not open again; only money brings it back. */
function nextState(row: TopUpRow, payment: Payment, now: number): TopUpRow['state'] {
  const state = payment.state === 'open' ? row.state : payment.state
  if (state !== 'open' && state !== 'pending') return state
  return now > row.expiresAt + patienceMs[state] ? 'expired' : state
}

/** A charge under way mails what became of it itself (`recharge-charge.ts`). */
const recharges = ({ origin, state }: TopUpRow) =>
  origin === 'recharge' && (state === 'open' || state === 'pending')

/** How much credit for how much money, for a mail. */
const said = ({ credit, total, currency }: TopUpRow) => ({
  ...{ credit: formatUsd(credit), total: `${formatMinor(total, currency)} ${currency}` },
})
