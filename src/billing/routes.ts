/** Buying credit, in the dashboard: what it costs, orders, and where they stand. */
import { eq } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { readAccount } from '../account/account.ts'
import { accountGuard, requireActive } from '../account/guard.ts'
import { formatPercent, parsePercent, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { describeRefusals } from '../http/describe.ts'
import { ProcessorError } from '../processors/processor.ts'
import { topUp } from '../store/credit.ts'
import type { Billing } from './billing.ts'
import { readCost } from './cost.ts'
import { handOver } from './hand-over.ts'
import { syncTopUp } from './sync.ts'
import { taxRateOf } from './tax.ts'
import {
  createTopUp,
  describeCost,
  describeTopUp,
  describeTopUps,
  listTopUps,
  openCheckout,
  readTopUp,
  type TopUpRow,
} from './top-up.ts'

const text = t.String({ minLength: 1, maxLength: 40 })
/** A page that follows an order asks often; its processor is asked again only after so long. */
const freshMs = 3_000

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Billing'] },
  responses: describeRefusals('session_required', 'not_found', ...codes),
})

export function billingRoutes(billing: Billing) {
  const { store, processors, business, clock } = billing
  const countryOf = async (accountId: string) => (await readAccount(store, accountId)).country

  const describeOne = async (row: TopUpRow) => {
    const [one] = await describeTopUps(store, [row])
    return one as NonNullable<typeof one>
  }

  return new Elysia({ name: 'billing', prefix: '/api/accounts/:account' })
    .use(accountGuard(billing))
    .get(
      '/top-ups/options',
      async ({ member }) => {
        const { topUpPresets, topUpMin, topUpMax, feePercent, taxes, twdPerUsd } = business.current
        const country = await countryOf(member.accountId)
        const rate = taxRateOf(taxes, country)
        return {
          processors: [...processors.values()].map(({ name, currency, methods, saved }) => ({
            ...{ name, currency, methods: [...methods], saves: saved !== undefined },
          })),
          ...{ presets: topUpPresets, min: topUpMin, max: topUpMax, country },
          fee_percent: formatPercent(parsePercent(feePercent)),
          tax_rate: rate === null ? null : formatPercent(rate),
          twd_per_usd: twdPerUsd,
        }
      },
      { may: 'read', detail: describe('Ways to pay, amounts, fee and tax') },
    )
    .get(
      '/top-ups/quote',
      async ({ member, query }) => {
        const processor = processors.get(query.processor)
        if (!processor) throw new AppError('invalid_request', { param: 'processor' })
        const credit = parseUsd(query.credit, 'credit')
        const { accountId } = member
        const cost = await readCost(billing, processor, { accountId, credit })
        return { credit: query.credit, currency: cost.currency, ...describeCost(cost) }
      },
      {
        may: 'read',
        query: t.Object({ credit: text, processor: text }),
        detail: describe(
          'What credit costs: price, fee and tax',
          ...(['invalid_amount', 'payment_unavailable'] as const),
        ),
      },
    )
    .get(
      '/top-ups',
      async ({ member, query: { after, limit = 20 } }) => {
        const ofAccount = eq(topUp.accountId, member.accountId)
        const { rows, next } = await listTopUps(store, ofAccount, { after, limit })
        return { data: await describeTopUps(store, rows), next }
      },
      {
        may: 'read',
        query: t.Object({
          after: t.Optional(t.String({ maxLength: 64 })),
          limit: t.Optional(t.Numeric({ minimum: 1, maximum: 100 })),
        }),
        detail: describe('Orders, the newest first'),
      },
    )
    .post(
      '/top-ups',
      async ({ member, visitor, body: { credit, total, ...way } }) => {
        requireActive(member)
        const row = await createTopUp(billing, {
          ...{ accountId: member.accountId, userId: visitor.userId, origin: 'customer', ...way },
          ...{ credit: parseUsd(credit, 'credit'), shown: total },
        })
        return describeTopUp(row)
      },
      {
        may: 'bill',
        parse: 'strict',
        body: t.Object({
          credit: t.String({ maxLength: 40 }),
          /** As it was shown; left out, the server's is agreed to. */
          total: t.Optional(text),
          ...{ processor: text, method: text, once: t.String({ minLength: 1, maxLength: 64 }) },
        }),
        detail: describe(
          'Order credit; the same `once` is the same order',
          ...(['invalid_amount', 'changed_meanwhile', 'too_many_attempts'] as const),
          ...(['payment_unavailable', 'role_not_allowed', 'account_suspended'] as const),
        ),
      },
    )
    .get(
      '/top-ups/:id',
      async ({ member, params }) =>
        describeOne(await readTopUp(store, params.id, member.accountId)),
      { may: 'read', detail: describe('Where an order stands') },
    )
    .post(
      '/top-ups/:id/check',
      async ({ member, params }) => {
        const row = await readTopUp(store, params.id, member.accountId)
        const fresh = row.checkedAt !== null && clock.now() - row.checkedAt < freshMs
        return describeOne(fresh ? row : await askAgain(billing, row))
      },
      { may: 'bill', detail: describe('Ask the processor now', 'payment_unavailable') },
    )
    .get(
      '/top-ups/:id/checkout',
      async ({ member, visitor, params }) => {
        const { id, state, accountId, checkout } = await readTopUp(
          store,
          params.id,
          member.accountId,
        )
        if (state === 'open' && checkout?.kind === 'form') {
          return handOver(checkout, visitor.language)
        }
        const location = `/accounts/${accountId}/top-ups/${id}`
        return new Response(null, { status: 303, headers: { location } })
      },
      { may: 'bill', detail: { ...describe('The page that posts a form to the processor') } },
    )
}

/** Asks the processor where an order stands; and where to pay, if that is not known. */
export async function askAgain(billing: Billing, row: TopUpRow): Promise<TopUpRow> {
  try {
    await openCheckout(billing, row)
    return await syncTopUp(billing, row.id)
  } catch (cause) {
    if (!(cause instanceof ProcessorError)) throw cause
    throw new AppError('payment_unavailable', {
      message: 'The payment service does not answer. What was paid is credited as soon as it does.',
      cause,
    })
  }
}
