/**
 * Refunds as those who run the platform decide them, what closed accounts are owed, and disputes. Who changes something is in
 * its row and in the log.
 */
import { desc, eq, inArray } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { shownName } from '../account/account.ts'
import { formatUsd, parseUsd } from '../base/amount.ts'
import type { Billing } from '../billing/billing.ts'
import { describeRefund, listRefunds, readRefund, readRefundable } from '../billing/refund.ts'
import { listRequests, payRemainder, refuseRemainder } from '../billing/refund-closure.ts'
import { approveRefund, refuseRefund } from '../billing/refund-decide.ts'
import { payByHand, payRefund, retryRefund } from '../billing/refund-pay.ts'
import { readTopUp, type TopUpRow } from '../billing/top-up.ts'
import { describeRefusals } from '../http/describe.ts'
import { dispute, refund } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { adminGuard, reason, written } from './guard.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Administration'] },
  responses: describeRefusals('session_required', 'not_found', 'role_not_allowed', ...codes),
})
const changes = ['recent_login_required', 'changed_meanwhile'] as const

/** What waits for the operator or the processor. */
const open = ['asked', 'approved', 'failed'] as const
const state = t.Union([
  t.Literal('open'),
  t.Literal('asked'),
  t.Literal('approved'),
  t.Literal('failed'),
  t.Literal('paid'),
  t.Literal('refused'),
  t.Literal('withdrawn'),
])
const after = t.Optional(t.String({ maxLength: 64 }))
const reference = written(100)
const pageSize = 50

export function adminRefundRoutes(billing: Billing) {
  return new Elysia({ name: 'admin-refunds' })
    .use(decideRoutes(billing))
    .use(requestRoutes(billing))
    .use(disputeRoutes(billing))
}

function decideRoutes(billing: Billing) {
  const { store, log } = billing
  const show = async (id: string) => {
    const row = await readRefund(store, id)
    return showRefund(row, await readTopUp(store, row.topUpId))
  }
  return new Elysia({ name: 'admin-refunds-decide', prefix: '/api/admin/refunds' })
    .use(adminGuard(billing))
    .get(
      '',
      async ({ query: { state = 'open', after } }) => {
        const wanted: Refund['state'][] = state === 'open' ? [...open] : [state]
        const meant = inArray(refund.state, wanted)
        const { rows, next } = await listRefunds(store, meant, { after, limit: pageSize })
        const names = await readNames(
          billing,
          rows.map(({ refund: { accountId } }) => accountId),
        )
        const data = rows.map(async ({ refund: row, order }) => ({
          ...showRefund(row, order),
          account: { id: row.accountId, name: names.get(row.accountId) ?? row.accountId },
          /** What of the order is unspent beside this refund. */
          left: formatUsd((await readRefundable(store, order)).left),
        }))
        return { data: await Promise.all(data), next }
      },
      {
        admin: 'read',
        query: t.Object({ state: t.Optional(state), after }),
        detail: describe('Refunds, the newest first'),
      },
    )
    .post(
      '/:id/approve',
      async ({ params: { id }, visitor, body: { part = null, reason = '' } }) => {
        const amount = part === null ? null : parseUsd(part, 'part')
        await approveRefund(billing, id, { amount, reason, actor: visitor.userId })
        await pay(billing, id)
        return show(id)
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({
          part: t.Optional(t.Nullable(t.String({ maxLength: 40 }))),
          reason: t.Optional(t.String({ maxLength: 1000 })),
        }),
        detail: describe(
          'Approve all of it, or so much; then it is paid',
          ...(['invalid_amount', 'not_refundable', ...changes] as const),
        ),
      },
    )
    .post(
      '/:id/refuse',
      async ({ params: { id }, visitor, body }) => {
        await refuseRefund(billing, id, { reason: body.reason, actor: visitor.userId })
        return show(id)
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({ reason }),
        detail: describe('Refuse it, for a reason that the customer reads', ...changes),
      },
    )
    .post(
      '/:id/paid',
      async ({ params: { id }, visitor, body }) => {
        await payByHand(billing, id, { reference: body.reference, actor: visitor.userId })
        return show(id)
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({ reference }),
        detail: describe('It was paid by hand', 'invalid_request', ...changes),
      },
    )
    .post(
      '/:id/retry',
      async ({ params: { id }, visitor }) => {
        await retryRefund(billing, id)
        log.info('refund.retried', { refund: id, by: visitor.userId })
        await pay(billing, id)
        return show(id)
      },
      { admin: 'money', detail: describe('Ask the processor again', ...changes) },
    )
}

