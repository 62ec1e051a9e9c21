/** Keys in the dashboard. A secret leaves this server once: in the reply to what made it. */
import { and, eq, ne } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { accountGuard, type Member, mayRole } from '../account/guard.ts'
import { AppError } from '../base/error.ts'
import { describeRefusals } from '../http/describe.ts'
import { key } from '../store/schema.ts'
import { requireRecent } from '../user/guard.ts'
import type { People } from '../user/people.ts'
import { changeKey, revokeKey, rotateKey } from './change.ts'
import { createKey } from './issue.ts'
import { type KeyView, playgroundHash, readTerms, unlimited, viewKeys } from './view.ts'

const count = t.Optional(t.Nullable(t.Integer({ minimum: 1, maximum: 1_000_000_000 })))
const list = t.Optional(
  t.Nullable(t.Array(t.String({ minLength: 1, maxLength: 200 }), { maxItems: 200 })),
)
const terms = {
  limit: t.Optional(t.Nullable(t.String())),
  limit_reset: t.Optional(
    t.Nullable(t.Union([t.Literal('daily'), t.Literal('weekly'), t.Literal('monthly')])),
  ),
  expires_at: t.Optional(t.Nullable(t.String())),
  models: list,
  ips: list,
  rpm: count,
  tpm: count,
  concurrent: count,
}
const name = t.String({ minLength: 1, maxLength: 100 })

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Keys'] },
  responses: describeRefusals('session_required', 'role_not_allowed', 'not_found', ...codes),
})

export function keyRoutes(people: People) {
  const { store, clock } = people

  async function view(member: Member, id: string): Promise<KeyView> {
    const [found] = await viewKeys(store, member.accountId, clock.now(), eq(key.id, id))
    if (found === undefined) throw new AppError('not_found')
    return found
  }

  async function hashOf({ accountId }: Member, id: string): Promise<string> {
    const own = and(eq(key.id, id), eq(key.accountId, accountId))
    const hidden = ne(key.hash, playgroundHash(accountId))
    const [row] = await store.db.select({ hash: key.hash }).from(key).where(and(own, hidden))
    if (row === undefined) throw new AppError('not_found')
    return row.hash
  }

  return new Elysia({ name: 'keys', prefix: '/api/accounts/:account/keys' })
    .use(accountGuard(people))
    .get(
      '',
      async ({ member }) => ({
        data: await viewKeys(store, member.accountId, clock.now()),
        next: null as string | null,
      }),
      { may: 'read', detail: describe('Keys of the account') },
    )
    .post(
      '',
      async ({ member, visitor, body }) => {
        requireActive(member)
        const { purpose = 'inference', once, ...written } = body
        if (purpose === 'management') {
          if (!mayRole(member.role, 'manage')) throw new AppError('role_not_allowed')
          requireRecent(visitor, clock.now())
        }
        const issued = await createKey(
          store,
          member.accountId,
          { ...unlimited, name: written.name, ...readTerms(written, clock.now()) },
          clock.now(),
          { purpose, createdBy: visitor.userId, ...(once !== undefined && { once }) },
        )
        return { key: await view(member, issued.id), secret: issued.secret }
      },
      {
        may: 'develop',
        parse: 'strict',
        body: t.Object({
          ...terms,
          name,
          purpose: t.Optional(t.Union([t.Literal('inference'), t.Literal('management')])),
          once: t.Optional(t.String({ minLength: 1, maxLength: 100 })),
        }),
        detail: describe('Make a key', 'already_exists', 'invalid_amount', 'account_suspended'),
      },
    )
    .patch(
      '/:id',
      async ({ member, params, body }) => {
        requireActive(member)
        const { state, ...written } = body
        const changes = readTerms(written, clock.now())
        if (state !== undefined || Object.keys(changes).length > 0) {
          await changeKey(store, await hashOf(member, params.id), {
            ...changes,
            ...(state !== undefined && { state }),
          })
          people.forgetKeys()
        }
        return { key: await view(member, params.id) }
      },
      {
        may: 'develop',
        parse: 'strict',
        body: t.Object({
          ...terms,
          name: t.Optional(name),
          state: t.Optional(t.Union([t.Literal('active'), t.Literal('disabled')])),
        }),
        detail: describe('Change, disable or enable a key', 'invalid_amount', 'account_suspended'),
      },
    )
    .post(
      '/:id/rotate',
      async ({ member, params, body }) => {
        requireActive(member)
        const overlapMs = body.overlap_hours * 3_600_000
        const hash = await hashOf(member, params.id)
        const issued = await rotateKey(store, hash, overlapMs, clock.now())
        people.forgetKeys()
        return { key: await view(member, issued.id), secret: issued.secret }
      },
      {
        may: 'develop',
        parse: 'strict',
        body: t.Object({ overlap_hours: t.Number({ minimum: 0, maximum: 720 }) }),
        detail: describe('Rotate a key: a new secret, the old one lives on for the overlap'),
      },
    )
    .post(
      '/:id/revoke',
      async ({ member, params }) => {
        await revokeKey(store, await hashOf(member, params.id))
        people.forgetKeys()
        return { key: await view(member, params.id) }
      },
      { may: 'develop', detail: describe('Revoke a key, for good') },
    )
}

/** Of a suspended account a key can only be revoked. */
function requireActive({ accountState }: Member): void {
  if (accountState === 'suspended') throw new AppError('account_suspended')
}
