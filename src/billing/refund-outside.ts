/**
 * Refunds as the processor tells of them. Those that we asked for are resolved; one that was made at the processor by hand is
 * booked as it is, also where its credit was spent: as its part of the order's credit, and never more than all of it together.
 */
import { eq, sql } from 'drizzle-orm'
import { lesser, proportion } from '../base/amount.ts'
import { newId } from '../base/id.ts'
import type { OutsideRefund } from '../processors/processor.ts'
import { refund } from '../store/credit.ts'
import { must } from '../store/store.ts'
import { type Billing, unlessChanged } from './billing.ts'
import { creditNoteStatements } from './receipt.ts'
import {
  creditOf,
  type Granted,
  grantedRefunds,
  grantedStates,
  keepOrder,
  type RefundRow,
  taken,
} from './refund.ts'
import { resolveRefund } from './refund-pay.ts'
import type { TopUpRow } from './top-up.ts'

/** `refunds`: all that the processor knows of the order. */
export async function settleRefunds(
  billing: Billing,
  order: TopUpRow,
  refunds: readonly OutsideRefund[],
): Promise<void> {
  for (const told of refunds) {
    const rows = await billing.store.db.select().from(refund).where(eq(refund.topUpId, order.id))
    const row = findTold(rows, told)
    if (row) await resolveRefund(billing, order, row, told)
    else if (told.state === 'paid') await bookOutside(billing, order, told)
  }
}

/**
 * By the processor's id or ours; or one that we could not have paid, and somebody paid there by hand. What was paid by hand under
 * another reference and then by the processor too was paid twice: that one is another.
 */
function findTold(rows: readonly RefundRow[], { id, ours, amount, state }: OutsideRefund) {
  return (
    rows.find((row) => row.externalId === id) ??
    rows.find((row) => row.id === ours && row.state !== 'paid') ??
    rows.find((row) => state === 'paid' && row.state === 'failed' && row.total === amount)
  )
}

async function bookOutside(billing: Billing, order: TopUpRow, told: OutsideRefund): Promise<void> {
  const { store, ledger, clock, log } = billing
  const { id: topUpId, accountId, processor, transferId: paidBy } = order
  const all = await grantedRefunds(store, topUpId)
  const paid = all.filter(({ state }) => state === 'paid')
  // What is too much beside one that is not paid yet was paid instead of it.
  const granted = told.amount > moneyBeside(order, all) ? paid : all
  const credit = order.credit - creditOf(granted)
  const money = moneyBeside(order, granted)
  const total = lesser(told.amount, money)
  const share = proportion(order.credit, total, order.total, order.total - money)
  const amount = total === money || share > credit ? credit : share
  if (amount <= 0n) {
    log.error('refund.beyond', { topUp: topUpId, processor, refund: told.id })
    return
  }
  const now = clock.now()
  const transferId = newId('tfr_', now)
  const row = {
    ...{ id: newId('ref_', now), accountId, topUpId, state: 'paid' as const, transferId, total },
    ...{ amount, approved: amount, askedBy: processor, decidedBy: processor },
    ...{ externalId: told.id, createdAt: now, decidedAt: now, paidAt: now },
  }
  const movement = {
    ...{ id: transferId, accountId, code: 'refund' as const, outside: true, amount, processor },
    ...{ externalId: `${processor}:${told.id}`, ...(paidBy !== null && { correctsId: paidBy }) },
  }
  const asRead = [
    sql`${taken(topUpId, grantedStates)} = ${creditOf(all)}`,
    sql`${taken(topUpId, ['paid'])} = ${creditOf(paid)}`,
  ]
  await unlessChanged(
    ledger.transfer(movement, now, [
      // Another that is booked at once: this one is told of again.
      must(keepOrder(store.db, topUpId, asRead), 'changed_meanwhile'),
      store.db.insert(refund).values(row),
      ...creditNoteStatements(store.db, row, order, now),
    ]),
  )
  log.warn('refund.outside', { topUp: topUpId, processor, refund: told.id, amount })
}

const moneyBeside = ({ total }: TopUpRow, granted: Granted) =>
  granted.reduce((left, one) => left - one.total, total)
