/** Recharge, in the dashboard: agreeing to it, saving a way to pay, and switching it off. */
import { Elysia, t } from 'elysia'
import { accountGuard, requireActive } from '../account/guard.ts'
import { describeRefusals } from '../http/describe.ts'
import type { Billing } from './billing.ts'
import { checkSetup, saveTerms, showRecharge, startSetup, switchOff } from './recharge.ts'

const amount = t.String({ maxLength: 40 })

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Billing'] },
  responses: describeRefusals('session_required', 'not_found', ...codes),
})

export function rechargeRoutes(billing: Billing) {
  return new Elysia({ name: 'recharge', prefix: '/api/accounts/:account/recharge' })
    .use(accountGuard(billing))
    .get('', ({ member }) => showRecharge(billing, member.accountId), {
      may: 'read',
      detail: describe('Terms of recharge, and where it stands'),
    })
    .put(
      '',
      async ({ member, visitor, body }) => {
        requireActive(member)
        const { accountId } = member
        await saveTerms(billing, { accountId, userId: visitor.userId }, body)
        return showRecharge(billing, accountId)
      },
      {
        may: 'bill',
        parse: 'strict',
        body: t.Object({
          ...{ threshold: amount, credit: amount, monthly_cap: amount },
          agree: t.Boolean(),
        }),
        detail: describe(
          'Agree to be charged when the balance falls below the threshold',
          ...(['invalid_amount', 'not_affirmed', 'role_not_allowed', 'account_suspended'] as const),
        ),
      },
    )
    .post(
      '/setup',
      async ({ member, visitor: { email, language } }) => {
        requireActive(member)
        return { url: await startSetup(billing, member.accountId, { email, language }) }
      },
      {
        may: 'bill',
        detail: describe(
          'Where the way to pay is saved',
          ...(['invalid_request', 'role_not_allowed', 'payment_unavailable'] as const),
          ...(['too_many_attempts', 'account_suspended'] as const),
        ),
      },
    )
    .post(
      '/check',
      async ({ member }) => {
        requireActive(member)
        await checkSetup(billing, member.accountId)
        return showRecharge(billing, member.accountId)
      },
      {
        may: 'bill',
        detail: describe('See whether it was saved', 'role_not_allowed', 'payment_unavailable'),
      },
    )
    .delete(
      '',
      async ({ member }) => {
        await switchOff(billing, member.accountId)
        return showRecharge(billing, member.accountId)
      },
      { may: 'bill', detail: describe('Switch it off, at once', 'role_not_allowed') },
    )
}
