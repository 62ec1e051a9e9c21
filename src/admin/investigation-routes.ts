/** Investigations over HTTP [T4.4]. The list shows that there are some, to every admin; what they hold is audited by each look. */
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import { readTime } from '../base/time.ts'
import type { Bodies } from '../gateway/body.ts'
import { describeRefusals } from '../http/describe.ts'
import type { People } from '../user/people.ts'
import { adminGuard, reason } from './guard.ts'
import {
  endInvestigation,
  listInvestigations,
  listKept,
  openInvestigation,
  readOpen,
} from './investigation.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Administration'] },
  responses: describeRefusals('session_required', 'not_found', 'role_not_allowed', ...codes),
})

const pageSize = 50
const after = t.Optional(t.String({ maxLength: 64 }))
const id = t.String({ minLength: 1, maxLength: 64 })

export function investigationRoutes(people: People, bodies: Bodies) {
  const { store, clock } = people
  return new Elysia({ name: 'admin-investigations', prefix: '/api/admin/investigations' })
    .use(adminGuard(people))
    .get(
      '',
      ({ query: { account, after } }) =>
        listInvestigations(people, {
          ...(account !== undefined && { accountId: account }),
          ...(after !== undefined && { after }),
          limit: pageSize,
        }),
      {
        admin: 'read',
        query: t.Object({ account: t.Optional(id), after }),
        detail: describe('Investigations, the newest first'),
      },
    )
    .post(
      '',
      async ({ visitor, body: { account, key, reason, ends_at } }) => ({
        id: await openInvestigation(people, {
          ...{ accountId: account, keyId: key ?? null, reason, by: visitor.userId },
          endsAt: readTime(ends_at, 'ends_at'),
        }),
      }),
      {
        admin: 'investigate',
        parse: 'strict',
        body: t.Object({
          account: id,
          key: t.Optional(t.Nullable(id)),
          reason,
          ends_at: t.String({ maxLength: 40, description: 'At most 14 days ahead.' }),
        }),
        detail: describe(
          'Keep the bodies of an account’s calls, or of one key’s, until an end',
          'invalid_request',
          'account_closed',
        ),
      },
    )
    .post(
      '/:investigation/end',
      async ({ visitor, params }) => {
        await endInvestigation(people, params.investigation, visitor.userId)
        return { ok: true }
      },
      { admin: 'investigate', detail: describe('End it now and delete what it kept') },
    )
    .get(
      '/:investigation/requests',
      async ({ params, query: { after } }) => {
        const row = await readOpen(store, params.investigation, clock.now())
        return listKept(store, row, { limit: pageSize, ...(after !== undefined && { after }) })
      },
      {
        admin: 'investigate',
        query: t.Object({ after }),
        detail: describe('Calls whose bodies are kept for it'),
      },
    )
    .get(
      '/:investigation/requests/:gen',
      async ({ params }) => {
        const { id } = await readOpen(store, params.investigation, clock.now())
        const kept = await bodies.readFor(id, params.gen, clock.now())
        if (kept === null) throw new AppError('not_found')
        return kept
      },
      { admin: 'investigate', detail: describe('What was asked and answered in one call') },
    )
}
