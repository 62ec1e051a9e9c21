/** The ways to providers: what each does now, and changing, resting and trying them. */
import { Elysia, t } from 'elysia'
import type { JsonObject } from '../base/json.ts'
import { providers } from '../catalog/provider.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { describe } from './catalog-routes.ts'
import {
  putChannel,
  rotateCredential,
  setChannelState,
  showChannels,
  testChannel,
} from './channel.ts'
import type { Figures } from './figures.ts'
import { adminGuard, reason } from './guard.ts'
import type { Parts } from './parts.ts'

const changes = ['invalid_request', 'changed_meanwhile'] as const
const id = t.String({ minLength: 1, maxLength: 200 })
const credential = t.String({ minLength: 1, maxLength: 4096 })
const revision = t.Number({ minimum: 0, maximum: 2 ** 31 - 1, multipleOf: 1 })

export function channelRoutes(parts: Parts, gateway: Gateway, figures: Figures) {
  return new Elysia({ name: 'admin-channels', prefix: '/api/admin' })
    .use(adminGuard(parts))
    .get(
      '/channels',
      async () => ({
        data: await showChannels(parts, gateway, await figures.channels()),
        providers: [...providers].map(([id, { baseUrl, credential }]) => ({
          ...{ id, base_url: baseUrl, needs_credential: credential === 'needed' },
        })),
      }),
      { admin: 'read', ...describe('Channels, how they do on this node and did in 24 hours') },
    )
    .put(
      '/channels',
      async ({
        body: { quirks, credential = null, base_url = null, ...body },
        visitor,
        change,
      }) => {
        const written = { ...body, credential, base_url, quirks: quirks as JsonObject }
        const before = await putChannel(parts, written, visitor.userId)
        if (before) change.before = before
        const { credential: sent, ...after } = written
        change.after = { ...after, credential_changed: sent !== null }
        return { id: body.id }
      },
      {
        ...{ admin: 'run', parse: 'strict' },
        body: t.Object({
          ...{ id, provider: id, allow_private: t.Boolean() },
          base_url: t.Optional(t.Nullable(t.String({ maxLength: 500 }))),
          credential: t.Optional(t.Nullable(credential)),
          quirks: t.Record(t.String(), t.Unknown()),
          revision: t.Nullable(revision),
        }),
        ...describe('Add or change a channel', 'already_exists', ...changes),
      },
    )
    .post(
      '/channels/credential',
      async ({ body, visitor }) => {
        await rotateCredential(parts, body, visitor.userId)
        return { id: body.id }
      },
      {
        ...{ admin: 'run', parse: 'strict' },
        body: t.Object({ id, credential, revision }),
        ...describe('Seal another credential: no answer ever holds one', ...changes),
      },
    )
    .post(
      '/channels/state',
      async ({ body, change }) => {
        change.before = { state: await setChannelState(parts, body) }
        change.after = { state: body.state, reason: body.reason }
        return { id: body.id, state: body.state }
      },
      {
        ...{ admin: 'run', parse: 'strict' },
        body: t.Object({
          ...{ id, revision, reason },
          state: t.Union([t.Literal('active'), t.Literal('disabled')]),
        }),
        ...describe('Use it, or leave it out', ...changes),
      },
    )
    .post('/channels/test', ({ body }) => testChannel(parts, gateway, body), {
      ...{ admin: 'run', parse: 'strict' },
      body: t.Object({ id, model: id }),
      ...describe('Ask it once: how long it takes, what it says and costs', 'invalid_request'),
    })
}
