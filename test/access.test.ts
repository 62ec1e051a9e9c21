/**
 * Who may use each route of the running platform, asked of its own table of routes: one that is new and neither guarded nor on
 * a list here fails. Bodies are made from the routes' schemas, so that it is the guard that refuses and not the form.
 */
import { describe, expect, test } from 'bun:test'
import { and, eq } from 'drizzle-orm'
import { topUp } from '../src/store/credit.ts'
import { invitation, member, user, webhook } from '../src/store/people.ts'
import { account, key, price } from '../src/store/schema.ts'
import { now } from './helpers/database.ts'
import { newTeam, newUser } from './helpers/people.ts'
import { apiRoutes, cases, type Route, sample, sampleQuery } from './helpers/routes.ts'
import { startTestServer } from './helpers/server.ts'

const { parts, server, store } = await startTestServer()

const roles = ['owner', 'admin', 'billing', 'developer', 'read-only'] as const

/** Members of "ours" are named after their roles; "theirs" belongs to Tess. */
await newTeam(parts, 'ours', Object.fromEntries(roles.map((role) => [role, role])))
await newTeam(parts, 'theirs', { tess: 'owner' })
await newUser(parts, 'nobody')
await store.write((db) => [
  db.insert(key).values({
    ...{ id: 'key_theirs', hash: 'hash', suffix: 's', accountId: 'theirs', name: 'k' },
    createdAt: now,
  }),
  db.insert(webhook).values({
    ...{ id: 'whk_theirs', accountId: 'theirs', url: 'https://a', secret: 's', createdAt: now },
  }),
  db.insert(invitation).values({
    ...{ id: 'inv_theirs', hash: 'h', accountId: 'theirs', email: 'a@b.c', role: 'admin' },
    ...{ invitedBy: 'tess', createdAt: now, expiresAt: now * 2 },
  }),
  db.insert(topUp).values({
    ...{ id: 'top_theirs', accountId: 'theirs', origin: 'customer', processor: 'manual' },
    ...{ method: 'transfer', credit: 10_000_000_000n, currency: 'USD', price: 1000n, fee: 0n },
    ...{ tax: 0n, total: 1000n, createdAt: now, expiresAt: now * 2 },
  }),
])

/** What a route's parameter names, of someone else; none for a parameter fails. */
const foreign: Record<string, string> = {
  'accounts/:account': 'theirs',
  'members/:user': 'tess',
  'invitations/:invitation': 'inv_theirs',
  'keys/:id': 'key_theirs',
  'keys/:hash': 'hash',
  'requests/:id': 'gen-theirs',
  'webhooks/:webhook': 'whk_theirs',
  'sessions/:id': '0123456789abcdef',
  'passkeys/:id': 'passkey',
  'top-ups/:id': 'top_theirs',
  'refunds/:id': 'ref_theirs',
  'refund-requests/:id': 'ref_theirs',
  'payments/:id': 'top_theirs',
  'identities/:provider': 'google',
  'receipts/:number': '1',
  'invoices/:receipt': '1',
  'statements/:month': '2026-01',
  'lots/:lot': 'tfr_theirs',
  'vouchers/:batch': 'vch_none',
  'announcements/:id': 'ann_1',
  'documents/:document': 'doc_none',
  'users/:user': 'tess',
  'admins/:user': 'usr_none',
  'investigations/:investigation': 'ivg_none',
  'requests/:gen': 'gen-theirs',
}

