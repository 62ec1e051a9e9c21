/**
 * To a provider's page and back. What was begun is kept in a ticket whose secret is the state, bound to the browser by a cookie:
 * a state that is missing, used, or of another browser leads nowhere.
 */
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import { randomText, sha256 } from '../base/secret.ts'
import type { AnyServer } from '../http/address.ts'
import { describeRefusals } from '../http/describe.ts'
import { strictBodies } from '../http/strict.ts'
import { isForeign, requireRecent, userGuard } from './guard.ts'
import { arrive, linkIdentity, readNewcomer, registerNewcomer, unlinkIdentity } from './identity.ts'
import { comeBackFrom, findProviders, leaveFor } from './oauth.ts'
import type { People } from './people.ts'
import type { MakeAccount } from './register.ts'
import { originOf, registrationFields, showStep } from './routes.ts'
import { issueTicket, readTicket, useTicket } from './ticket.ts'

const lifeMs = 10 * 60_000

export function oauthRoutes(people: People, makeAccount: MakeAccount) {
  const { store, clock, config, sessions, log } = people
  const tag = (summary: string, ...refusals: Parameters<typeof describeRefusals>) => ({
    detail: { summary, tags: ['People'], responses: describeRefusals(...refusals) },
  })
  const find = (id: string) => {
    const provider = findProviders(config).find((one) => one.id === id)
    if (!provider) throw new AppError('not_found')
    return provider
  }
  const secure = () => people.publicUrl().startsWith('https:')
  const cookieName = () => (secure() ? '__Host-kkai-oauth' : 'kkai-oauth')
  const cookieOf = (browser: string) =>
    `${cookieName()}=${browser}; Path=/; Max-Age=${lifeMs / 1000}; HttpOnly; SameSite=Lax${secure() ? '; Secure' : ''}`
  const redirectUri = (id: string) => `${people.publicUrl()}/api/oauth/${id}/callback`

  /** A person's browser asks, so what went wrong is told on a page. */
  function refuse(provider: string, { code, cause }: AppError): Response {
    log.info('oauth.refused', { provider, code, cause })
    return redirect(`/login?error=${code}`)
  }

  async function comeBack(id: string, request: Request, server: AnyServer): Promise<Response> {
    const asked = new URL(request.url).searchParams
    const provider = find(id)
    const state = asked.get('state') ?? ''
    const now = clock.now()
    const ticket = await readTicket(store, 'oauth', state, now)
    const {
      provider: begun,
      browser,
      verifier,
      nonce,
      next,
      linkTo,
    } = ticket.data as unknown as Begun
    const cookie = new RegExp(`(?:^|; )${cookieName()}=([^;]+)`).exec(
      request.headers.get('cookie') ?? '',
    )?.[1]
    if (begun !== id || cookie === undefined || sha256(cookie) !== browser) {
      throw new AppError('login_elsewhere_failed')
    }
    await store.write((db) => [useTicket(db, 'oauth', state, now)])
    const code = asked.get('code')
    if (code === null) throw new AppError('login_elsewhere_failed')
    const stranger = await comeBackFrom(provider, redirectUri(id), code, { state, verifier, nonce })
    if (linkTo !== null) {
      const visitor = await sessions.find(request)
      if (visitor?.userId !== linkTo) throw new AppError('session_required')
      await linkIdentity(people, linkTo, provider.id, stranger)
      return redirect('/settings')
    }
    const step = await arrive(people, provider.id, stranger, originOf(people, request, server))
    const onward = encodeURIComponent(next)
    if (step.state === 'in') return redirect(next, step.cookie)
    if (step.state === 'second') {
      return redirect(`/login?ticket=${step.ticket}&methods=${step.methods.join()}&next=${onward}`)
    }
    if (step.state === 'new') return redirect(`/register?ticket=${step.ticket}&next=${onward}`)
    return redirect(`/login?error=${step.code}&provider=${id}`)
  }

  return new Elysia({ name: 'oauth' })
    .use(strictBodies)
    .use(userGuard(people))
    .get(
      '/api/oauth/:provider',
      async ({ params, query, request }) => {
        const provider = find(params.provider)
        const now = clock.now()
        let linkTo: string | null = null
        if (query.link === '1') {
          // A link from elsewhere could tie to her who happens to be logged in there.
          if (isForeign(request.headers)) throw new AppError('foreign_origin')
          const visitor = await sessions.find(request)
          if (!visitor) throw new AppError('session_required')
          requireRecent(visitor, now)
          linkTo = visitor.userId
        }
        const browser = randomText(43)
        const begun = { verifier: randomText(64), nonce: randomText(43) }
        const data: Begun = {
          ...{ ...begun, linkTo, provider: provider.id, browser: sha256(browser) },
          next: safeNext(query.next),
        }
        const { secret, statement } = issueTicket(
          { kind: 'oauth', userId: null, data: { ...data }, lifeMs },
          now,
        )
        await store.write((db) => [statement(db)])
        const journey = { state: secret, ...begun }
        return leaveFor(provider, redirectUri(provider.id), journey).then(
          ({ href }) => redirect(href, cookieOf(browser)),
          (cause) => refuse(provider.id, new AppError('login_elsewhere_failed', { cause })),
        )
      },
      {
        open: true,
        query: t.Object({
          next: t.Optional(t.String({ maxLength: 2000 })),
          link: t.Optional(t.String({ maxLength: 1 })),
        }),
        ...tag('Log in elsewhere', 'not_found', 'session_required', 'foreign_origin'),
      },
    )
    .get(
      '/api/oauth/:provider/callback',
      ({ params, request, server }) =>
        comeBack(params.provider, request, server).catch((cause) => {
          if (!(cause instanceof AppError)) throw cause
          return refuse(params.provider, cause)
        }),
      { open: true, ...tag('Come back from elsewhere') },
    )
    .get('/api/register/oauth', ({ query }) => readNewcomer(people, query.ticket), {
      open: true,
      query: t.Object({ ticket: t.String({ maxLength: 100 }) }),
      ...tag('What a newcomer’s form begins with', 'invalid_link'),
    })
    .post(
      '/api/register/oauth',
      async ({ body, request, server, set }) => {
        const { account_name = null, country = null, ...rest } = body
        const from = originOf(people, request, server)
        const registration = { ...rest, accountName: account_name, country }
        return showStep(await registerNewcomer(people, makeAccount, registration, from), set)
      },
      {
        open: true,
        parse: 'strict',
        body: t.Object({ ticket: t.String({ maxLength: 100 }), ...registrationFields }),
        ...tag('Register after a log-in elsewhere', 'not_affirmed', 'invalid_link'),
      },
    )
    .delete(
      '/api/me/identities/:provider',
      async ({ visitor, params }) => {
        await unlinkIdentity(people, visitor, params.provider)
        return { ok: true }
      },
      { user: 'recent', ...tag('Remove a log-in elsewhere', 'not_found', 'recent_login_required') },
    )
}

interface Begun {
  provider: string
  browser: string
  verifier: string
  nonce: string
  next: string
  linkTo: string | null
}

/** A path of this site and nothing else; else the log-in, which sends whoever is in on to her account. */
function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes('\\')
    ? next
    : '/login'
}

function redirect(location: string, cookie?: string): Response {
  const headers = { location, 'cache-control': 'no-store', ...(cookie && { 'set-cookie': cookie }) }
  return new Response(null, { status: 302, headers })
}
