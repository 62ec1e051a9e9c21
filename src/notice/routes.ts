/** An account's webhooks: where they go, a test, and what came of each delivery. */
import { Elysia, t } from 'elysia'
import { accountGuard, requireActive } from '../account/guard.ts'
import { describeRefusals } from '../http/describe.ts'
import { requireRecent } from '../user/guard.ts'
import type { People } from '../user/people.ts'
import { addWebhook, listDeliveries, listWebhooks, removeWebhook, testWebhook } from './webhook.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  detail: { summary, tags: ['Webhooks'], responses: describeRefusals('not_found', ...codes) },
})

export function noticeRoutes(people: People) {
  const { store, clock } = people
  return new Elysia({ name: 'notice', prefix: '/api/accounts/:account/webhooks' })
    .use(accountGuard(people))
    .get(
      '',
      async ({ member }) => ({ data: await listWebhooks(store, member.accountId), next: null }),
      { may: 'read', ...describe('Where events are sent') },
    )
    .post(
      '',
      async ({ member, visitor, body }) => {
        requireActive(member)
        requireRecent(visitor, clock.now())
        return addWebhook(people, member.accountId, body.url)
      },
      {
        may: 'manage',
        parse: 'strict',
        body: t.Object({ url: t.String({ maxLength: 2000 }) }),
        ...describe(
          'Send events there too',
          ...(['invalid_request', 'role_not_allowed', 'recent_login_required'] as const),
        ),
      },
    )
    .delete(
      '/:webhook',
      async ({ member, params }) => {
        await removeWebhook(store, member.accountId, params.webhook)
        return { ok: true }
      },
      { may: 'manage', ...describe('Send events there no more', 'role_not_allowed') },
    )
    .post(
      '/:webhook/test',
      async ({ member, params }) => {
        requireActive(member)
        await testWebhook(people, member.accountId, params.webhook)
        return { ok: true }
      },
      {
        may: 'manage',
        ...describe('Send a test event', 'role_not_allowed', 'too_many_attempts'),
      },
    )
    .get(
      '/:webhook/deliveries',
      async ({ member, params }) => ({
        data: await listDeliveries(store, member.accountId, params.webhook),
        next: null,
      }),
      { may: 'read', ...describe('What came of the last events') },
    )
}
