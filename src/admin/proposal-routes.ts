/**
 * Prices that the list in the executable proposes, decided in bulk, and the rules of what is charged above them. Approving
 * publishes the buy price at once, since the provider charges it already, and with a rule the sell price from a time on.
 */
import { Elysia, t } from 'elysia'
import { raisePrice } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { readTime } from '../base/time.ts'
import { timesFrom } from '../catalog/price.ts'
import { approveProposals, proposePrices, rejectProposals } from '../catalog/sync.ts'
import { describe } from './catalog-routes.ts'
import { showProposals } from './catalog-view.ts'
import { adminGuard } from './guard.ts'
import type { Parts } from './parts.ts'
import { requireConfirmed } from './price-change.ts'

const rules = t.Object({
  markups: t.Record(t.String({ maxLength: 200 }), t.String({ maxLength: 20 })),
  rise_notice_days: t.Number({ minimum: 0, maximum: 365, multipleOf: 1 }),
})
const decisionBody = t.Object({
  ids: t.Array(t.String({ maxLength: 64 }), { minItems: 1, maxItems: 500 }),
  decision: t.Union([t.Literal('approve'), t.Literal('reject')]),
  // Whether the sell prices follow by their rules.
  with_markup: t.Boolean(),
  sell_from: t.Optional(t.Nullable(t.String({ maxLength: 40 }))),
  confirm_below_cost: t.Optional(t.Boolean()),
  confirm_short_notice: t.Optional(t.Boolean()),
})
const rulesOf = ({ markups, rise_notice_days }: typeof rules.static) => ({
  ...{ markups, riseNoticeDays: rise_notice_days },
})
const dayMs = 86_400_000

export function proposalRoutes(parts: Parts) {
  const { store, catalog, clock, business } = parts
  const showRules = () => ({
    markups: business.current.markups,
    rise_notice_days: business.current.riseNoticeDays,
  })
  return new Elysia({ name: 'admin-proposals', prefix: '/api/admin' })
    .use(adminGuard(parts))
    .get('/markups', showRules, {
      admin: 'read',
      ...describe('What sell prices are above buy prices, and the notice of a rise'),
    })
    .put(
      '/markups',
      async ({ body: { shown, ...body }, visitor, change }) => {
        change.before = showRules()
        for (const percent of Object.values(body.markups)) checkMarkup(percent)
        await business.change(rulesOf(body), visitor.userId, clock.now(), rulesOf(shown))
        change.after = showRules()
        return showRules()
      },
      {
        ...{ admin: 'run', parse: 'strict' },
        // `shown`: what they were when the form was opened.
        body: t.Object({ ...rules.properties, shown: rules }),
        ...describe('Change them: published prices stay', 'invalid_amount', 'changed_meanwhile'),
      },
    )
    .get('/proposals', async () => ({ data: await showProposals(parts) }), {
      admin: 'read',
      ...describe('Open proposals, against the prices in force'),
    })
    .post(
      '/proposals/look',
      async () => {
        const { proposals, unknown } = await proposePrices(store, catalog, clock.now())
        return { found: proposals.length, unknown }
      },
      { admin: 'run', ...describe('Compare buy prices with the price list of this version') },
    )
    .post(
      '/proposals/decide',
      async ({ body, visitor, change }) => {
        const { after, ...decided } = await decide(parts, body, visitor.userId)
        change.after = after
        return decided
      },
      {
        ...{ admin: 'run', parse: 'strict', body: decisionBody },
        ...describe('Approve or reject proposals', 'invalid_request', 'changed_meanwhile'),
      },
    )
}

/** Refuses what `raisePrice` could not do. */
function checkMarkup(percent: string): void {
  try {
    raisePrice(0n, percent)
  } catch (cause) {
    const message = 'A markup is a percentage such as "20" or "12.5", from 0 to 1000.'
    throw new AppError('invalid_amount', { param: 'markups', message, cause })
  }
}

/** All of them, or none: one that was decided meanwhile refuses the rest. */
async function decide(
  parts: Parts,
  { ids, decision, with_markup, sell_from = null, ...confirmed }: typeof decisionBody.static,
  by: string,
): Promise<{ decided: number; after: JsonObject }> {
  const { store, catalog, clock } = parts
  const now = clock.now()
  const open = await showProposals(parts)
  const meant = [...new Set(ids)].map((id) => open.find((one) => one.id === id))
  const known = meant.filter((one) => one !== undefined)
  if (known.length < meant.length) throw new AppError('changed_meanwhile', { param: 'ids' })
  if (decision === 'reject') {
    const rejected = known.map(({ id }) => id)
    await rejectProposals(store, rejected, by)
    return { decided: known.length, after: { rejected } }
  }
  const sellFrom = sell_from === null ? now : Math.max(readTime(sell_from, 'sell_from'), now)
  const soon = sellFrom - now < parts.business.current.riseNoticeDays * dayMs
  const follows = (one: (typeof known)[number]) => with_markup && one.markup !== null
  requireConfirmed(
    {
      below_cost: known.flatMap((one) => (follows(one) ? [] : one.below_cost)),
      short_notice: soon && known.some((one) => follows(one) && one.rises),
    },
    confirmed,
  )
  const approvals = known.map((one) => {
    const { buy = [], sell = [] } = catalog.current.models.get(one.model) ?? {}
    return {
      ...{ id: one.id, markup: follows(one) ? one.markup : null },
      ...{ buyAt: timesFrom(buy, now), sellAt: timesFrom(sell, sellFrom) },
    }
  })
  const approved = await approveProposals(store, approvals, by, now)
  await catalog.reload()
  return { decided: approved.length, after: { approved: approved.map((one) => ({ ...one })) } }
}
