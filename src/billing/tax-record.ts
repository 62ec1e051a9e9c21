/**
 * What a processor that reckons tax is told for its tax reports: each sale once it is paid, each refund once it is paid back. It is
 * told after the money is booked, and never in its way: what fails is due still, and told with the next look at the order, at
 * the latest by `reconcile.ts`, each hour. It knows them by their ids, so that none is told twice.
 */
import { and, eq, gte, isNotNull, isNull, or, sql } from 'drizzle-orm'
import { ProcessorError, type Tax } from '../processors/processor.ts'
import { refund, topUp } from '../store/credit.ts'
import type { Billing } from './billing.ts'
import type { TopUpRow } from './top-up.ts'

/** For how long it is tried: as long as Stripe keeps a calculation. */
const patienceMs = 90 * 24 * 3_600_000

/** Orders of which something is still to be told. */
export const isTaxDue = (now: number) =>
  and(
    ...[eq(topUp.state, 'paid'), isNotNull(topUp.taxCalculation)],
    or(
      and(isNull(topUp.taxRecordedAt), gte(topUp.createdAt, now - patienceMs)),
      and(
        isNotNull(topUp.taxTransaction),
        sql`EXISTS (SELECT 1 FROM refund WHERE refund.top_up_id = ${topUp.id} AND refund.state = 'paid'
          AND refund.tax_reversed_at IS NULL AND refund.paid_at >= ${now - patienceMs})`,
      ),
    ),
  )

/** `order`: as it is now. Never fails. */
export async function recordTax(billing: Billing, order: TopUpRow): Promise<void> {
  const { processors, log } = billing
  const tax = processors.get(order.processor)?.tax
  const { id, taxCalculation: calculation } = order
  if (!tax || calculation === null) return
  try {
    const transaction =
      order.taxRecordedAt === null
        ? await recordSale(billing, tax, { orderId: id, calculation })
        : order.taxTransaction
    if (transaction !== null) await reverseRefunds(billing, tax, order, transaction)
  } catch (cause) {
    const passing = cause instanceof ProcessorError && cause.retry
    log[passing ? 'warn' : 'error']('tax.unrecorded', { topUp: id, cause })
  }
}

async function recordSale(
  { store, clock, log }: Billing,
  tax: Tax,
  sale: { orderId: string; calculation: string },
): Promise<string | null> {
  const taxTransaction = await tax.record(sale)
  // Its refunds must be reversed there by hand.
  if (taxTransaction === null) log.error('tax.unnamed', { topUp: sale.orderId })
  const recorded = { taxTransaction, taxRecordedAt: clock.now() }
  const isNew = and(eq(topUp.id, sale.orderId), isNull(topUp.taxRecordedAt))
  await store.write((db) => [db.update(topUp).set(recorded).where(isNew)])
  return taxTransaction
}

async function reverseRefunds(
  { store, clock }: Billing,
  tax: Tax,
  order: TopUpRow,
  transaction: string,
): Promise<void> {
  const isDue = and(eq(refund.state, 'paid'), isNull(refund.taxReversedAt))
  const due = await store.db
    .select()
    .from(refund)
    .where(and(eq(refund.topUpId, order.id), isDue))
  for (const { id, total } of due) {
    const part = total === order.total ? null : (total ?? 0n)
    if (part !== 0n) await tax.reverse({ refundId: id, transaction, part })
    const taxReversedAt = clock.now()
    await store.write((db) => [db.update(refund).set({ taxReversedAt }).where(eq(refund.id, id))])
  }
}
