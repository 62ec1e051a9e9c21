/** Registering, logging in and out, what is proven by mail, and what a user changes of herself. */
import { Elysia, t } from 'elysia'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { type AnyServer, clientAddress } from '../http/address.ts'
import { describeRefusals } from '../http/describe.ts'
import { strictBodies } from '../http/strict.ts'
import { checkPuzzle, newPuzzle } from './captcha.ts'
import { userGuard } from './guard.ts'
import { type LoginStep, logIn, logInSecond } from './login.ts'
import type { People } from './people.ts'
import {
  changePassword,
  changeProfile,
  endOtherSessions,
  endOwnSession,
  listSessions,
  proveAgain,
  readProfile,
} from './profile.ts'
import { type MakeAccount, register } from './register.ts'
import { isElsewhere, type Origin } from './session.ts'
import { countTry, mailLimits, registerLimits } from './throttle.ts'
import {
  changeAddress,
  confirmAddress,
  confirmChange,
  resetPassword,
  sendReset,
  sendVerification,
} from './verify.ts'

const text = (most: number) => t.String({ maxLength: most })
const languages = t.Union([t.Literal('en'), t.Literal('zh-TW')])
const tag = (summary: string, ...refusals: Parameters<typeof describeRefusals>) => ({
  detail: { summary, tags: ['People'], responses: describeRefusals(...refusals) },
})

/** What both ways of registering affirm. */
export const registrationFields = {
  name: text(200),
  language: languages,
  kind: t.Union([t.Literal('person'), t.Literal('entity')]),
  account_name: t.Optional(text(200)),
  country: t.Optional(t.String({ pattern: '^[A-Z]{2}$' })),
  adult: t.Boolean(),
  authority: t.Boolean(),
  documents: t.Array(text(64), { maxItems: 10 }),
}

/** Where a request comes from, for sessions, throttles and records. */
export function originOf(
  people: Pick<People, 'config' | 'publicUrl'>,
  request: Request,
  server: AnyServer,
): Origin {
  const page = request.headers.get('origin') ?? ''
  return {
    address: clientAddress(request, server, people.config.trustedProxies),
    agent: request.headers.get('user-agent'),
    plain: page.startsWith('http:') && isElsewhere(page, people.publicUrl()),
  }
}

/** A step of a log-in: the cookie goes into its header. */
export function showStep(step: LoginStep, set: { headers: Record<string, unknown> }) {
  if (step.state === 'second') return step
  set.headers['set-cookie'] = step.cookie
  return { state: 'in' as const }
}

