/** Which id tokens are believed: those that the issuer signed, for us, for this log-in, and not long ago. */
import { afterAll, expect, test } from 'bun:test'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { readSettings } from '../../src/config.ts'
import { findProviders, leaveFor } from '../../src/user/oauth.ts'

const keys = await generateKeyPair('ES256')
const others = await generateKeyPair('ES256')
const secret = 'the client’s secret, long enough for HS256'

/** `named`: the issuer that its discovery document claims to be; `told`: what its userinfo says. */
function openIssuer({ named, told }: { named?: string; told?: object } = {}): string {
  const server: Bun.Server<undefined> = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    routes: {
      '/.well-known/openid-configuration': (): Response =>
        Response.json({
          issuer: named ?? issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          ...(told && { userinfo_endpoint: `${issuer}/userinfo` }),
        }),
      '/userinfo': ({ headers }) =>
        headers.get('authorization') === 'Bearer access'
          ? Response.json(told)
          : new Response(null, { status: 401 }),
      '/jwks': async () =>
        Response.json({ keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'ES256' }] }),
    },
  })
  const issuer: string = server.url.origin
  afterAll(() => server.stop(true))
  return issuer
}

function providerOf(issuer: string) {
  const oidc = { oidc_issuer: issuer, oidc_client_id: 'kkai', oidc_client_secret: secret }
  const [provider] = findProviders(readSettings(oidc, {}).config)
  if (!provider) throw new Error('No provider is set up.')
  return provider
}

const issuer = openIssuer()
const provider = providerOf(issuer)
const now = Math.floor(Date.now() / 1000)
const claims = {
  ...{ iss: issuer, aud: 'kkai', sub: '4711', nonce: 'n', iat: now, exp: now + 60 },
  ...{ email: 'ann@example.com', email_verified: true, name: 'Ann' },
}
const sign = (more: object = {}, key = keys.privateKey) =>
  new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: 'ES256' }).sign(key)
const identify = (idToken: string, by = provider) =>
  by.identify({ accessToken: () => 'access', idToken: () => idToken }, 'n')

test('a right one tells who she is', async () => {
  const stranger = { subject: '4711', email: 'ann@example.com', name: 'Ann' }
  expect(await identify(await sign())).toEqual(stranger)
})

test.each([
  ['says that it is not verified', { email_verified: false }],
  ['says so in a word', { email_verified: 'true' }],
  ['does not say', { email_verified: undefined }],
  ['tells none', { email: undefined }],
])('an address is none when the provider %s', async (_, more) => {
  expect(await identify(await sign(more))).toMatchObject({ subject: '4711', email: null })
})

test.each([
  ['tells it elsewhere', '4711', { subject: '4711', email: 'ann@example.com' }],
  ['tells another’s there', '666', null],
])('an address that is not in the token counts when the provider %s', async (_, sub, expected) => {
  const { email, email_verified } = claims
  const iss = openIssuer({ told: { sub, email, email_verified } })
  const told = identify(await sign({ iss, email: undefined }), providerOf(iss))
  expect(await told.catch(() => null)).toEqual(expected && expect.objectContaining(expected))
})

const hour = 3600
test.each([
  ['of another issuer', () => sign({ iss: 'https://evil.example' })],
  ['for another client', () => sign({ aud: 'another' })],
  ['of another log-in', () => sign({ nonce: 'another' })],
  ['of no log-in', () => sign({ nonce: undefined })],
  ['of no one', () => sign({ sub: undefined })],
  ['expired', () => sign({ iat: now - hour, exp: now - 60 })],
  ['without an end', () => sign({ exp: undefined })],
  ['not valid yet', () => sign({ nbf: now + hour })],
  ['signed with another key', () => sign({}, others.privateKey)],
  ['not signed', async () => new UnsecuredJWT(claims).encode()],
  [
    'signed with the client’s secret',
    () =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret)),
  ],
  ['changed afterwards', async () => (await sign()).replace(/\.[^.]+\./, '.e30.')],
  ['no token', async () => 'token'],
])('one that is %s is not believed', async (_, make) => {
  expect(await identify(await make()).catch((cause) => cause)).toBeInstanceOf(Error)
})

test('a discovery document of another issuer is not believed', async () => {
  const impostor = providerOf(openIssuer({ named: 'https://accounts.google.com' }))
  const journey = { state: 's', verifier: 'v', nonce: 'n' }
  const left = leaveFor(impostor, 'https://ai.example.com/callback', journey)
  expect(await left.catch((cause) => String(cause))).toContain('another issuer')
})
