/**
 * Logging in elsewhere, by OAuth with PKCE: where a provider's pages are, and who it says that someone is. Google and any OpenID
 * provider tell it by an id token, whose signature, issuer, audience, nonce and time are checked; GitHub by its API. All
 * addresses are settings, so that each way is tested against a real provider on this machine.
 */
import { CodeChallengeMethod, OAuth2Client } from 'arctic'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { AppError } from '../base/error.ts'
import { isObject } from '../base/json.ts'
import type { Config } from '../config.ts'

export type ProviderId = 'google' | 'github' | 'oidc'

/** Whom the provider vouches for. */
export interface Stranger {
  /** The provider's own name for the person: never changes, never an address. */
  subject: string
  /** Null unless the provider says that it is verified. */
  email: string | null
  name: string
}

/** What is kept between leaving and coming back. */
export interface Journey {
  state: string
  verifier: string
  nonce: string
}

interface Endpoints {
  issuer: string
  authorize: string
  token: string
  jwks: string
  userinfo: string | null
}

interface Provider {
  id: ProviderId
  name: string
  clientId: string
  clientSecret: string
  scopes: string[]
  endpoints(): Promise<Endpoints>
  /** Throws what cannot be believed. */
  identify(tokens: { accessToken(): string; idToken(): string }, nonce: string): Promise<Stranger>
}

const timeoutMs = 10_000

export function findProviders(config: Config): Provider[] {
  return [google(config), github(config), openId(config)].filter((one) => one !== null)
}

/** Those that the operator has set up, and what their buttons say. */
export function offeredProviders(config: Config): { id: ProviderId; name: string }[] {
  return findProviders(config).map(({ id, name }) => ({ id, name }))
}

/** The provider's page that asks the person. */
export async function leaveFor(
  provider: Provider,
  redirectUri: string,
  { state, verifier, nonce }: Journey,
): Promise<URL> {
  const { authorize } = await provider.endpoints()
  const client = new OAuth2Client(provider.clientId, provider.clientSecret, redirectUri)
  const { S256 } = CodeChallengeMethod
  const url = client.createAuthorizationURLWithPKCE(
    authorize,
    state,
    S256,
    verifier,
    provider.scopes,
  )
  url.searchParams.set('nonce', nonce)
  return url
}

/** Refuses with `login_elsewhere_failed` whatever is not as it should be; the cause is for the log. */
export async function comeBackFrom(
  provider: Provider,
  redirectUri: string,
  code: string,
  { verifier, nonce }: Journey,
): Promise<Stranger> {
  try {
    const { token } = await provider.endpoints()
    const client = new OAuth2Client(provider.clientId, provider.clientSecret, redirectUri)
    const tokens = await Promise.race([
      client.validateAuthorizationCode(token, code, verifier),
      Bun.sleep(timeoutMs).then(() => Promise.reject(new Error('No tokens came in time.'))),
    ])
    return await provider.identify(tokens, nonce)
  } catch (cause) {
    throw new AppError('login_elsewhere_failed', { cause })
  }
}

function google(config: Config): Provider | null {
  const { googleClientId: id, googleClientSecret: secret, googleIssuer } = config
  return id && secret ? byIdToken('google', 'Google', googleIssuer, id, secret) : null
}

function openId(config: Config): Provider | null {
  const { oidcIssuer, oidcClientId: id, oidcClientSecret: secret, oidcName } = config
  return oidcIssuer && id && secret ? byIdToken('oidc', oidcName, oidcIssuer, id, secret) : null
}

/** Found by the issuer's discovery document, which is read once an hour. */
function byIdToken(
  id: ProviderId,
  name: string,
  issuer: string,
  clientId: string,
  clientSecret: string,
): Provider {
  const endpoints = () => discover(issuer)
  return {
    ...{ id, name, clientId, clientSecret, endpoints, scopes: ['openid', 'email', 'profile'] },
    identify: async (tokens, nonce) => {
      const { issuer: expected, jwks, userinfo } = await endpoints()
      const keys = createRemoteJWKSet(new URL(jwks), { timeoutDuration: timeoutMs })
      const { payload } = await jwtVerify(tokens.idToken(), keys, {
        ...{ issuer: expected, audience: clientId, requiredClaims: ['sub', 'exp', 'iat'] },
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        clockTolerance: 30,
      })
      if (payload.nonce !== nonce) throw new Error('The id token is of another log-in.')
      // The standard leaves it to the provider where it tells the address.
      const claims =
        payload.email === undefined && userinfo !== null
          ? await askJson(userinfo, { authorization: `Bearer ${tokens.accessToken()}` })
          : payload
      if (claims.sub !== payload.sub) throw new Error('The address told is of another person.')
      const { email, email_verified: verified, name: called } = claims
      return {
        subject: String(payload.sub),
        email: verified === true && typeof email === 'string' ? email : null,
        name: typeof called === 'string' ? called : '',
      }
    },
  }
}

const discovered = new Map<string, { until: number; endpoints: Promise<Endpoints> }>()

function discover(issuer: string): Promise<Endpoints> {
  const known = discovered.get(issuer)
  if (known && performance.now() < known.until) return known.endpoints
  const endpoints = readDiscovery(issuer)
  discovered.set(issuer, { until: performance.now() + 3_600_000, endpoints })
  // What failed is asked again at the next try.
  endpoints.catch(() => discovered.delete(issuer))
  return endpoints
}

async function readDiscovery(issuer: string): Promise<Endpoints> {
  const told = await askJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = told
  if (told.issuer !== issuer) throw new Error('The discovery document is of another issuer.')
  return {
    issuer,
    authorize: String(authorization_endpoint),
    token: String(token_endpoint),
    jwks: String(jwks_uri),
    userinfo: typeof userinfo_endpoint === 'string' ? userinfo_endpoint : null,
  }
}

function github(config: Config): Provider | null {
  const { githubClientId: clientId, githubClientSecret: clientSecret } = config
  if (!clientId || !clientSecret) return null
  const { githubUrl, githubApiUrl } = config
  return {
    ...{ id: 'github', name: 'GitHub', clientId, clientSecret },
    scopes: ['read:user', 'user:email'],
    endpoints: async () => ({
      issuer: githubUrl,
      authorize: `${githubUrl}/login/oauth/authorize`,
      token: `${githubUrl}/login/oauth/access_token`,
      jwks: '',
      userinfo: null,
    }),
    identify: async (tokens) => {
      const headers = { authorization: `Bearer ${tokens.accessToken()}` }
      const user = await askJson(`${githubApiUrl}/user`, headers)
      const emails = await askJson<unknown[]>(`${githubApiUrl}/user/emails`, headers)
      const own = emails.filter(isObject).find(({ primary, verified }) => primary && verified)
      if (!Number.isSafeInteger(user.id)) throw new Error('GitHub told no user id.')
      const name = typeof user.name === 'string' ? user.name : String(user.login ?? '')
      return { subject: String(user.id), email: own ? String(own.email) : null, name }
    },
  }
}

async function askJson<T = Record<string, unknown>>(
  url: string,
  headers: Record<string, string> = {},
): Promise<T> {
  const reply = await fetch(url, {
    headers: { accept: 'application/json', 'user-agent': 'kkai', ...headers },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!reply.ok) throw new Error(`${new URL(url).host} answered ${reply.status}.`)
  return (await reply.json()) as T
}
