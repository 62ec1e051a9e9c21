/** Payments as those who run the platform see them: every order, asking its processor again, transfers that arrived, settings. */
import { and, eq, inArray } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { shownName } from '../account/account.ts'
import { parseMinor } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { Billing } from '../billing/billing.ts'
import { askAgain } from '../billing/routes.ts'
import { bookPayment, isUnreconciled } from '../billing/sync.ts'
import { describeTopUp, listTopUps, readTopUp, type TopUpRow } from '../billing/top-up.ts'
import { describeRefusals } from '../http/describe.ts'
import { topUp } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { adminGuard, written } from './guard.ts'
import { factsOf, readSettings, showSettings } from './payment-settings.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Administration'] },
  responses: describeRefusals('session_required', 'not_found', 'role_not_allowed', ...codes),
})
const state = t.Union(
  (['open', 'pending', 'paid', 'failed', 'expired'] as const).map((one) => t.Literal(one)),
)
const filter = {
  state: t.Optional(state),
  processor: t.Optional(t.String({ maxLength: 40 })),
  unreconciled: t.Optional(t.Literal('true')),
  after: t.Optional(t.String({ maxLength: 64 })),
}
const amount = t.String({ maxLength: 30 })
const settings = t.Object({
  presets: t.Array(amount, { minItems: 1, maxItems: 8 }),
  ...{ min: amount, max: amount, fee_percent: amount, twd_per_usd: amount },
  taxes: t.Record(t.String(), amount),
  seller_address: t.String({ maxLength: 200 }),
  seller_tax_id: amount,
})

export function paymentRoutes(billing: Billing) {
  const { store, business, clock } = billing
  return new Elysia({ name: 'admin-payments', prefix: '/api/admin' })
    .use(adminGuard(billing))
    .get(
      '/payments',
      async ({ query: { state, processor, unreconciled, after } }) => {
        const meant = and(
          state && eq(topUp.state, state),
          processor === undefined ? undefined : eq(topUp.processor, processor),
          unreconciled && isUnreconciled,
        )
        const { rows, next } = await listTopUps(store, meant, { after, limit: 50 })
        return { data: await withAccounts(billing, rows), next }
      },
      { admin: 'read', query: t.Object(filter), detail: describe('Orders, the newest first') },
    )
    .post(
      '/payments/:id/check',
      async ({ params }) =>
        describeTopUp(await askAgain(billing, await readTopUp(store, params.id))),
      {
        admin: 'money',
        detail: describe('Ask the processor again', 'payment_unavailable'),
      },
    )
    .post(
      '/payments/:id/confirm',
      async ({ params, body, visitor }) => {
        const row = await readTopUp(store, params.id)
        await confirmTransfer(billing, row, body, visitor.userId)
        return describeTopUp(await readTopUp(store, row.id))
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({
          reference: written(100),
          amount,
        }),
        detail: describe('A transfer has arrived', 'invalid_amount', 'already_exists'),
      },
    )
    .get('/payment-settings', () => showSettings(business.current), {
      admin: 'read',
      detail: describe('Amounts, fee, tax and seller'),
    })
    .put(
      '/payment-settings',
      async ({ body: { shown, ...body }, visitor, change }) => {
        change.before = { ...showSettings(business.current) }
        await business.change(readSettings(body), visitor.userId, clock.now(), factsOf(shown))
        change.after = { ...showSettings(business.current) }
        return showSettings(business.current)
      },
      {
        admin: 'run',
        parse: 'strict',
        // `shown`: what they were when the form was opened.
        body: t.Object({ ...settings.properties, shown: settings }),
        detail: describe(
          'Change them: orders that are made keep theirs',
          ...(['invalid_amount', 'changed_meanwhile'] as const),
        ),
      },
    )
}

async function withAccounts({ store }: Billing, rows: TopUpRow[]) {
  const ids = [...new Set(rows.map(({ accountId }) => accountId))]
  const accounts = await store.db.select().from(account).where(inArray(account.id, ids))
  const names = new Map(accounts.map((row) => [row.id, shownName(row)]))
  return rows.map((row) => ({
    ...describeTopUp(row),
    account: { id: row.accountId, name: names.get(row.accountId) ?? row.accountId },
  }))
}

/**
 * Books a transfer that an operator saw on the platform's bank account. Refuses what the processor itself can be asked, another
 * amount than the order's, and a bank's reference that has paid another order.
 */
async function confirmTransfer(
  billing: Billing,
  row: TopUpRow,
  { reference, amount }: { reference: string; amount: string },
  actor: string,
): Promise<void> {
  const { id, processor, currency, total } = row
  if (processor !== 'manual') {
    throw new AppError('invalid_request', { message: 'This processor says itself what is paid.' })
  }
  if (parseMinor(amount, currency, 'amount') !== total) {
    throw new AppError('invalid_amount', {
      param: 'amount',
      message: 'An order is credited for its exact total only.',
    })
  }
  const paymentId = reference.trim()
  const same = and(eq(topUp.processor, processor), eq(topUp.paymentId, paymentId))
  const [used] = await billing.store.db.select({ id: topUp.id }).from(topUp).where(same)
  if (paymentId === '' || (used && used.id !== id) || (row.state === 'paid' && !used)) {
    throw new AppError('already_exists', {
      param: 'reference',
      message: used ? 'This reference has paid another order.' : 'This order is paid already.',
    })
  }
  const known = { orderId: id, paymentId, state: 'paid' as const, amount: total, currency }
  const nothing = { failure: null, fee: null, payAt: null, refunds: [], disputes: [] }
  await bookPayment(billing, row, { ...known, ...nothing, live: true }, actor)
}
