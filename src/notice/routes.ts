/** An account's webhooks: where they go, a test, and what came of each delivery. */
import { Elysia, t } from 'elysia'
import { accountGuard } from '../account/guard.ts'
import { describeRefusals } from '../http/describe.ts'
import type { People } from '../user/people.ts'
import { addWebhook, listDeliveries, listWebhooks, removeWebhook, testWebhook } from './webhook.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  detail: { summary, tags: ['Webhooks'], responses: describeRefusals('not_found', ...codes) },
})

export function noticeRoutes(people: People) {
  return new Elysia({ name: 'notice', prefix: '/api/accounts/:account/webhooks' })
    .use(accountGuard(people))
    .get(
      '',
      async ({ member }) => ({ data: await listWebhooks(people, member.accountId), next: null }),
      {
        may: 'read',
        ...describe('Where events are sent'),
      },
    )
    .post('', ({ member, body }) => addWebhook(people, member.accountId, body.url), {
      may: 'manage',
      parse: 'strict',
      body: t.Object({ url: t.String({ maxLength: 2000 }) }),
      ...describe('Send events there too', 'invalid_request', 'role_not_allowed'),
    })
    .delete(
      '/:webhook',
      async ({ member, params }) => {
        await removeWebhook(people, member.accountId, params.webhook)
        return { ok: true }
      },
      { may: 'manage', ...describe('Send events there no more', 'role_not_allowed') },
    )
    .post(
      '/:webhook/test',
      async ({ member, params }) => {
        await testWebhook(people, member.accountId, params.webhook)
        return { ok: true }
      },
      { may: 'manage', ...describe('Send a test event', 'role_not_allowed') },
    )
    .get(
      '/:webhook/deliveries',
      async ({ member, params }) => ({
        data: await listDeliveries(people, member.accountId, params.webhook),
        next: null,
      }),
      { may: 'read', ...describe('What came of the last events') },
    )
}
