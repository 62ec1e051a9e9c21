/** The second factor: authenticator app, recovery codes, passkeys; and logging in by a passkey. */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { Elysia, t } from 'elysia'
import { describeRefusals } from '../http/describe.ts'
import { strictBodies } from '../http/strict.ts'
import { confirmTotp, removeTotp, renewRecoveryCodes, startTotp } from './factor.ts'
import { userGuard } from './guard.ts'
import {
  addPasskey,
  listPasskeys,
  logInByPasskey,
  removePasskey,
  startPasskey,
  startPasskeyLogin,
} from './passkey.ts'
import type { People } from './people.ts'
import { originOf, showStep } from './routes.ts'

const text = (most: number) => t.String({ maxLength: most })
/** What the browser's ceremony answers: read and checked by the library. */
const ceremony = <T>() =>
  t.Unsafe<T>(t.Object({ id: text(2000) }, { additionalProperties: t.Unknown() }))
const tag = (summary: string, ...refusals: Parameters<typeof describeRefusals>) => ({
  detail: { summary, tags: ['Second factor'], responses: describeRefusals(...refusals) },
})

export function factorRoutes(people: People) {
  return new Elysia({ name: 'factor' })
    .use(strictBodies)
    .use(userGuard(people))
    .post('/api/me/totp', ({ visitor }) => startTotp(people, visitor), {
      user: 'recent',
      ...tag('Begin with an authenticator app', 'already_exists', 'recent_login_required'),
    })
    .post(
      '/api/me/totp/confirm',
      async ({ visitor, body }) => ({
        recovery_codes: await confirmTotp(people, visitor, body.code),
      }),
      {
        user: 'any',
        parse: 'strict',
        body: t.Object({ code: text(20) }),
        ...tag('Confirm the authenticator app', 'wrong_code'),
      },
    )
    .delete(
      '/api/me/totp',
      async ({ visitor }) => {
        await removeTotp(people, visitor)
        return { ok: true }
      },
      { user: 'recent', ...tag('Remove the authenticator app', 'recent_login_required') },
    )
    .post(
      '/api/me/recovery-codes',
      async ({ visitor }) => ({ recovery_codes: await renewRecoveryCodes(people, visitor) }),
      { user: 'recent', ...tag('New recovery codes', 'recent_login_required') },
    )
    .get(
      '/api/me/passkeys',
      async ({ visitor }) => ({ data: await listPasskeys(people, visitor), next: null }),
      { user: 'any', ...tag('My passkeys') },
    )
    .post(
      '/api/me/passkeys/options',
      ({ visitor, request }) => startPasskey(people, visitor, request),
      { user: 'recent', ...tag('Begin with a passkey', 'recent_login_required') },
    )
    .post(
      '/api/me/passkeys',
      ({ visitor, body, request }) => addPasskey(people, visitor, body, request),
      {
        user: 'any',
        parse: 'strict',
        body: t.Object({
          name: text(200),
          challenge: text(100),
          response: ceremony<RegistrationResponseJSON>(),
        }),
        ...tag('Add a passkey', 'wrong_code', 'invalid_link', 'already_exists'),
      },
    )
    .delete(
      '/api/me/passkeys/:id',
      async ({ visitor, params }) => {
        await removePasskey(people, visitor, params.id)
        return { ok: true }
      },
      { user: 'recent', ...tag('Remove a passkey', 'not_found', 'recent_login_required') },
    )
    .post(
      '/api/login/passkey/options',
      ({ body, request }) => startPasskeyLogin(people, body, request),
      {
        open: true,
        parse: 'strict',
        body: t.Object({ ticket: t.Optional(text(100)) }),
        ...tag('Begin a log-in by passkey', 'invalid_link'),
      },
    )
    .post(
      '/api/login/passkey',
      async ({ body, request, server, set }) => {
        const cookie = await logInByPasskey(
          people,
          body,
          request,
          originOf(people, request, server),
        )
        return showStep({ state: 'in', cookie }, set)
      },
      {
        open: true,
        parse: 'strict',
        body: t.Object({
          ticket: t.Optional(text(100)),
          challenge: text(100),
          response: ceremony<AuthenticationResponseJSON>(),
        }),
        ...tag('Log in by passkey', 'wrong_code', 'invalid_link', 'user_suspended'),
      },
    )
}