export function userRoutes(people: People, makeAccount: MakeAccount) {
  const { store, sealingKey, clock, sessions, business } = people
  const body = { open: true, parse: 'strict' } as const
  const own = { user: 'any', parse: 'strict' } as const
  return new Elysia({ name: 'user' })
    .use(strictBodies)
    .use(userGuard(people))
    .get('/api/captcha', () => newPuzzle(sealingKey, Date.now()), {
      open: true,
      ...tag('A puzzle to solve before a registration or a mail'),
    })
    .post(
      '/api/register',
      async ({ body, request, server }) => {
        if (!business.current.openRegistration) throw new AppError('not_found')
        const from = originOf(people, request, server)
        await countTry(store, registerLimits(from.address), clock.now())
        await checkPuzzle(store, sealingKey, body.captcha, clock.now())
        const { account_name = null, country = null, ...rest } = body
        await register(people, makeAccount, { ...rest, accountName: account_name, country }, from)
        return { ok: true }
      },
      {
        ...body,
        body: t.Object({
          email: text(300),
          password: text(300),
          captcha: text(2000),
          ...registrationFields,
        }),
        ...tag(
          'Register',
          'invalid_email',
          'weak_password',
          'not_affirmed',
          'captcha_failed',
          'too_many_attempts',
        ),
      },
    )
    .post(
      '/api/login',
      async ({ body, request, server, set }) =>
        showStep(await logIn(people, body, originOf(people, request, server)), set),
      {
        ...body,
        body: t.Object({ email: text(300), password: text(5000) }),
        ...tag('Log in', 'wrong_password', 'user_suspended', 'too_many_attempts'),
      },
    )
    .post(
      '/api/login/second',
      async ({ body, request, server, set }) => {
        const cookie = await logInSecond(people, body, originOf(people, request, server))
        return showStep({ state: 'in', cookie }, set)
      },
      {
        ...body,
        body: t.Object({ ticket: text(100), code: text(40) }),
        ...tag('Log in: the second factor', 'wrong_code', 'invalid_link', 'too_many_attempts'),
      },
    )
    .post(
      '/api/logout',
      async ({ request, set }) => {
        const visitor = await sessions.find(request)
        if (visitor) await sessions.end(visitor.sessionId)
        set.headers['set-cookie'] = sessions.blank
        return { ok: true }
      },
      { open: true, ...tag('Log out') },
    )
    .post(
      '/api/verify',
      async ({ body }) => {
        await confirmAddress(people, body.token)
        return { ok: true }
      },
      {
        ...body,
        body: t.Object({ token: text(100) }),
        ...tag('Confirm an address', 'invalid_link'),
      },
    )
    .post(
      '/api/verify/resend',
      async ({ body, request, server }) => {
        const { address } = originOf(people, request, server)
        await countTry(store, mailLimits(normaliseEmail(body.email), address), clock.now())
        await sendVerification(people, body.email)
        return { ok: true }
      },
      {
        ...body,
        body: t.Object({ email: text(300) }),
        ...tag('Send the confirmation again', 'too_many_attempts'),
      },
    )
    .post(
      '/api/reset',
      async ({ body, request, server }) => {
        const { address } = originOf(people, request, server)
        await countTry(store, mailLimits(normaliseEmail(body.email), address), clock.now())
        await checkPuzzle(store, sealingKey, body.captcha, clock.now())
        await sendReset(people, body.email)
        return { ok: true }
      },
      {
        ...body,
        body: t.Object({ email: text(300), captcha: text(2000) }),
        ...tag('Ask for a new password', 'captcha_failed', 'too_many_attempts'),
      },
    )
    .post(
      '/api/reset/confirm',
      async ({ body, set }) => {
        await resetPassword(people, body.token, body.password)
        set.headers['set-cookie'] = sessions.blank
        return { ok: true }
      },
      {
        ...body,
        body: t.Object({ token: text(100), password: text(300) }),
        ...tag('Set a new password', 'invalid_link', 'weak_password'),
      },
    )
    .post(
      '/api/address/confirm',
      async ({ body }) => {
        await confirmChange(people, body.token)
        return { ok: true }
      },
      {
        ...body,
        body: t.Object({ token: text(100) }),
        ...tag('Confirm a new address', 'invalid_link', 'email_taken'),
      },
    )
    .get('/api/me', ({ visitor }) => readProfile(people, visitor), {
      user: 'any',
      ...tag('Who I am'),
    })
    .patch(
      '/api/me',
      async ({ visitor, body }) => {
        await changeProfile(people, visitor, body)
        return readProfile(people, visitor)
      },
      {
        ...own,
        body: t.Object({ name: t.Optional(text(200)), language: t.Optional(languages) }),
        ...tag('Change name or language'),
      },
    )
    .post(
      '/api/me/password',
      async ({ visitor, body }) => {
        await changePassword(people, visitor, body.password)
        return { ok: true }
      },
      {
        ...own,
        user: 'recent',
        body: t.Object({ password: text(300) }),
        ...tag('Change the password', 'weak_password', 'recent_login_required'),
      },
    )
    .post(
      '/api/me/address',
      async ({ visitor, body, request, server }) => {
        const { address } = originOf(people, request, server)
        await countTry(store, mailLimits(normaliseEmail(body.email), address), clock.now())
        await changeAddress(people, visitor, body.email)
        return { ok: true }
      },
      {
        ...own,
        user: 'recent',
        body: t.Object({ email: text(300) }),
        ...tag('Change the address', 'invalid_email', 'recent_login_required'),
      },
    )
    .post(
      '/api/me/recent',
      async ({ visitor, body, request, server, set }) => {
        set.headers['set-cookie'] = await proveAgain(
          people,
          visitor,
          body,
          originOf(people, request, server),
        )
        return { ok: true }
      },
      {
        ...own,
        body: t.Object({ password: t.Optional(text(5000)), code: t.Optional(text(40)) }),
        ...tag('Prove anew who I am', 'wrong_password', 'wrong_code', 'too_many_attempts'),
      },
    )
    .get(
      '/api/me/sessions',
      async ({ visitor }) => ({ data: await listSessions(people, visitor), next: null }),
      {
        user: 'any',
        ...tag('Where I am logged in'),
      },
    )
    .delete(
      '/api/me/sessions/:id',
      async ({ visitor, params }) => {
        await endOwnSession(people, visitor, params.id)
        return { ok: true }
      },
      { user: 'any', ...tag('Log out there', 'not_found') },
    )
    .delete(
      '/api/me/sessions',
      async ({ visitor }) => {
        await endOtherSessions(people, visitor)
        return { ok: true }
      },
      { user: 'any', ...tag('Log out everywhere else') },
    )
}
