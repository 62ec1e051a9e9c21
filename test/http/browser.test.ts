/**
 * What other sites can do with a visitor's browser: nothing. Asked of the running platform's own table of routes, so that a
 * new route is held to it by being there. Formulas in files: `csv.test.ts`; where a log-in leads on: `../user/oauth.test.ts`
 * and `../journey/attack.test.ts`.
 */
import { describe, expect, test } from 'bun:test'
import { is } from 'drizzle-orm'
import { SQLiteTable } from 'drizzle-orm/sqlite-core'
import * as creditTables from '../../src/store/credit.ts'
import * as peopleTables from '../../src/store/people.ts'
import * as moneyTables from '../../src/store/schema.ts'
import { pages } from '../../web/routes.ts'
import { now } from '../helpers/database.ts'
import { newTeam } from '../helpers/people.ts'
import { apiRoutes, cases, type Route, sample, sampleQuery } from '../helpers/routes.ts'
import { startTestServer } from '../helpers/server.ts'

const elsewhere = {
  oidc_issuer: 'http://127.0.0.1:9',
  ...{ oidc_client_id: 'a', oidc_client_secret: 'b' },
}
const { parts, server, store } = await startTestServer(elsewhere)

/** Everything here is hers: what another site had done in her name would be done. */
await newTeam(parts, 'ours', { ann: 'owner' })
await store.write((db) => [
  db.insert(moneyTables.key).values({
    ...{ id: 'key_ours', hash: 'hash', suffix: 's', accountId: 'ours', name: 'k' },
    createdAt: now,
  }),
  db.insert(peopleTables.webhook).values({
    ...{ id: 'whk_ours', accountId: 'ours', url: 'https://a', secret: 's', createdAt: now },
  }),
])
const hers: Record<string, string> = {
  ...{ account: 'ours', user: 'ann', id: 'key_ours', webhook: 'whk_ours', provider: 'oidc' },
  ...{ kind: 'terms', receipt: '1' },
}
const cookie = (await parts.sessions.open('ann', { address: '', agent: null })).split(';')[0] ?? ''

/** Every row of every table; a server's own row tells that it is there. */
async function everything() {
  const tables = Object.values({ ...peopleTables, ...moneyTables, ...creditTables }).filter(
    (one) => is(one, SQLiteTable) && one !== moneyTables.instance,
  ) as SQLiteTable[]
  return Promise.all(tables.map((table) => store.db.select().from(table)))
}

/** As her browser sends it, with her cookie. */
async function send(route: Route, headers: Record<string, string>, query = sampleQuery(route)) {
  const { method, path, hooks } = route
  const filled = path.replace(/:(\w+)/g, (_, name: string) => hers[name] ?? 'x')
  const response = await fetch(`${server.url}${filled}?${query}`, {
    ...{ method, redirect: 'manual' },
    headers: { cookie, 'content-type': 'application/json', ...headers },
    ...(method !== 'GET' && { body: JSON.stringify(hooks.body ? sample(hooks.body) : {}) }),
  })
  const text = await response.text()
  const code = response.status < 400 ? null : JSON.parse(text).error.code
  return { status: response.status, code }
}

const routes = apiRoutes(server.routes)
/** They know keys, not cookies: a browser sends no key unasked. */
const byKey = ({ path }: Route) => /^(\/api)?\/v1\//.test(path)
/** They know what a processor proves, and neither cookie nor page. */
const byProof = ({ path }: Route) => path === '/api/payments/:processor'
const reading = routes.filter(({ method }) => method === 'GET')
const writing = routes.filter(({ method }) => method !== 'GET')

const foreign = [
  ['the origin of another site', { origin: 'https://evil.example' }],
  ['an origin that is hidden', { origin: 'null' }],
  ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
  ['a fetch from a neighbouring name', { 'sec-fetch-site': 'same-site' }],
] as const
const refused = { status: 403, code: 'foreign_origin' }

describe.each(foreign)('%s', (_, headers) => {
  test.each(cases(writing.filter((route) => !byKey(route) && !byProof(route))))(
    'is refused, and nothing changes: %s',
    async (_, route) => {
      const before = await everything()
      expect(await send(route, headers)).toEqual(refused)
      expect(await everything()).toEqual(before)
    },
  )
})

test('our own pages are not refused', async () => {
  const patch = writing.find(({ name }) => name === 'PATCH /api/me') as Route
  expect(await send(patch, { origin: server.url, 'sec-fetch-site': 'same-origin' })).toEqual({
    status: 200,
    code: null,
  })
})

