/**
 * Credit that goes back to who paid for it. What is asked for is frozen at once and cannot be spent; it is at most what of the
 * order is unspent and free. An operator decides (`refund-decide.ts`), the processor pays (`refund-pay.ts`).
 */
import { and, desc, eq, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { formatMinor, formatUsd, lesser, paidBack } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { refundable } from '../ledger/lot.ts'
import { dispute, refund, topUp } from '../store/credit.ts'
import { account, transfer } from '../store/schema.ts'
import { must, type Query, type Statement, type Store, storable } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { mailRefund } from './refund-mail.ts'
import { type PageOf, readTopUp, type TopUpRow } from './top-up.ts'

export type RefundRow = typeof refund.$inferSelect

export interface WantedRefund {
  accountId: string
  topUpId: string
  /** Nano-USD; null for all that can go back. */
  amount: bigint | null
  reason: string
  /** The same for the same form, however often it is sent. */
  once: string
  askedBy: string
  /** Of a closed account: its request. */
  requestId?: string
}

const mostTries = 8

/** Refuses with `not_refundable` more than can go back, and with `changed_meanwhile` where that changes again and again. */
export async function askRefund(billing: Billing, wanted: WantedRefund): Promise<RefundRow> {
  for (let tries = 1; ; tries++) {
    const known = await findOnce(billing.store, wanted)
    if (known) return known
    try {
      await freeze(billing, wanted)
    } catch (cause) {
      const again = cause instanceof AppError && cause.code === 'changed_meanwhile'
      if (!again || tries === mostTries) throw cause
    }
  }
}

/** What the same form asked for already. */
export async function findOnce(
  { db }: Store,
  { accountId, once }: Pick<WantedRefund, 'accountId' | 'once'>,
): Promise<RefundRow | null> {
  const [row] = await db
    .select()
    .from(refund)
    .where(and(eq(refund.accountId, accountId), eq(refund.once, once)))
  return row ?? null
}

async function freeze(billing: Billing, wanted: WantedRefund): Promise<void> {
  const { store, ledger, clock } = billing
  const { accountId, topUpId, requestId = null, once, askedBy } = wanted
  const order = await readTopUp(store, topUpId, accountId)
  const { seq, lotId, left, most } = await readRefundable(store, order)
  const amount = wanted.amount ?? most
  if (amount > most || paidBack(order, amount) <= 0n) throw notRefundable(most)
  const now = clock.now()
  const pendingId = newId('tfr_', now)
  const row = {
    ...{ id: newId('ref_', now), accountId, topUpId, requestId, amount, once, askedBy, pendingId },
    ...{ reason: storable(wanted.reason), createdAt: now },
  }
  const movement = {
    ...{ id: pendingId, accountId, code: 'refund' as const, phase: 'pending' as const, amount },
    ...{ processor: order.processor, actor: askedBy },
    ...(lotId !== null && { correctsId: lotId }),
  }
  const beside = [
    must(
      keepOrder(store.db, topUpId, [
        sql`${spentSince({ accountId, seq, but: pendingId })} + ${amount} <= ${left}`,
        sql`${goneOf(topUpId)} + ${amount} <= ${topUp.credit}`,
      ]),
      'changed_meanwhile',
    ),
    must(store.db.insert(refund).values(row).onConflictDoNothing(), 'changed_meanwhile'),
    ...(await mailRefund(billing, row, (accountName, path) => ({
      ...{ kind: 'refund_asked', path, accountName, amount: formatUsd(amount) },
    }))),
  ]
  await ledger.transfer(movement, now, beside).catch((cause) => {
    const spent = cause instanceof AppError && cause.code === 'insufficient_credits'
    throw spent ? new AppError('changed_meanwhile', { cause }) : cause
  })
}

const notRefundable = (most: bigint) =>
  new AppError('not_refundable', {
    param: 'part',
    message:
      most > 0n
        ? `At most ${formatUsd(most)} USD of this order can go back, and at least what is a cent.`
        : 'Nothing of this order can go back: it is spent, held by calls, or paid back already.',
  })

/** A statement that touches the order's row only where all of that holds. */
export function keepOrder(db: Query, id: string, where: SQL[]) {
  return db
    .update(topUp)
    .set({ state: sql`state` })
    .where(and(eq(topUp.id, id), eq(topUp.state, 'paid'), ...where))
}

/** What was debited since that place in the chain: all of it might have been of one lot. */
function spentSince({ accountId, seq, but }: { accountId: string; seq: number; but: string }): SQL {
  return sql`(SELECT COALESCE(SUM(t.amount), 0) FROM ${transfer} t WHERE t.account_id = ${accountId}
    AND t.seq > ${seq} AND t.debit_id = ${accountId} AND t.id <> ${but}
    AND (t.code <> 'usage' OR t.phase = 'post'))`
}

/** Approved, whether it is paid yet or not. */
export const grantedStates = ['approved', 'paid', 'failed'] as const

/** What credit of the order goes back by refunds in those states. */
export function taken(topUpId: string, states: readonly RefundRow['state'][]): SQL {
  return sql`(SELECT COALESCE(SUM(COALESCE(r.approved, r.amount)), 0) FROM ${refund} r
    WHERE r.top_up_id = ${topUpId} AND r.state IN ${states})`
}

/** What of an order's credit goes back already: asked for, granted, or taken by the payer's bank. */
function goneOf(topUpId: string): SQL {
  return sql`(${taken(topUpId, ['asked', ...grantedStates])} + (SELECT COALESCE(SUM(d.amount), 0) FROM ${dispute} d
    WHERE d.top_up_id = ${topUpId} AND d.state <> 'won'))`
}

/** Of an order: `left` of that lot is unspent, `most` of it is free too. `seq`: at least so far the chain was looked at. */
export async function readRefundable(store: Store, order: TopUpRow) {
  const [before] = await store.db
    .select({ seq: account.seq })
    .from(account)
    .where(eq(account.id, order.accountId))
  const { lotId = null, left: unspent = 0n } = (await refundable(store, order)) ?? {}
  const [now] = await store.db
    .select({
      free: sql`credits_posted - debits_posted - debits_pending`.mapWith(BigInt),
      gone: goneOf(order.id).mapWith(BigInt),
    })
    .from(account)
    .where(eq(account.id, order.accountId))
  const { free = 0n, gone = 0n } = now ?? {}
  // What went back while it was set aside was taken from other orders: it is not left to go back again.
  const left = positive(lesser(unspent, order.credit - gone))
  return { seq: before?.seq ?? 0, lotId, left, free, most: positive(lesser(free, left)) }
}

const positive = (amount: bigint) => (amount > 0n ? amount : 0n)

/** Gives up what is only asked for. One of a closed account stays: nobody would get it. */
export async function withdrawRefund(
  billing: Billing,
  { accountId, id, userId }: { accountId: string; id: string; userId: string },
): Promise<void> {
  const row = await readRefund(billing.store, id, accountId)
  await unfreeze(billing, row, { state: 'withdrawn', by: userId, why: '', from: ['asked'] })
}

interface Unfreezing {
  state: 'refused' | 'withdrawn'
  by: string
  why: string
  from: RefundRow['state'][]
}

/** Refuses with `changed_meanwhile` unless the refund is in one of those states. `also`: in the same commit. */
export async function unfreeze(
  { store, ledger, clock, log }: Billing,
  { id, accountId, topUpId, pendingId, state: was }: RefundRow,
  { state, by, why, from }: Unfreezing,
  also: readonly Statement[] = [],
): Promise<void> {
  const now = clock.now()
  const order = await readTopUp(store, topUpId)
  if (pendingId === null || !from.includes(was)) throw new AppError('changed_meanwhile')
  const movement = {
    ...{ id: newId('tfr_', now), accountId, code: 'refund' as const, phase: 'void' as const },
    ...{ amount: 0n, pendingId, processor: order.processor, actor: by },
  }
  const set = { state, decidedBy: by, decision: storable(why), decidedAt: now }
  const booked = await ledger.transfer(movement, now, [
    must(
      store.db
        .update(refund)
        .set(set)
        .where(and(eq(refund.id, id), inArray(refund.state, from))),
      'changed_meanwhile',
    ),
    ...also,
  ])
  if (!booked) throw new AppError('changed_meanwhile')
  log.info('refund.unfrozen', { refund: id, state, by })
}

/** Refuses with `not_found`. `accountId`: only one of that account. */
export async function readRefund(
  { db }: Store,
  id: string,
  accountId?: string,
): Promise<RefundRow> {
  const owned = accountId === undefined ? undefined : eq(refund.accountId, accountId)
  const [row] = await db
    .select()
    .from(refund)
    .where(and(eq(refund.id, id), owned))
  if (row) return row
  throw new AppError('not_found', { message: 'There is no such refund.' })
}

/** Of an order, those that are approved or paid. */
export async function grantedRefunds({ db }: Store, topUpId: string) {
  const rows = await db
    .select()
    .from(refund)
    .where(and(eq(refund.topUpId, topUpId), inArray(refund.state, [...grantedStates])))
  return rows.map(({ state, approved, total }) => ({
    ...{ state, approved: approved ?? 0n, total: total ?? 0n },
  }))
}

export type Granted = Awaited<ReturnType<typeof grantedRefunds>>
export const creditOf = (granted: Granted) =>
  granted.reduce((sum, { approved }) => sum + approved, 0n)

/** Those that match with their orders, the newest first. */
export async function listRefunds({ db }: Store, meant: SQL | undefined, { after, limit }: PageOf) {
  const older = after === undefined ? undefined : lt(refund.id, after)
  const rows = await db
    .select({ refund, order: topUp })
    .from(refund)
    .innerJoin(topUp, eq(topUp.id, refund.topUpId))
    .where(and(meant, older))
    .orderBy(desc(refund.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.refund.id ?? null) : null }
}

/** As its account sees it: that a processor failed is the operator's to mend, so it is still approved. */
export function describeRefund(row: RefundRow, { currency }: Pick<TopUpRow, 'currency'>) {
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  const { id, topUpId, amount, approved, total, reason, decision } = row
  const state = row.state === 'failed' ? 'approved' : row.state
  return {
    ...{ id, top_up: topUpId, state, reason, decision, currency },
    amount: formatUsd(amount),
    approved: approved === null ? null : formatUsd(approved),
    total: total === null ? null : formatMinor(total, currency),
    created_at: new Date(row.createdAt).toISOString(),
    ...{ decided_at: time(row.decidedAt), paid_at: time(row.paidAt) },
  }
}
