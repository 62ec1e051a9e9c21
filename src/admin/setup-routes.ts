/** The set-up of a new platform, step by step: the first by the one-time address, the others by the admin whom it made. */
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import { describeRefusals } from '../http/describe.ts'
import { requireRecent, visitorOf } from '../user/guard.ts'
import { originOf } from '../user/routes.ts'
import type { Visitor } from '../user/session.ts'
import { makeFirstCall } from './first-call.ts'
import {
  connectProvider,
  connectSimulated,
  onlyChannel,
  publishPrices,
  realProviders,
  type Simulated,
} from './first-provider.ts'
import { adminGuard } from './guard.ts'
import type { Parts } from './parts.ts'
import { checkOffer, createFirstAdmin, readSteps } from './setup.ts'

const text = (most: number) => t.String({ minLength: 1, maxLength: most })
const price = t.String({ pattern: '^\\d{1,9}(\\.\\d{1,6})?$' })
const step = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  parse: 'strict' as const,
  detail: { summary, tags: ['Set-up'], responses: describeRefusals('invalid_request', ...codes) },
})

export function setupRoutes(parts: Parts, simulated: Simulated) {
  const { sessions, business, clock } = parts
  return new Elysia({ name: 'setup' })
    .use(adminGuard(parts))
    .get(
      '/api/setup',
      async ({ query: { token = '' }, request }) => {
        const steps = await readSteps(parts)
        if (steps.admin) requireOwner(await visitorOf(sessions, request))
        else await checkOffer(parts, token)
        const { platform, company, contact, jurisdiction, publicUrl } = business.current
        return {
          steps,
          simulated: business.current.simulated,
          brand: { platform, company, contact, jurisdiction, public_url: publicUrl },
          providers: realProviders.map(({ id, baseUrl, needsKey }) => ({
            ...{ id, base_url: baseUrl, needs_key: needsKey },
          })),
        }
      },
      {
        open: true,
        query: t.Object({ token: t.Optional(t.String({ maxLength: 100 })) }),
        detail: {
          ...{ summary: 'How far the set-up is', tags: ['Set-up'] },
          responses: describeRefusals('invalid_link', 'session_required', 'role_not_allowed'),
        },
      },
    )
    .post(
      '/api/setup/admin',
      async ({ body: { token, ...admin }, request, server, set }) => {
        const from = originOf(parts, request, server)
        set.headers['set-cookie'] = await createFirstAdmin(parts, token, admin, from)
        return { state: 'in' as const }
      },
      {
        open: true,
        body: t.Object({
          token: text(100),
          email: text(300),
          password: text(300),
          name: t.String({ maxLength: 200 }),
          language: t.Union([t.Literal('en'), t.Literal('zh-TW')]),
          adult: t.Boolean(),
          documents: t.Array(text(64), { maxItems: 10 }),
        }),
        ...step('Make the first admin', 'invalid_link', 'weak_password', 'not_affirmed'),
      },
    )
    .post(
      '/api/setup/brand',
      async ({ visitor, body: { public_url, ...brand }, change }) => {
        // Links in mails, as the provider's key below: not for a session that was left open.
        requireRecent(visitor, clock.now())
        const publicUrl = public_url?.replace(/\/+$/, '') || null
        const { platform, company, contact, jurisdiction, publicUrl: was } = business.current
        change.before = { platform, company, contact, jurisdiction, public_url: was }
        await business.change({ ...brand, publicUrl }, visitor.userId, clock.now())
        change.after = { ...brand, public_url: publicUrl }
        return { ok: true }
      },
      {
        admin: 'begin',
        body: t.Object({
          platform: text(200),
          company: text(200),
          contact: text(200),
          jurisdiction: text(200),
          public_url: t.Optional(t.Nullable(t.String({ maxLength: 200 }))),
        }),
        ...step('Name the platform', 'recent_login_required', 'role_not_allowed'),
      },
    )
    .post(
      '/api/setup/provider',
      ({ visitor, body }) => {
        requireRecent(visitor, clock.now())
        if (body.simulated) return connectSimulated(parts, simulated, visitor.userId)
        const connection = {
          provider: body.provider ?? '',
          baseUrl: body.base_url || null,
          apiKey: body.api_key || null,
          allowPrivate: body.allow_private ?? false,
        }
        return connectProvider(parts, connection, visitor.userId)
      },
      {
        admin: 'begin',
        body: t.Object({
          simulated: t.Optional(t.Boolean()),
          provider: t.Optional(text(64)),
          base_url: t.Optional(t.Nullable(t.String({ maxLength: 500 }))),
          api_key: t.Optional(t.Nullable(t.String({ maxLength: 500 }))),
          allow_private: t.Optional(t.Boolean()),
        }),
        ...step('Connect a provider, and try it', 'recent_login_required', 'role_not_allowed'),
      },
    )
    .post(
      '/api/setup/prices',
      async ({ visitor: { userId }, body: { markup = '0', models = [], channel } }) => {
        const from = models.length === 0 ? '' : (channel ?? (await onlyChannel(parts)))
        const prices = models.map(({ id, context_length = null, input, output = null }) => ({
          ...{ id, channel: from, contextLength: context_length, input, output },
        }))
        return publishPrices(parts, { markup, own: prices, by: userId }, simulated)
      },
      {
        admin: 'begin',
        body: t.Object({
          markup: t.Optional(t.String({ pattern: '^\\d{1,4}(\\.\\d{1,2})?$' })),
          channel: t.Optional(text(100)),
          models: t.Optional(
            t.Array(
              t.Object({
                id: text(200),
                context_length: t.Optional(t.Integer({ minimum: 1, maximum: 100_000_000 })),
                input: price,
                output: t.Optional(price),
              }),
              { maxItems: 100 },
            ),
          ),
        }),
        ...step('Publish the first prices', 'role_not_allowed', 'invalid_amount'),
      },
    )
    .post(
      '/api/setup/test',
      ({ visitor: { userId }, body: { model = null } }) => makeFirstCall(parts, userId, model),
      {
        admin: 'begin',
        body: t.Object({ model: t.Optional(text(200)) }),
        ...step('Make a first call', 'role_not_allowed', 'model_not_found', 'timeout'),
      },
    )
}

function requireOwner({ adminRole }: Pick<Visitor, 'adminRole'>): void {
  if (adminRole !== 'owner') throw new AppError('role_not_allowed')
}