/** For everyone, as a page that shows no one's data or what begins or proves a log-in. */
const open = new Set([
  ...['/api/v1', '/v1'].flatMap((base) =>
    ['', '/:id', '/*'].map((rest) => `GET ${base}/models${rest}`),
  ),
  ...[
    'session',
    'captcha',
    'invitations',
    'models',
    'models/history',
    'status',
    'announcements',
    'demo/mails',
  ].map((path) => `GET /api/${path}`),
  ...['', '/:kind', '/:kind/:version'].map((rest) => `GET /api/documents${rest}`),
  ...['register', 'login', 'login/second', 'login/passkey', 'login/passkey/options', 'logout'].map(
    (path) => `POST /api/${path}`,
  ),
  ...['verify', 'verify/resend', 'reset', 'reset/confirm', 'address/confirm'].map(
    (path) => `POST /api/${path}`,
  ),
  ...['GET /api/oauth/:provider', 'GET /api/oauth/:provider/callback'],
  ...['GET /api/register/oauth', 'POST /api/register/oauth'],
  // By what its processor proves.
  'POST /api/payments/:processor',
  // By the one-time address that the operator was shown.
  ...['GET /api/setup', 'POST /api/setup/admin'],
])

const routes = apiRoutes(server.routes)
const guarded = routes.filter(({ name }) => !open.has(name))
const ofAccounts = guarded.filter(({ path }) => path.startsWith('/api/accounts/:account'))

/** `known`: parameters that are one's own, by name. */
function fill(path: string, known: Record<string, string> = {}): string {
  return path.replaceAll(/([\w-]+\/):(\w+)/g, (whole, before: string, name: string) => {
    const value = known[name] ?? foreign[whole]
    if (value === undefined) throw new Error(`Whose is ${whole}? Add one of another to the list.`)
    return before + value
  })
}

