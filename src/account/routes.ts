/** Accounts in the dashboard: their settings, members and invitations, one's data as a file, and closing. */
import { Elysia, t } from 'elysia'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { describeRefusals } from '../http/describe.ts'
import { requireRecent } from '../user/guard.ts'
import type { People } from '../user/people.ts'
import { countTry } from '../user/throttle.ts'
import { readAccount } from './account.ts'
import { closeAccount, closeUser } from './close.ts'
import { exportAccount, exportUser } from './export.ts'
import { accountGuard, mayRole, requireActive } from './guard.ts'
import {
  acceptInvitation,
  inviteMember,
  listInvitations,
  readInvitation,
  revokeInvitation,
} from './invitation.ts'
import { changeRole, listMembers, removeMember } from './member.ts'
import { addAccount, changeSettings, showSettings } from './settings.ts'

const name = t.String({ minLength: 1, maxLength: 200 })
const country = t.Optional(t.Nullable(t.String({ pattern: '^[A-Z]{2}$' })))
// Not `t.UnionEnum`: that fills in its first value, the owner, for what is left out.
const role = t.Union([
  t.Literal('owner'),
  t.Literal('admin'),
  t.Literal('billing'),
  t.Literal('developer'),
  t.Literal('read-only'),
])
const token = t.String({ minLength: 1, maxLength: 100 })

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Accounts'] },
  responses: describeRefusals('session_required', ...codes),
})

export function accountRoutes(people: People) {
  return new Elysia({ name: 'accounts' })
    .use(settingRoutes(people))
    .use(memberRoutes(people))
    .use(invitationRoutes(people))
    .use(leaveRoutes(people))
}

function settingRoutes(people: People) {
  const show = async (id: string) => showSettings(await readAccount(people.store, id))
  return new Elysia({ name: 'account-settings' })
    .use(accountGuard(people))
    .post(
      '/api/accounts',
      async ({ visitor, body: { kind, name, country = null, authority } }) => {
        if (kind === 'entity' && !authority) {
          throw new AppError('not_affirmed', { param: 'authority' })
        }
        return { id: await addAccount(people, { kind, name, country, ownerId: visitor.userId }) }
      },
      {
        user: 'any',
        parse: 'strict',
        body: t.Object({
          ...{ kind: t.Union([t.Literal('person'), t.Literal('entity')]), name, country },
          authority: t.Boolean(),
        }),
        detail: describe('Open another account', 'not_affirmed'),
      },
    )
    .get('/api/accounts/:account', ({ member }) => show(member.accountId), {
      may: 'read',
      detail: describe('An account and its settings', 'not_found'),
    })
    .patch(
      '/api/accounts/:account',
      async ({ member, body }) => {
        requireActive(member)
        await changeSettings(people, member.accountId, body)
        return show(member.accountId)
      },
      {
        may: 'manage',
        parse: 'strict',
        body: t.Object({
          ...{ name: t.Optional(name), country, training: t.Optional(t.Boolean()) },
          body_days: t.Optional(t.Integer({ minimum: 0, maximum: 30 })),
          low_balance: t.Optional(t.Nullable(t.String({ maxLength: 30 }))),
        }),
        detail: describe('Change settings', 'role_not_allowed', 'not_found', 'invalid_amount'),
      },
    )
}

function memberRoutes(people: People) {
  const { store } = people
  return new Elysia({ name: 'members', prefix: '/api/accounts/:account/members' })
    .use(accountGuard(people))
    .get(
      '',
      async ({ member }) => ({
        data: await listMembers(store, member.accountId),
        next: null as string | null,
      }),
      { may: 'read', detail: describe('Members of the account', 'not_found') },
    )
    .patch(
      '/:user',
      async ({ member, visitor, params, body }) => {
        requireActive(member)
        const { accountId } = member
        const target = { accountId, userId: params.user, actorId: visitor.userId }
        await changeRole(people, target, body.role)
        return { ok: true }
      },
      {
        may: 'manage',
        parse: 'strict',
        body: t.Object({ role }),
        detail: describe('Change a role', 'role_not_allowed', 'not_found', 'last_owner'),
      },
    )
    .delete(
      '/:user',
      async ({ member, visitor, params }) => {
        const { accountId, role } = member
        const leaves = params.user === visitor.userId
        if (!(leaves || mayRole(role, 'manage'))) throw new AppError('role_not_allowed')
        if (!leaves) requireActive(member)
        await removeMember(people, { accountId, userId: params.user, actorId: visitor.userId })
        return { ok: true }
      },
      {
        may: 'read',
        detail: describe('Remove a member, or leave', 'role_not_allowed', 'last_owner'),
      },
    )
}

