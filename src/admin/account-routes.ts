/** Accounts as those who run the platform find, see and change them [T4.3, T4.4, T8.2]. */
import { and, eq, ne } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { readAccount, reinstateAccount, suspendAccount } from '../account/account.ts'
import { terminateAccount } from '../account/close.ts'
import { formatUsd, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { adjustBalance } from '../billing/adjust.ts'
import type { Billing } from '../billing/billing.ts'
import { describeRefusals } from '../http/describe.ts'
import { account } from '../store/schema.ts'
import { must } from '../store/store.ts'
import { requireRecent } from '../user/guard.ts'
import { listInactive, listSigns } from './account-report.ts'
import { searchAccounts } from './account-search.ts'
import { foreseeTermination, showAccount } from './account-view.ts'
import { adminGuard, reason, written } from './guard.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Administration'] },
  responses: describeRefusals('session_required', 'not_found', 'role_not_allowed', ...codes),
})

const pageSize = 50
const after = t.Optional(t.String({ maxLength: 64 }))
const because = t.Object({ reason })
const state = t.Union([t.Literal('active'), t.Literal('suspended'), t.Literal('closed')])

export function adminAccountRoutes(billing: Billing) {
  return new Elysia({ name: 'admin-accounts' })
    .use(findRoutes(billing))
    .use(stateRoutes(billing))
    .use(moneyRoutes(billing))
}

function findRoutes(billing: Billing) {
  const { store, clock } = billing
  return new Elysia({ name: 'admin-accounts-find', prefix: '/api/admin/accounts' })
    .use(adminGuard(billing))
    .get('', ({ query }) => searchAccounts(store, { ...query, limit: pageSize }), {
      admin: 'read',
      query: t.Object({
        ...{ q: t.Optional(t.String({ maxLength: 200 })), state: t.Optional(state), after },
      }),
      detail: describe('Accounts by address, name, id, user, key or request'),
    })
    .get(
      '/inactive',
      ({ query: { months = 6, after } }) =>
        listInactive(store, {
          ...{ months, now: clock.now(), limit: pageSize },
          ...(after !== undefined && { after }),
        }),
      {
        admin: 'read',
        query: t.Object({ months: t.Optional(t.Numeric({ minimum: 1, maximum: 120 })), after }),
        detail: describe('Accounts without a call or a log-in for so many months'),
      },
    )
    .get('/signs', async () => ({ data: await listSigns(store, clock.now()) }), {
      admin: 'read',
      detail: describe('Signs of automated registration and of fake usage in the last week'),
    })
    .get('/:account', ({ params }) => showAccount(billing, params.account), {
      admin: 'read',
      detail: describe('One account'),
    })
    .get('/:account/termination', ({ params }) => foreseeTermination(store, params.account), {
      admin: 'read',
      detail: describe('What terminating it would end and pay back'),
    })
}

function stateRoutes(billing: Billing) {
  const { store, clock, config, forgetKeys } = billing
  const shown = async (id: string) => {
    const { state, stateReason, tier } = await readAccount(store, id)
    return { state, reason: stateReason, tier }
  }
  return new Elysia({ name: 'admin-account-states', prefix: '/api/admin/accounts/:account' })
    .use(adminGuard(billing))
    .post(
      '/suspend',
      async ({ params, body, change }) => {
        change.before = await shown(params.account)
        await suspendAccount(billing, params.account, body.reason)
        change.after = { state: 'suspended' }
        return { ok: true }
      },
      {
        admin: 'people',
        parse: 'strict',
        body: because,
        detail: describe('Refuse its calls from now on; its owners are told why'),
      },
    )
    .post(
      '/reinstate',
      async ({ params, body, change }) => {
        change.before = await shown(params.account)
        await reinstateAccount(billing, params.account, body.reason)
        change.after = { state: 'active' }
        return { ok: true }
      },
      {
        admin: 'people',
        parse: 'strict',
        body: because,
        detail: describe('Take its calls again; its owners are told why'),
      },
    )
    .post(
      '/terminate',
      async ({ params, body, visitor, change }) => {
        requireRecent(visitor, clock.now())
        change.before = await shown(params.account)
        const refund = await terminateAccount(billing, params.account, body)
        change.after = { state: 'closed', refund: refund === null ? null : formatUsd(refund) }
        return change.after as { state: 'closed'; refund: string | null }
      },
      {
        admin: 'run',
        parse: 'strict',
        body: t.Object({ name: t.String({ maxLength: 200 }), reason }),
        detail: describe(
          'Close it for good, for a reason; what it paid and has left is asked back',
          ...(['invalid_request', 'recent_login_required'] as const),
        ),
      },
    )
    .put(
      '/tier',
      async ({ params, body: { tier }, change }) => {
        const known = Object.keys(config.tiers)
        if (!known.includes(tier)) {
          const message = `There is no tier ${tier}. The settings have ${known.join(', ')}.`
          throw new AppError('invalid_request', { param: 'tier', message })
        }
        change.before = await shown(params.account)
        const open = and(eq(account.id, params.account), ne(account.state, 'closed'))
        await store.write((db) => [
          must(db.update(account).set({ tier }).where(open), 'account_closed'),
        ])
        forgetKeys()
        change.after = { tier }
        return { tier }
      },
      {
        admin: 'people',
        parse: 'strict',
        body: t.Object({ tier: t.String({ maxLength: 64 }), reason }),
        detail: describe('Hold it to another tier’s limits', 'invalid_request', 'account_closed'),
      },
    )
}

function moneyRoutes(billing: Billing) {
  return new Elysia({ name: 'admin-account-money', prefix: '/api/admin/accounts/:account' })
    .use(adminGuard(billing))
    .post(
      '/adjustments',
      async ({ params, visitor, body: { amount, ...body }, change }) => {
        const nano = parseUsd(amount, 'amount')
        if (nano <= 0n) throw new AppError('invalid_amount', { param: 'amount' })
        const accountId = params.account
        const transfer = await adjustBalance(billing, {
          ...{ ...body, accountId, amount: nano, actor: visitor.userId },
        })
        const { creditsPosted, debitsPosted } = await readAccount(billing.store, accountId)
        const balance = formatUsd(creditsPosted - debitsPosted)
        change.after = { transfer, balance }
        return { transfer, balance }
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({
          way: t.Union([t.Literal('credit'), t.Literal('debit')]),
          amount: t.String({ maxLength: 40 }),
          reason,
          once: written(64),
        }),
        detail: describe(
          'Correct its balance: once for each `once`',
          ...(['invalid_amount', 'invalid_request', 'recent_login_required'] as const),
        ),
      },
    )
}
