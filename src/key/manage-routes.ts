/** Keys by API, with a management key and in OpenRouter's shape (wire.md §1): for programs that hand out keys. */
import { eq } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { describeRefusals, describeReply } from '../http/describe.ts'
import { strictBodies } from '../http/strict.ts'
import { key as keyTable } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { changeKey, revokeKey } from './change.ts'
import { createKey } from './issue.ts'
import type { Key } from './key.ts'
import { type KeyView, readTerms, unlimited, viewKeys } from './view.ts'

export interface Manage {
  store: Store
  clock: { now(): number }
  /** The key that a request carries, checked like that of a call. */
  authorize(request: Request, server: unknown): Key | Promise<Key>
  forgetKeys(): void
}

const pageRows = 100
const limits = {
  limit: t.Optional(t.Nullable(t.Number({ minimum: 0, maximum: 1_000_000_000 }))),
  limit_reset: t.Optional(
    t.Nullable(t.Union([t.Literal('daily'), t.Literal('weekly'), t.Literal('monthly')])),
  ),
  expires_at: t.Optional(t.Nullable(t.String())),
}
const name = t.String({ minLength: 1, maxLength: 100 })

const exampleKey = {
  ...{
    hash: '9f86d081884c7d65…',
    name: 'website',
    label: 'sk-kk-…ab12',
    disabled: false,
    limit: 20,
  },
  ...{
    limit_remaining: 17.5,
    limit_reset: 'monthly',
    usage: 2.5,
    updated_at: null,
    expires_at: null,
  },
  created_at: '2026-11-24T10:00:00.000Z',
}

const describe = (
  summary: string,
  example: object,
  ...codes: Parameters<typeof describeRefusals>
) => ({
  ...{ summary, tags: ['Keys by API'] },
  description:
    'With a management key, which manages the other keys of its account and makes no calls.',
  responses: {
    200: describeReply('As asked.', example),
    ...describeRefusals('invalid_api_key', 'management_key_required', ...codes),
  },
})

export function manageRoutes({ store, clock, authorize, forgetKeys }: Manage) {
  async function manager(request: Request, server: unknown): Promise<string> {
    const key = await authorize(request, server)
    if (key.purpose !== 'management') throw new AppError('management_key_required')
    return key.accountId
  }

  /** Management keys are made and changed in the dashboard alone: one must not outlive its own revocation. */
  async function find(accountId: string, hash: string): Promise<KeyView> {
    const [found] = await viewKeys(store, accountId, clock.now(), eq(keyTable.hash, hash))
    if (found === undefined || found.purpose === 'management') throw new AppError('not_found')
    return found
  }

  return new Elysia({ name: 'manage', prefix: '/api/v1/keys' })
    .use(strictBodies)
    .get(
      '',
      async ({ request, server, query: { offset = 0, include_disabled } }) => {
        const all = await viewKeys(store, await manager(request, server), clock.now())
        const shown = all.filter(
          ({ state, purpose }) =>
            purpose === 'inference' && (state === 'active' || include_disabled === 'true'),
        )
        return { data: shown.slice(offset, offset + pageRows).map(describeKey) }
      },
      {
        query: t.Object({
          offset: t.Optional(t.Numeric({ minimum: 0 })),
          include_disabled: t.Optional(t.String()),
        }),
        detail: describe('Keys, the newest first', { data: [exampleKey] }),
      },
    )
    .post(
      '',
      async ({ request, server, body, set }) => {
        const account = await manager(request, server)
        const terms = readTerms(written(body), clock.now())
        const issued = await createKey(
          store,
          account,
          { ...unlimited, name: body.name, ...terms },
          clock.now(),
        )
        set.status = 201
        return { data: describeKey(await find(account, issued.hash)), key: issued.secret }
      },
      {
        parse: 'strict',
        body: t.Object({ ...limits, name }),
        detail: describe('Make a key; its secret is in `key`, this once', {
          data: exampleKey,
          key: 'sk-kk-…',
        }),
      },
    )
    .get(
      '/:hash',
      async ({ request, server, params }) => ({
        data: describeKey(await find(await manager(request, server), params.hash)),
      }),
      { detail: describe('One key', { data: exampleKey }, 'not_found') },
    )
    .patch(
      '/:hash',
      async ({ request, server, params: { hash }, body: { disabled, ...rest } }) => {
        const account = await manager(request, server)
        await find(account, hash)
        const state = disabled ? 'disabled' : 'active'
        const changes = {
          ...readTerms(written(rest), clock.now()),
          ...(disabled !== undefined && ({ state } as const)),
        }
        if (Object.keys(changes).length > 0) await changeKey(store, hash, changes)
        forgetKeys()
        return { data: describeKey(await find(account, hash)) }
      },
      {
        parse: 'strict',
        body: t.Object({ ...limits, name: t.Optional(name), disabled: t.Optional(t.Boolean()) }),
        detail: describe('Change a key', { data: exampleKey }, 'not_found'),
      },
    )
    .delete(
      '/:hash',
      async ({ request, server, params: { hash } }) => {
        await find(await manager(request, server), hash)
        await revokeKey(store, hash)
        forgetKeys()
        return { deleted: true }
      },
      { detail: describe('Revoke a key, for good', { deleted: true }, 'not_found') },
    )
}

/** OpenRouter's limit is a number of dollars; ours is exact text. */
function written<Body extends { limit?: number | null }>({ limit, ...rest }: Body) {
  if (limit === undefined) return rest
  return { ...rest, limit: limit === null ? null : decimal(limit) }
}

const decimal = (usd: number) => formatUsd(BigInt(Math.round(usd * 1e9)))

function describeKey(key: KeyView) {
  const limit = key.limit === null ? null : Number(key.limit)
  return {
    hash: key.hash,
    name: key.name,
    label: key.label,
    disabled: key.state !== 'active',
    limit,
    limit_remaining: limit === null ? null : Math.max(0, limit - Number(key.spent)),
    limit_reset: key.limit_reset,
    usage: Number(key.spent),
    created_at: key.created_at,
    updated_at: null,
    expires_at: key.expires_at,
  }
}