/** What was decided stays decided, whatever becomes of paying it: the job goes on. */
const pay = (billing: Billing, id: string) =>
  payRefund(billing, id).catch((cause) =>
    billing.log.error('refund.stopped', { refund: id, cause }),
  )

function requestRoutes(billing: Billing) {
  return new Elysia({ name: 'admin-refund-requests', prefix: '/api/admin/refund-requests' })
    .use(adminGuard(billing))
    .get(
      '',
      async () => ({ data: await listRequests(billing.store), next: null as string | null }),
      { admin: 'read', detail: describe('What closed accounts are owed') },
    )
    .post(
      '/:id/paid',
      async ({ params: { id }, visitor, body }) => {
        await payRemainder(billing, id, { reference: body.reference, actor: visitor.userId })
        return { ok: true }
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({ reference }),
        detail: describe('What belongs to no order was paid by hand', ...changes),
      },
    )
    .post(
      '/:id/refuse',
      async ({ params: { id }, visitor, body }) => {
        await refuseRemainder(billing, id, { reason: body.reason, actor: visitor.userId })
        return { ok: true }
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({ reason }),
        detail: describe('What belongs to no order is not paid back', ...changes),
      },
    )
}

function disputeRoutes(billing: Billing) {
  const { store } = billing
  return new Elysia({ name: 'admin-disputes', prefix: '/api/admin/disputes' })
    .use(adminGuard(billing))
    .get(
      '',
      async ({ query: { state } }) => {
        const rows = await store.db
          .select()
          .from(dispute)
          .where(state && eq(dispute.state, state))
          .orderBy(desc(dispute.createdAt))
          .limit(pageSize)
        const names = await readNames(
          billing,
          rows.map(({ accountId }) => accountId),
        )
        return {
          data: rows.map(({ id, accountId, topUpId, amount, createdAt, closedAt, ...row }) => ({
            ...{ id, top_up: topUpId, state: row.state, reason: row.reason },
            account: { id: accountId, name: names.get(accountId) ?? accountId },
            amount: formatUsd(amount),
            created_at: new Date(createdAt).toISOString(),
            closed_at: closedAt === null ? null : new Date(closedAt).toISOString(),
          })),
        }
      },
      {
        admin: 'read',
        query: t.Object({
          state: t.Optional(t.Union((['open', 'won', 'lost'] as const).map((s) => t.Literal(s)))),
        }),
        detail: describe('The newest disputes'),
      },
    )
}

type Refund = Awaited<ReturnType<typeof readRefund>>

/** With what only the operator sees: why it failed, when it is tried again, who asked and decided. */
function showRefund(row: Refund, order: TopUpRow) {
  const { state, failure, attempts, nextAt, askedBy, decidedBy, requestId, externalId } = row
  return {
    ...describeRefund(row, order),
    ...{ state, failure, attempts, processor: order.processor, method: order.method },
    ...{ asked_by: askedBy, decided_by: decidedBy, request: requestId, reference: externalId },
    next_at: state === 'approved' ? new Date(nextAt).toISOString() : null,
    order_credit: formatUsd(order.credit),
  }
}

async function readNames({ store }: Billing, ids: string[]): Promise<Map<string, string>> {
  const rows = await store.db.select().from(account).where(inArray(account.id, ids))
  return new Map(rows.map((row) => [row.id, shownName(row)]))
}
