/**
 * What the operator decides of a refund: approved, as a whole or in part, or refused with a reason that its account reads. What
 * is approved is on disk before anyone is asked to pay it; how much money that is was computed then, once.
 */
import { and, eq, ne, sql } from 'drizzle-orm'
import { formatMinor, formatUsd, lesser, paidBack } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { dispute, refund } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { must, type Store, storable } from '../store/store.ts'
import type { Billing } from './billing.ts'
import {
  creditOf,
  type Granted,
  grantedRefunds,
  grantedStates,
  type RefundRow,
  readRefund,
  taken,
  unfreeze,
} from './refund.ts'
import { settleRequest } from './refund-closure.ts'
import { mailRefund } from './refund-mail.ts'
import { readTopUp, type TopUpRow } from './top-up.ts'

/** Nano-USD; null for all that was asked. */
export interface Approval {
  amount: bigint | null
  reason: string
  actor: string
}

/** Refuses with `invalid_amount`, `not_refundable`, and `changed_meanwhile` what is decided already. */
export async function approveRefund(
  billing: Billing,
  id: string,
  { amount, reason, actor }: Approval,
): Promise<void> {
  const { store, clock, log } = billing
  const row = await readRefund(store, id)
  const order = await readTopUp(store, row.topUpId)
  if (row.state !== 'asked') throw new AppError('changed_meanwhile')
  const approved = amount ?? row.amount
  if (approved <= 0n || approved > row.amount) {
    const message = `Approve more than 0 and at most ${formatUsd(row.amount)} USD.`
    throw new AppError('invalid_amount', { param: 'part', message })
  }
  const granted = await grantedRefunds(store, order.id)
  if (await isDisputed(store, order, approved + creditOf(granted))) {
    const message =
      'The payment is disputed: the bank may pay it back, or has. Wait until that is decided.'
    throw new AppError('not_refundable', { message })
  }
  const total = moneyOf(order, approved, granted)
  if (total <= 0n) throw new AppError('not_refundable', { param: 'part' })
  const now = clock.now()
  const asRead = sql`${taken(order.id, grantedStates)} = ${creditOf(granted)}`
  const decided = {
    ...{ state: 'approved' as const, approved, total, decidedBy: actor, decidedAt: now },
    decision: storable(reason),
  }
  const mails = await mailRefund(billing, row, (accountName, path) => ({
    ...{ kind: 'refund_approved', path, accountName, amount: formatUsd(approved), reason },
    total: `${formatMinor(total, order.currency)} ${order.currency}`,
  }))
  await store.write((db) => [
    // Waits for other decisions of the account.
    db.update(account).set({ state: sql`state` }).where(eq(account.id, row.accountId)),
    must(
      db
        .update(refund)
        .set(decided)
        .where(and(eq(refund.id, id), eq(refund.state, 'asked'), asRead)),
      'changed_meanwhile',
    ),
    ...mails,
  ])
  log.info('refund.approved', { refund: id, approved, total, by: actor })
}

/** What the payer gets for it in her currency, after what was granted before; never more than she paid. */
function moneyOf(order: TopUpRow, approved: bigint, granted: Granted): bigint {
  const before = creditOf(granted)
  const rest = granted.reduce((left, row) => left - row.total, order.total)
  const after = before + approved
  if (after > order.credit) throw new AppError('not_refundable', { param: 'part' })
  const share = after === order.credit ? rest : paidBack(order, after) - paidBack(order, before)
  return lesser(share, rest)
}

/** Whether the bank may take the payment back still, or has taken so much that no such part of its credit is left. */
export async function isDisputed(
  { db }: Store,
  { id, credit }: TopUpRow,
  part: bigint,
): Promise<boolean> {
  const rows = await db
    .select()
    .from(dispute)
    .where(and(eq(dispute.topUpId, id), ne(dispute.state, 'won')))
  const lost = rows.reduce((sum, { amount }) => sum + amount, 0n)
  return rows.some(({ state }) => state === 'open') || lost + part > credit
}

/** What was asked for, or could not be paid, is the account's again. */
export async function refuseRefund(
  billing: Billing,
  id: string,
  { reason, actor }: { reason: string; actor: string },
): Promise<void> {
  const why = reason.trim()
  if (why === '') {
    const message = 'Say why: the customer reads it.'
    throw new AppError('invalid_request', { param: 'reason', message })
  }
  const row = await readRefund(billing.store, id)
  const from: RefundRow['state'][] = ['asked', 'failed']
  await unfreeze(billing, row, { state: 'refused', by: actor, why, from }, [
    ...settleRequest(row.requestId),
    ...(await mailRefund(billing, row, (accountName, path) => ({
      ...{ kind: 'refund_refused', path, accountName, amount: formatUsd(row.amount), reason: why },
    }))),
  ])
}
