/** Users and admins over HTTP: what is done to a user is told to her by mail, and admins are for owners alone to change. */
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import { describeRefusals } from '../http/describe.ts'
import { factorsOf } from '../user/factor.ts'
import { requireRecent } from '../user/guard.ts'
import type { People } from '../user/people.ts'
import { sendReset } from '../user/verify.ts'
import { adminGuard, reason } from './guard.ts'
import {
  giveRole,
  listAdmins,
  readUser,
  resetFactor,
  searchUsers,
  showUser,
  switchUser,
} from './user.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Administration'] },
  responses: describeRefusals('session_required', 'not_found', 'role_not_allowed', ...codes),
})

const pageSize = 50
const because = t.Object({ reason })
const role = t.Nullable(
  t.Union([
    t.Literal('auditor'),
    t.Literal('support'),
    t.Literal('finance'),
    t.Literal('operator'),
    t.Literal('owner'),
  ]),
)

export function adminUserRoutes(people: People) {
  return new Elysia({ name: 'admin-users-and-admins' }).use(ofUsers(people)).use(ofAdmins(people))
}

function ofUsers(people: People) {
  const { store, clock } = people
  return new Elysia({ name: 'admin-users', prefix: '/api/admin/users' })
    .use(adminGuard(people))
    .get('', ({ query }) => searchUsers(store, { ...query, limit: pageSize }), {
      admin: 'read',
      query: t.Object({
        q: t.Optional(t.String({ maxLength: 200 })),
        after: t.Optional(t.String({ maxLength: 64 })),
      }),
      detail: describe('Users by address, name or id'),
    })
    .get('/:user', ({ params }) => showUser(people, params.user), {
      admin: 'read',
      detail: describe('One user: how she logs in, and her accounts'),
    })
    .post(
      '/:user/suspend',
      async ({ params, body: { reason }, visitor, change }) => {
        change.before = { state: (await readUser(store, params.user)).state }
        await switchUser(people, params.user, visitor, { state: 'suspended', reason })
        change.after = { state: 'suspended' }
        return { ok: true }
      },
      {
        admin: 'people',
        parse: 'strict',
        body: because,
        detail: describe('Sign her out, and let her in no more', 'last_owner'),
      },
    )
    .post(
      '/:user/reinstate',
      async ({ params, body: { reason }, visitor, change }) => {
        change.before = { state: (await readUser(store, params.user)).state }
        await switchUser(people, params.user, visitor, { state: 'active', reason })
        change.after = { state: 'active' }
        return { ok: true }
      },
      { admin: 'people', parse: 'strict', body: because, detail: describe('Let her log in again') },
    )
    .post(
      '/:user/reset-factor',
      async ({ params, visitor, change }) => {
        requireRecent(visitor, clock.now())
        change.before = { factors: await factorsOf(store, params.user) }
        await resetFactor(people, params.user, visitor)
        change.after = { factors: [] }
        return { ok: true }
      },
      {
        admin: 'people',
        parse: 'strict',
        body: because,
        detail: describe('Take away her second factor, which she lost', 'recent_login_required'),
      },
    )
    .post(
      '/:user/reset-mail',
      async ({ params, visitor }) => {
        const { email, adminRole } = await readUser(store, params.user)
        if (adminRole !== null && visitor.adminRole !== 'owner') {
          throw new AppError('role_not_allowed')
        }
        if (email !== null) await sendReset(people, email)
        return { ok: true }
      },
      { admin: 'people', detail: describe('Mail her a link to set a new password') },
    )
}

function ofAdmins(people: People) {
  const { store, clock, business } = people
  return new Elysia({ name: 'admin-admins', prefix: '/api/admin/admins' })
    .use(adminGuard(people))
    .get(
      '',
      async () => ({
        require_factor: business.current.requireAdminFactor,
        data: await listAdmins(people),
      }),
      { admin: 'read', detail: describe('Who runs the platform, in which role') },
    )
    .put(
      '/:user',
      async ({ params, body, visitor, change }) => {
        change.before = { role: (await readUser(store, params.user)).adminRole }
        await giveRole(people, params.user, visitor, body.role)
        change.after = { role: body.role }
        return { ok: true }
      },
      {
        admin: 'own',
        parse: 'strict',
        body: t.Object({ role }),
        detail: describe(
          'Give her a role, another one, or none',
          ...(['email_unverified', 'last_owner', 'recent_login_required'] as const),
        ),
      },
    )
    .put(
      '',
      async ({ body: { require_factor }, visitor, change }) => {
        // Whoever turns it on would be the first to stand before a closed door.
        if (require_factor && (await factorsOf(store, visitor.userId)).length === 0) {
          throw new AppError('admin_factor_required')
        }
        change.before = { require_factor: business.current.requireAdminFactor }
        const facts = { requireAdminFactor: require_factor }
        await business.change(facts, visitor.userId, clock.now())
        change.after = { require_factor }
        return { require_factor }
      },
      {
        admin: 'own',
        parse: 'strict',
        body: t.Object({ require_factor: t.Boolean() }),
        detail: describe(
          'Whether admins need a second factor',
          'admin_factor_required',
          'recent_login_required',
        ),
      },
    )
}
