/**
 * The refund of a closed account [T8.3]: its request becomes a refund for each order that has credit left, the newest first. What
 * belongs to no order, or is refused its way back, stays before the operator with the address that was left for it.
 */
import { and, asc, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { formatUsd, lesser, paidBack } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { refund, topUp } from '../store/credit.ts'
import { refundRequest } from '../store/people.ts'
import { type Built, byHand, must, type Statement, type Store, storable } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { askRefund, findOnce, readRefundable } from './refund.ts'
import { mailRefund } from './refund-mail.ts'

type RequestRow = typeof refundRequest.$inferSelect

/** As the index of these says it. */
const isOpen = sql`${refundRequest.state} = 'open'`
/** Less is no money. */
const cent = 10_000_000n

/** Opens what is not opened yet. May stop anywhere and run again. */
export async function openClosureRefunds(billing: Billing): Promise<void> {
  const { store, log } = billing
  const waiting = and(isOpen, isNull(refundRequest.openedAt))
  for (const request of await store.db.select().from(refundRequest).where(waiting)) {
    await openRequest(billing, request).catch((cause) =>
      log.error('closure.stopped', { request: request.id, cause }),
    )
  }
}

async function openRequest(billing: Billing, { id, accountId, amount, reason }: RequestRow) {
  const { store, clock } = billing
  const orders = await store.db
    .select()
    .from(topUp)
    .where(and(eq(topUp.accountId, accountId), eq(topUp.state, 'paid')))
    .orderBy(desc(topUp.paidAt), desc(topUp.id))
  let rest = amount
  for (const order of orders) {
    const once = `${id}:${order.id}`
    const { most } = await readRefundable(store, order)
    // Looked for last: what another node asked for meanwhile is not asked for of an older order again.
    const known = await findOnce(store, { accountId, once })
    const part = known?.amount ?? lesser(rest, most)
    if (paidBack(order, part) <= 0n) continue
    if (known === null) {
      await askRefund(billing, {
        ...{ accountId, topUpId: order.id, amount: part, reason, once },
        ...{ askedBy: 'closure', requestId: id },
      })
    }
    rest -= part
  }
  await store.write((db) => [
    db.update(refundRequest).set({ openedAt: clock.now() }).where(eq(refundRequest.id, id)),
    ...settleRequest(id),
  ])
}

/**
 * Beside credit that comes to an account: where that is closed already, it becomes a request of its own. `contact`: for who left
 * no address when she closed it.
 */
export function requestLate(
  { accountId, amount, contact }: { accountId: string; amount: bigint; contact: string | null },
  now: number,
): Statement {
  const ofLast = (column: string) =>
    sql`(SELECT ${sql.raw(column)} FROM refund_request r WHERE r.account_id = a.id ORDER BY r.id DESC LIMIT 1)`
  return byHand(sql`INSERT INTO refund_request
      (id, account_id, amount, reason, contact, language, created_at)
    SELECT ${newId('ref_', now)}, a.id, ${amount}, '', COALESCE(${ofLast('contact')}, ${contact}),
      COALESCE(${ofLast('language')}, 'en'), ${now}
    FROM account a WHERE a.id = ${accountId} AND a.state = 'closed'`)
}

const refundsOf = (id: string) => sql`${refund} r WHERE r.request_id = ${id}`
const isWaiting = (id: string) =>
  sql`EXISTS (SELECT 1 FROM ${refundsOf(id)} AND r.state IN ('asked', 'approved', 'failed'))`
const outcome = (id: string) =>
  sql`CASE WHEN EXISTS (SELECT 1 FROM ${refundsOf(id)} AND r.state = 'paid') THEN 'paid' ELSE 'refused' END`

/** What no refund of the request is for, and is there. */
const remainder = sql`(SELECT CASE WHEN given.free < given.rest THEN given.free ELSE given.rest END FROM (
  SELECT a.credits_posted - a.debits_posted - a.debits_pending AS free,
    refund_request.amount - (SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM refund r
      WHERE r.request_id = refund_request.id) AS rest
  FROM account a WHERE a.id = refund_request.account_id) given)`

/** Beside what ends a refund: its request ends with the last of them, if nothing else is left. */
export function settleRequest(id: string | null): Statement[] {
  if (id === null) return []
  return [
    byHand(sql`UPDATE refund_request SET state = ${outcome(id)}
      WHERE id = ${id} AND state = 'open' AND opened_at IS NOT NULL
        AND NOT ${isWaiting(id)} AND ${remainder} < ${cent}`),
  ]
}

/** Open requests of closed accounts, the oldest first. */
export async function listRequests({ db }: Store) {
  const rows = await db
    .select({
      ...{ id: refundRequest.id, account: refundRequest.accountId, amount: refundRequest.amount },
      ...{ reason: refundRequest.reason, contact: refundRequest.contact },
      ...{ createdAt: refundRequest.createdAt, remainder: sql<string>`${remainder}` },
      waiting: sql<number>`(SELECT COUNT(*) FROM refund r WHERE r.request_id = refund_request.id
        AND r.state IN ('asked', 'approved', 'failed'))`,
    })
    .from(refundRequest)
    .where(isOpen)
    .orderBy(asc(refundRequest.createdAt))
  return rows.map(({ amount, createdAt, remainder: rest, waiting, ...row }) => ({
    ...{ ...row, amount: formatUsd(amount), remainder: formatUsd(positive(BigInt(rest ?? 0))) },
    ...{ waiting: Number(waiting), created_at: new Date(createdAt).toISOString() },
  }))
}

const positive = (amount: bigint) => (amount > 0n ? amount : 0n)

/** The operator transferred what belongs to no order. Refuses while a refund of the request waits. */
export async function payRemainder(
  billing: Billing,
  id: string,
  { reference, actor }: { reference: string; actor: string },
): Promise<void> {
  const { store, ledger, clock, log } = billing
  const { accountId, rest } = await readRequest(store, id)
  if (rest <= 0n) throw new AppError('changed_meanwhile')
  const now = clock.now()
  const transferId = newId('tfr_', now)
  const movement = {
    ...{ id: transferId, accountId, code: 'refund' as const, amount: rest },
    ...{ processor: 'manual', externalId: `manual:${id}`, actor, reason: storable(reference) },
  }
  const booked = await ledger.transfer(movement, now, [
    must(
      endRequest(id, sql`state = 'paid', by_hand = ${rest}, transfer_id = ${transferId}`),
      'changed_meanwhile',
    ),
    ...(await mailRefund(billing, { accountId }, (accountName, path) => ({
      ...{ kind: 'refund_paid', path, accountName, amount: formatUsd(rest) },
      total: `${formatUsd(rest)} USD`,
    }))),
  ])
  if (!booked) throw new AppError('changed_meanwhile')
  log.info('closure.paid', { request: id, amount: rest, by: actor })
}

/** What belongs to no order is not paid back. */
export async function refuseRemainder(
  billing: Billing,
  id: string,
  { reason, actor }: { reason: string; actor: string },
): Promise<void> {
  const { store, log } = billing
  const { accountId, rest } = await readRequest(store, id)
  const mails = await mailRefund(billing, { accountId }, (accountName, path) => ({
    ...{ kind: 'refund_refused', path, accountName, amount: formatUsd(positive(rest)), reason },
  }))
  await store.write(() => [
    must(endRequest(id, sql`state = ${outcome(id)}`), 'changed_meanwhile'),
    ...mails,
  ])
  log.info('closure.refused', { request: id, by: actor })
}

async function readRequest({ db }: Store, id: string) {
  const [row] = await db
    .select({ accountId: refundRequest.accountId, rest: sql<string>`${remainder}` })
    .from(refundRequest)
    .where(eq(refundRequest.id, id))
  if (!row) throw new AppError('not_found', { message: 'There is no such request.' })
  return { accountId: row.accountId, rest: BigInt(row.rest ?? 0) }
}

function endRequest(id: string, set: SQL): Built {
  return byHand(sql`UPDATE refund_request SET ${set}
    WHERE id = ${id} AND state = 'open' AND opened_at IS NOT NULL AND NOT ${isWaiting(id)}`)
}
