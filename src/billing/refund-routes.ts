/** Refunds in the dashboard: what of an order can go back, asking for it, and where that stands. */
import { and, eq } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { accountGuard, requireActive } from '../account/guard.ts'
import { formatMinor, formatUsd, paidBack, parseUsd } from '../base/amount.ts'
import { describeRefusals } from '../http/describe.ts'
import { refund } from '../store/credit.ts'
import type { Billing } from './billing.ts'
import { askRefund, describeRefund, listRefunds, readRefundable, withdrawRefund } from './refund.ts'
import { readTopUp } from './top-up.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Billing'] },
  responses: describeRefusals('session_required', 'not_found', ...codes),
})

export function refundRoutes(billing: Billing) {
  const { store, processors } = billing
  return new Elysia({ name: 'refunds', prefix: '/api/accounts/:account' })
    .use(accountGuard(billing))
    .get(
      '/top-ups/:id/refund',
      async ({ member, params }) => {
        const order = await readTopUp(store, params.id, member.accountId)
        const { left, free, most } = await readRefundable(store, order)
        return {
          ...{ credit: formatUsd(order.credit), currency: order.currency },
          ...{ left: formatUsd(left), free: formatUsd(free), most: formatUsd(most) },
          total: formatMinor(paidBack(order, most), order.currency),
          by_hand: !processors.get(order.processor)?.refund,
        }
      },
      { may: 'read', detail: describe('What of an order can go back, and why not more') },
    )
    .post(
      '/top-ups/:id/refund',
      async ({ member, visitor, params, body: { part = null, reason, once } }) => {
        requireActive(member)
        const { accountId } = member
        const order = await readTopUp(store, params.id, accountId)
        const row = await askRefund(billing, {
          ...{ accountId, topUpId: order.id, reason, once, askedBy: visitor.userId },
          amount: part === null ? null : parseUsd(part, 'part'),
        })
        return describeRefund(row, order)
      },
      {
        may: 'bill',
        parse: 'strict',
        body: t.Object({
          part: t.Optional(t.Nullable(t.String({ maxLength: 40 }))),
          reason: t.String({ maxLength: 1000 }),
          once: t.String({ minLength: 1, maxLength: 64 }),
        }),
        detail: describe(
          'Ask for a part of it back, or for all: it is set aside; the same `once` is the same refund',
          ...(['invalid_amount', 'not_refundable', 'changed_meanwhile'] as const),
          ...(['role_not_allowed', 'account_suspended'] as const),
        ),
      },
    )
    .get(
      '/refunds',
      async ({ member, query: { after, top_up, limit = 20 } }) => {
        const ofOrder = top_up === undefined ? undefined : eq(refund.topUpId, top_up)
        const meant = and(eq(refund.accountId, member.accountId), ofOrder)
        const { rows, next } = await listRefunds(store, meant, { after, limit })
        return { data: rows.map(({ refund: row, order }) => describeRefund(row, order)), next }
      },
      {
        may: 'read',
        query: t.Object({
          after: t.Optional(t.String({ maxLength: 64 })),
          top_up: t.Optional(t.String({ maxLength: 64 })),
          limit: t.Optional(t.Numeric({ minimum: 1, maximum: 100 })),
        }),
        detail: describe('Refunds, the newest first'),
      },
    )
    .delete(
      '/refunds/:id',
      async ({ member, visitor, params }) => {
        const { accountId } = member
        await withdrawRefund(billing, { accountId, id: params.id, userId: visitor.userId })
        return { ok: true }
      },
      {
        may: 'bill',
        detail: describe(
          'Withdraw one that is not decided yet',
          ...(['changed_meanwhile', 'role_not_allowed'] as const),
        ),
      },
    )
}