function invitationRoutes(people: People) {
  const { store, clock } = people
  return new Elysia({ name: 'invitations' })
    .use(accountGuard(people))
    .get(
      '/api/accounts/:account/invitations',
      async ({ member }) => ({
        data: await listInvitations(store, member.accountId, clock.now()),
        next: null as string | null,
      }),
      { may: 'manage', detail: describe('Invitations that are open', 'role_not_allowed') },
    )
    .post(
      '/api/accounts/:account/invitations',
      async ({ member, visitor, body }) => {
        requireActive(member)
        await countTry(store, inviteLimits(member.accountId), clock.now())
        return { id: await inviteMember(people, member.accountId, visitor, body) }
      },
      {
        may: 'manage',
        parse: 'strict',
        body: t.Object({ email: t.String({ maxLength: 300 }), role }),
        detail: describe('Invite someone by mail', 'role_not_allowed', 'already_exists'),
      },
    )
    .delete(
      '/api/accounts/:account/invitations/:invitation',
      async ({ member, params }) => {
        await revokeInvitation(store, member.accountId, params.invitation)
        return { ok: true }
      },
      { may: 'manage', detail: describe('Revoke an invitation', 'role_not_allowed', 'not_found') },
    )
    .get(
      '/api/invitations',
      async ({ query }) => {
        const { invitation, ...shown } = await readInvitation(store, query.token, clock.now())
        const { role, email } = invitation
        return { account_name: shown.accountName, inviter: shown.inviter, role, email }
      },
      {
        open: true,
        query: t.Object({ token }),
        detail: {
          ...describe('What one is invited to'),
          responses: describeRefusals('invalid_link'),
        },
      },
    )
    .post(
      '/api/invitations/accept',
      async ({ visitor, body }) => ({
        account: await acceptInvitation(people, visitor, body.token),
      }),
      {
        user: 'any',
        parse: 'strict',
        body: t.Object({ token }),
        detail: describe('Accept', 'invalid_link', 'invitation_for_other', 'email_unverified'),
      },
    )
}

/** Mails to strangers are few. */
const inviteLimits = (accountId: string) => [
  { subject: `invite:${accountId}`, most: 50, windowMs: 24 * 3_600_000 },
]

function leaveRoutes(people: People) {
  return new Elysia({ name: 'leave' })
    .use(accountGuard(people))
    .get(
      '/api/accounts/:account/export',
      ({ member }) =>
        answerFile(`${member.accountId}.json`, exportAccount(people, member.accountId)),
      { may: 'read', detail: describe('Everything kept of the account, as a file', 'not_found') },
    )
    .get(
      '/api/me/export',
      ({ visitor }) => answerFile('my-data.json', exportUser(people, visitor)),
      {
        user: 'any',
        detail: describe('Everything kept of oneself, as a file'),
      },
    )
    .post(
      '/api/accounts/:account/close',
      async ({ member, visitor, body: { name, reason = '' } }) => {
        requireRecent(visitor, people.clock.now())
        const refund = await closeAccount(people, member.accountId, visitor, { name, reason })
        return { refund: refund === null ? null : formatUsd(refund) }
      },
      {
        may: 'own',
        parse: 'strict',
        body: t.Object({ name, reason: t.Optional(t.String({ maxLength: 1000 })) }),
        detail: describe('Close the account, for good', 'recent_login_required', 'not_found'),
      },
    )
    .post(
      '/api/me/close',
      async ({ visitor, set }) => {
        await closeUser(people, visitor)
        set.headers['set-cookie'] = people.sessions.blank
        return { ok: true }
      },
      {
        user: 'recent',
        detail: describe('Close oneself', 'recent_login_required', 'last_owner'),
      },
    )
}

function answerFile(name: string, pieces: AsyncGenerator<string>): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}
