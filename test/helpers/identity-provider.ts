/** Where people are known already: a real OpenID provider and something like GitHub, on loopback, and a browser to visit them. */
import { afterAll } from 'bun:test'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Provider from 'oidc-provider'
import { sha256 } from '../../src/base/secret.ts'

export interface Person {
  email: string
  email_verified: boolean
  name: string
  /** Of GitHub: the address that is hers but not the one she uses. */
  secondary?: string
}

export interface Elsewhere {
  /** For the settings: the one OpenID provider stands for Google and for any other. */
  settings: Record<string, string>
  /** By subject; may change between visits. */
  persons: Map<string, Person>
  /** Goes to the provider's page as that person, who agrees to everything; answers where she is sent then. */
  visit(url: string, subject: string): Promise<URL>
}

const client = (id: string) => ({ client_id: id, client_secret: `secret-of-${id}` })

/** `home`: the public URL of who sends people there. */
export async function openElsewhere(home: string): Promise<Elsewhere> {
  const persons = new Map<string, Person>()
  const issuer = await openOpenId(persons, home)
  const github = openGithub(persons)
  const registered = (name: string) => ({
    [`${name}_client_id`]: name,
    [`${name}_client_secret`]: client(name).client_secret,
  })
  return {
    persons,
    visit: async (url, subject) => {
      const { origin } = new URL(url)
      const cookies = new Map([['person', subject]])
      for (let next = new URL(url); ; ) {
        if (next.origin !== origin) return next
        const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
        const reply = await fetch(next, { redirect: 'manual', headers: { cookie } })
        for (const line of reply.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          cookies.set(name, value)
        }
        const location = reply.headers.get('location')
        if (location === null) throw new Error(`${next} answered ${await reply.text()}`)
        next = new URL(location, next)
      }
    },
    settings: {
      ...{ ...registered('google'), ...registered('oidc'), ...registered('github') },
      ...{ google_issuer: issuer, oidc_issuer: issuer, github_url: github, github_api_url: github },
    },
  }
}

async function openOpenId(persons: Map<string, Person>, home: string): Promise<string> {
  let answer = (_request: IncomingMessage, _response: ServerResponse): unknown => null
  const server = createServer((request, response) => answer(request, response))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  afterAll(() => server.closeAllConnections())
  const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const scope = 'openid email profile'
  const provider: Provider = new Provider(issuer, {
    clients: ['google', 'oidc'].map((id) => ({
      ...{ ...client(id), redirect_uris: [`${home}/api/oauth/${id}/callback`] },
    })),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // Unlike Google, it tells the address by userinfo only.
    conformIdTokenClaims: true,
    cookies: { keys: ['of a test'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, ...persons.get(accountId) }),
    }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope(scope)
      await grant.save()
      return grant
    },
    pkce: { required: () => true },
    ttl: { AccessToken: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
  })
  const pages = provider.callback()
  answer = (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return pages(request, response)
    const accountId = /person=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    return provider.interactionFinished(request, response, { login: { accountId } })
  }
  return issuer
}

function openGithub(persons: Map<string, Person>): string {
  const codes = new Map<string, { subject: string; challenge: string }>()
  let made = 0
  const authorize = ({ headers, url }: Request) => {
    const asked = new URL(url).searchParams
    const code = `code-${++made}`
    const subject = /person=([^;]+)/.exec(headers.get('cookie') ?? '')?.[1] ?? ''
    codes.set(code, { subject, challenge: asked.get('code_challenge') ?? '' })
    const back = new URL(asked.get('redirect_uri') ?? '')
    back.search = new URLSearchParams({ code, state: asked.get('state') ?? '' }).toString()
    return Response.redirect(back.href)
  }
  // As GitHub does: what it refuses, it refuses with 200.
  const token = async (request: Request) => {
    const asked = new URLSearchParams(await request.text())
    const code = asked.get('code') ?? ''
    const found = codes.get(code)
    codes.delete(code)
    const proof = Buffer.from(sha256(asked.get('code_verifier') ?? ''), 'hex').toString('base64url')
    if (!found || proof !== found.challenge) {
      return Response.json({ error: 'bad_verification_code', error_description: 'no' })
    }
    return Response.json({ access_token: found.subject, token_type: 'bearer', scope: '' })
  }
  const who = ({ headers }: Request) => {
    const subject = headers.get('authorization')?.slice('Bearer '.length) ?? ''
    return { subject, person: persons.get(subject) }
  }
  const server = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    routes: {
      '/login/oauth/authorize': authorize,
      '/login/oauth/access_token': { POST: token },
      '/user': (request) => {
        const { subject, person } = who(request)
        return Response.json({ id: Number(subject), login: 'octocat', name: person?.name })
      },
      '/user/emails': (request) => {
        const { email, email_verified: verified, secondary } = who(request).person ?? {}
        return Response.json([
          ...(secondary ? [{ email: secondary, primary: false, verified: true }] : []),
          { email, primary: true, verified },
        ])
      },
    },
  })
  afterAll(() => server.stop(true))
  return server.url.origin
}