async function send(
  route: Route,
  { as, own = {}, extra = '' }: { as: string | null; own?: Record<string, string>; extra?: string },
) {
  const { method, path, hooks } = route
  const from = { address: '127.0.0.1', agent: null }
  const cookie = as === null ? null : (await parts.sessions.open(as, from)).split(';')[0]
  const body = JSON.stringify(hooks.body ? sample(hooks.body) : {})
  const written = extra === '' ? body : body.replace(/\}$/, `${body === '{}' ? '' : ','}${extra}}`)
  const response = await fetch(`${server.url}${fill(path, own)}?${sampleQuery(route)}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(cookie && { cookie }),
      ...(method !== 'GET' && { 'content-type': 'application/json' }),
    },
    ...(method !== 'GET' && { body: written }),
  })
  const text = await response.text()
  const code = response.ok ? null : JSON.parse(text).error.code
  return { status: response.status, code }
}

test('the lists name no route that is not there', () => {
  const names = new Set(routes.map(({ name }) => name))
  expect([...open, ...Object.keys(allowed)].filter((name) => !names.has(name))).toEqual([])
  expect(ofAccounts.map(({ name }) => name).filter((name) => !(name in allowed))).toEqual([])
})

test.each(cases(guarded))('without a session or key: %s is 401', async (_, route) => {
  expect((await send(route, { as: null })).status).toBe(401)
})

test.each(cases(ofAccounts))('of another account: %s is 404', async (_, route) => {
  expect(await send(route, { as: 'owner' })).toEqual({ status: 404, code: 'not_found' })
  expect(await send(route, { as: 'nobody' })).toEqual({ status: 404, code: 'not_found' })
})

// A month is nobody's.
const ofThings = guarded.filter(({ path }) => /:(?!account|hash|month)\w+/.test(path))
test.each(cases(ofThings))('of something of another’s by its id: %s is 404', async (_, route) => {
  expect(await send(route, { as: 'owner', own: { account: 'ours' } })).toEqual({
    status: 404,
    code: 'not_found',
  })
})

const develop = ['owner', 'admin', 'developer'] as const
const manage = ['owner', 'admin'] as const
const bill = ['owner', 'admin', 'billing'] as const

/** Which roles may use which route of their account. */
const allowed: Record<string, readonly string[]> = Object.fromEntries(
  (
    [
      ['GET ', roles],
      ['PATCH ', manage],
      ['GET /members', roles],
      // The body that is sent makes an owner.
      ['PATCH /members/:user', ['owner']],
      ['DELETE /members/:user', manage],
      ['GET /invitations', manage],
      ['POST /invitations', manage],
      ['DELETE /invitations/:invitation', manage],
      ['GET /export', roles],
      ['POST /close', ['owner']],
      ['GET /keys', roles],
      ['POST /keys', develop],
      ['PATCH /keys/:id', develop],
      ['POST /keys/:id/rotate', develop],
      ['POST /keys/:id/revoke', develop],
      ['GET /overview', roles],
      ['GET /usage', roles],
      ['GET /requests', roles],
      ['GET /requests/:id', roles],
      ['GET /requests.csv', roles],
      ['GET /statement', roles],
      ['GET /statement.csv', roles],
      ['GET /statements/:month', roles],
      ['GET /buyer', roles],
      ['PUT /buyer', bill],
      ['GET /receipts', roles],
      ['GET /receipts/:number', roles],
      ['POST /playground', develop],
      ['GET /notices', roles],
      ['POST /notices/test', ['owner', 'admin', 'billing']],
      ['GET /lots', roles],
      ['GET /lots/:lot', roles],
      ['POST /vouchers', bill],
      ['GET /webhooks', roles],
      ['POST /webhooks', manage],
      ['DELETE /webhooks/:webhook', manage],
      ['POST /webhooks/:webhook/test', manage],
      ['GET /webhooks/:webhook/deliveries', roles],
      ['GET /top-ups/options', roles],
      ['GET /top-ups/quote', roles],
      ['GET /top-ups', roles],
      ['POST /top-ups', bill],
      ['GET /top-ups/:id', roles],
      ['POST /top-ups/:id/check', bill],
      ['GET /top-ups/:id/checkout', bill],
      ['GET /top-ups/:id/refund', roles],
      ['POST /top-ups/:id/refund', bill],
      ['GET /refunds', roles],
      ['DELETE /refunds/:id', bill],
      ['GET /recharge', roles],
      ['PUT /recharge', bill],
      ['POST /recharge/setup', bill],
      ['POST /recharge/check', bill],
      ['DELETE /recharge', bill],
    ] as const
  ).map(([route, some]) => [route.replace(' ', ' /api/accounts/:account'), some]),
)

test.each(cases(ofAccounts))('by role: %s', async (name, route) => {
  const may = []
  for (const role of roles) {
    const { code } = await send(route, { as: role, own: { account: 'ours' } })
    if (code !== 'role_not_allowed') may.push(role)
  }
  expect(may).toEqual([...(allowed[name] ?? [])])
})

const admins = ['owner', 'operator', 'support', 'finance', 'auditor'] as const
for (const adminRole of admins) await newUser(parts, `admin-${adminRole}`, { adminRole })
const run = ['owner', 'operator']
const money = ['owner', 'finance']
const people = ['owner', 'operator', 'support']

/** Which admins may use which route that changes something; what only looks is for all of them. */
const adminAllowed: Record<string, readonly string[]> = Object.fromEntries(
  (
    [
      ['POST /payments/:id/check', money],
      ['POST /payments/:id/confirm', money],
      ['PUT /payment-settings', run],
      ['POST /refunds/:id/approve', money],
      ['POST /refunds/:id/refuse', money],
      ['POST /refunds/:id/paid', money],
      ['POST /refunds/:id/retry', money],
      ['POST /refund-requests/:id/paid', money],
      ['POST /refund-requests/:id/refuse', money],
      ['POST /vouchers', money],
      ['POST /vouchers/:batch/disable', money],
      ['POST /grants', money],
      ['POST /announcements', run],
      ['POST /documents', run],
      ['POST /prices', run],
      ['POST /prices/cancel', run],
      ['PUT /models', run],
      ['POST /models/state', run],
      ['PUT /markups', run],
      ['POST /proposals/look', run],
      ['POST /proposals/decide', run],
      ['PUT /channels', run],
      ['POST /channels/credential', run],
      ['POST /channels/state', run],
      ['POST /channels/test', run],
      ['POST /invoices/:receipt/retry', money],
      ['POST /reports/providers/invoices', money],
      ['POST /announcements/:id/withdraw', run],
      ['POST /accounts/:account/suspend', people],
      ['POST /accounts/:account/reinstate', people],
      ['POST /accounts/:account/terminate', run],
      ['PUT /accounts/:account/tier', people],
      ['POST /accounts/:account/adjustments', money],
      ['POST /users/:user/suspend', people],
      ['POST /users/:user/reinstate', people],
      ['POST /users/:user/reset-factor', people],
      ['POST /users/:user/reset-mail', people],
      ['PUT /admins', ['owner']],
      ['PUT /admins/:user', ['owner']],
      ['POST /investigations', run],
      ['POST /investigations/:investigation/end', run],
      ['GET /investigations/:investigation/requests', run],
      ['GET /investigations/:investigation/requests/:gen', run],
    ] as (readonly [string, readonly string[]])[]
  ).map(([route, some]) => [route.replace(' ', ' /api/admin'), some]),
)
const ofAdmins = guarded.filter(({ path }) => path.startsWith('/api/admin/'))
test.each(cases(ofAdmins))('for admins alone, by role: %s', async (name, route) => {
  expect((await send(route, { as: 'owner' })).code).toBe('not_found')
  const may = []
  for (const role of admins) {
    const { code } = await send(route, { as: `admin-${role}` })
    if (code !== 'role_not_allowed') may.push(role)
  }
  expect(may).toEqual([...(adminAllowed[name] ?? (route.method === 'GET' ? admins : []))])
})

/** Everything that no body may reach. */
async function untouchable() {
  const { db } = store
  const theirs = await Promise.all([
    ...[member, invitation, key, webhook].map((table) =>
      db.select().from(table).where(eq(table.accountId, 'theirs')),
    ),
    db.select().from(account).where(eq(account.id, 'theirs')),
    db.select().from(user).where(eq(user.id, 'tess')),
    db.select().from(price),
  ])
  const accounts = await db.select().from(account)
  const people = await db.select().from(user)
  return {
    theirs,
    money: accounts.filter((row) => row.creditsPosted > 0n || row.tier !== 'standard'),
    operators: people.filter(({ adminRole }) => adminRole !== null),
    developer: await db
      .select()
      .from(member)
      .where(and(eq(member.accountId, 'ours'), eq(member.userId, 'developer'))),
  }
}

const more = Object.entries({
  ...{ admin_role: 'owner', adminRole: 'owner', tier: 'gold', balance: '1000', price: '0' },
  ...{ credits_posted: 1000, creditsPosted: 1000, account_id: 'theirs', accountId: 'theirs' },
  ...{ account: 'theirs', user_id: 'tess', userId: 'tess', id: 'theirs', verified: true },
})
  .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
  .join(',')
const extra = `${more},"__proto__":{"role":"owner","adminRole":"owner"},"constructor":{"prototype":{"role":"owner"}}`
const writing = guarded.filter(({ hooks }) => hooks.body)

describe.each(['developer', 'owner'])(
  'with fields that are none of its, a %s changes nothing by',
  (as) => {
    test.each(cases(writing))('%s', async (_, route) => {
      const before = await untouchable()
      const { status } = await send(route, {
        as,
        own: { account: 'ours', user: 'read-only' },
        extra,
      })
      expect(status).toBeLessThan(500)
      expect(await untouchable()).toEqual(before)
      expect(({} as Record<string, unknown>).role).toBeUndefined()
    })
  },
)

test('a member who is removed and a user who is suspended are refused at once', async () => {
  const route = ofAccounts.find(({ name }) => name === 'GET /api/accounts/:account') as Route
  const cookie = (await parts.sessions.open('billing', { address: '', agent: null })).split(';')[0]
  const ask = async () =>
    (
      await fetch(server.url + fill(route.path, { account: 'ours' }), {
        headers: { cookie: cookie ?? '' },
      })
    ).status
  expect(await ask()).toBe(200)
  await store.write((db) => [db.delete(member).where(eq(member.userId, 'billing'))])
  expect(await ask()).toBe(404)
  await store.write((db) => [
    db.update(user).set({ state: 'suspended' }).where(eq(user.id, 'billing')),
  ])
  expect(await ask()).toBe(401)
})