test.each(cases(writing.filter(byKey)))('her cookie is no key: %s', async (_, route) => {
  expect((await send(route, {})).status).toBe(401)
})

describe('a link from another site', () => {
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  /** It keeps what was begun, for the browser that began it. */
  const begins = reading.find(({ path }) => path === '/api/oauth/:provider') as Route

  test.each(cases(reading.filter((route) => route !== begins)))(
    'changes nothing: %s',
    async (_, route) => {
      const before = await everything()
      expect((await send(route, link)).status).toBeLessThan(500)
      expect(await everything()).toEqual(before)
    },
  )

  test('may begin a log-in elsewhere, but never ties who is there to her', async () => {
    const before = await everything()
    expect(await send(begins, link, new URLSearchParams({ link: '1' }))).toEqual(refused)
    expect(await everything()).toEqual(before)
  })

  test('leads to none but these, of which each was looked at for what its query may do', () => {
    const paths = reading.filter((route) => !byKey(route)).map(({ path }) => path.slice(5))
    const ofAccount = paths.filter((path) => path.startsWith('accounts/:account'))
    expect(ofAccount.map((path) => path.slice(17)).sort()).toEqual([
      ...['', '/buyer', '/export', '/invitations', '/keys', '/lots', '/lots/:lot', '/members'],
      ...['/notices', '/overview', '/receipts', '/receipts/:number', '/recharge', '/refunds'],
      ...['/requests', '/requests.csv', '/requests/:id', '/statement', '/statement.csv'],
      ...['/statements/:month', '/top-ups', '/top-ups/:id', '/top-ups/:id/checkout'],
      ...['/top-ups/:id/refund', '/top-ups/options', '/top-ups/quote', '/usage'],
      ...['/webhooks', '/webhooks/:webhook/deliveries'],
    ])
    const reports = ['fees', 'liability', 'providers', 'revenue', 'tax', 'unreconciled'].flatMap(
      (name) => [...[`admin/reports/${name}`, `admin/reports/${name}.csv`]],
    )
    expect(paths.filter((path) => !ofAccount.includes(path)).sort()).toEqual(
      [
        ...['admin/accounts', 'admin/accounts/:account', 'admin/accounts/:account/termination'],
        ...[
          'admin/accounts/inactive',
          'admin/accounts/signs',
          'admin/admins',
          'admin/announcements',
          'admin/documents',
          'admin/documents/:document',
          'admin/mails',
        ],
        // A look into content is written down, also one that a link led to.
        ...['', '/:investigation/requests', '/:investigation/requests/:gen'].map(
          (rest) => `admin/investigations${rest}`,
        ),
        ...['admin/audit', 'admin/audit.csv', 'admin/users', 'admin/users/:user'],
        ...['admin/channels', 'admin/markups', 'admin/models', 'admin/overview'],
        ...['admin/price-effects', 'admin/proposals', 'admin/system'],
        ...['admin/disputes', 'admin/payment-settings', 'admin/payments'],
        ...['admin/refund-requests', 'admin/refunds', ...reports, 'admin/vouchers'],
        ...['admin/vouchers/:batch', 'announcements'],
        ...['captcha', 'demo/mails', 'documents', 'documents/:kind', 'documents/:kind/:version'],
        ...['invitations', 'me', 'me/export', 'me/notices', 'me/passkeys', 'me/sessions'],
        ...[
          'models',
          'models/history',
          'oauth/:provider',
          'oauth/:provider/callback',
          'register/oauth',
        ],
        ...['session', 'setup', 'status'],
      ].sort(),
    )
  })
})

test.each(['/api/session', '/api/captcha', '/openapi.json', '/healthz'])(
  '%s is taken for nothing but the JSON that it is',
  async (path) => {
    const { status, headers } = await fetch(`${server.url}${path}`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toStartWith('application/json')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  },
)

const policy =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

test.each([...pages.map(({ path }) => path), '/swagger', '/nothing/here'])(
  'loads only from here and is framed by no one: %s',
  async (path) => {
    const { headers } = await fetch(`${server.url}${path.replace(/[:*]/g, '')}`)
    expect(headers.get('content-type')).toStartWith('text/html')
    expect(headers.get('content-security-policy')).toBe(policy)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  },
)

test('a page of another site reads nothing of ours', async () => {
  for (const path of ['/', '/api/session', '/api/accounts/ours']) {
    const { headers } = await fetch(server.url + path, {
      headers: { cookie, origin: 'https://evil.example' },
    })
    expect(headers.get('access-control-allow-origin')).toBeNull()
  }
})
