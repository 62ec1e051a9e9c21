/** What is proven by mail: each link works once, for whom it was sent to, for a while, and leads to the public address. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { mail, member, session, ticket, user } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import { databases, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { mailsTo } from '../helpers/people.ts'
import { dayMs, login, minuteMs, openSite, password, refusal, type Site } from './site.ts'

const fresh = 'another horse battery'

async function openWithAnn(store?: TestStore) {
  const site = await openSite(store ?? (await openTestSqlite()))
  await site.user('ann', { emailVerifiedAt: null })
  return site
}

const findUser = async ({ store }: Site, id = 'ann') =>
  (await store.db.select().from(user).where(eq(user.id, id)))[0]

/** The token of the newest link that was mailed. */
async function tokenOf({ people }: Site, who: string, kind: string): Promise<string> {
  const links = (await mailsTo(people, who, kind)).map(
    (text) => /https:\/\/ai\.example\.com\/\S+\?token=(\w{43})\n/.exec(text)?.[1],
  )
  return links.at(-1) ?? ''
}

/** How each link is asked for, and what is sent to use it. */
const links = {
  verify: {
    path: '/api/verify',
    more: {},
    lifeMs: dayMs,
    request: (site: Site, id = 'ann') =>
      site.browser().ask('POST', '/api/verify/resend', { email: `${id}@example.com` }),
  },
  reset: {
    path: '/api/reset/confirm',
    more: { password: fresh },
    lifeMs: 60 * minuteMs,
    request: async (site: Site, id = 'ann', headers = {}) =>
      site
        .browser()
        .ask(
          'POST',
          '/api/reset',
          { email: `${id}@example.com`, captcha: await site.captcha() },
          headers,
        ),
  },
  change_address: {
    path: '/api/address/confirm',
    more: {},
    lifeMs: dayMs,
    request: async (site: Site, id = 'ann') =>
      (await site.logIn(id)).ask('POST', '/api/me/address', { email: 'new@example.com' }),
  },
}
type Kind = keyof typeof links
const kinds = Object.keys(links) as Kind[]
const whoReads = (kind: Kind) => (kind === 'change_address' ? 'new' : 'ann')

const use = (site: Site, kind: Kind, token: unknown) =>
  site.browser().ask('POST', links[kind].path, { ...links[kind].more, token })

describe.each(kinds)('the link of %s', (kind) => {
  async function openWithLink(store?: TestStore) {
    const site = await openWithAnn(store)
    await links[kind].request(site)
    return { site, token: await tokenOf(site, whoReads(kind), kind) }
  }

  test.each([[null], [undefined], [[]], [['a', 'b']], [{}], [0], [true]])(
    'is no link with %j for a token',
    async (wrong) => {
      const { site } = await openWithLink()
      expect(refusal(await use(site, kind, wrong))).toEqual([400, 'invalid_request', 'token'])
    },
  )

  test('is no link with an empty or another token, nor with one of its hash', async () => {
    const { site, token } = await openWithLink()
    const [row] = await site.store.db.select().from(ticket)
    expect(JSON.stringify(row)).not.toContain(token)
    for (const wrong of ['', ' ', token.slice(1), token.toLowerCase(), row?.id, `${token} `]) {
      expect(refusal(await use(site, kind, wrong))).toEqual([400, 'invalid_link', 'token'])
    }
    expect((await use(site, kind, token)).status).toBe(200)
  })

  test('works for its time and not for longer', async () => {
    const { site, token } = await openWithLink()
    site.people.clock.move(links[kind].lifeMs)
    expect(refusal(await use(site, kind, token))).toEqual([400, 'invalid_link', 'token'])
    await links[kind].request(site)
    site.people.clock.move(links[kind].lifeMs - 1)
    expect((await use(site, kind, await tokenOf(site, whoReads(kind), kind))).status).toBe(200)
  })

  test('is worth nothing where another kind is asked for', async () => {
    const { site, token } = await openWithLink()
    for (const other of kinds.filter((one) => one !== kind)) {
      expect(refusal(await use(site, other, token))).toEqual([400, 'invalid_link', 'token'])
    }
  })

  test('is replaced by the next one', async () => {
    const { site, token } = await openWithLink()
    await links[kind].request(site)
    expect(refusal(await use(site, kind, token))).toEqual([400, 'invalid_link', 'token'])
  })

  test.each(databases)(
    'works once of fifty times at once, on %s',
    async (_, open) => {
      const { site, token } = await openWithLink(await open())
      const replies = await Promise.all(Array.from({ length: 50 }, () => use(site, kind, token)))
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      const refused = replies.filter(({ status }) => status !== 200)
      expect(new Set(refused.map(({ body }) => body.error.code))).toEqual(new Set(['invalid_link']))
      // Fifty passwords are hashed, two at a time.
    },
    30_000,
  )
})

test('links lead to the public address, whatever the request says of its host', async () => {
  const site = await openWithAnn()
  const { host } = new URL(site.url)
  await links.reset.request(site, 'ann', {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    forwarded: 'host=evil.example',
    origin: `http://${host}`,
  })
  const [row] = await site.store.db.select().from(mail)
  expect(row?.text).toContain('https://ai.example.com/reset/confirm?token=')
  expect(`${row?.text}${row?.html}`).not.toContain('evil')
  expect(`${row?.text}${row?.html}`).not.toContain(host)
  const foreign = await links.reset.request(site, 'ann', { host: 'evil.example' })
  expect(refusal(foreign)).toEqual([400, 'invalid_host', null])
})

test.each(['verify', 'reset'] as const)('%s answers the same for whomever', async (kind) => {
  const site = await openWithAnn()
  await site.user('proven')
  await site.user('suspended', { state: 'suspended', emailVerifiedAt: null })
  const ids = ['ann', 'proven', 'suspended', 'unknown']
  const replies = []
  for (const id of ids) replies.push(await links[kind].request(site, id))
  expect(replies.map(({ status, body }) => [status, body])).toEqual(
    ids.map(() => [200, { ok: true }]),
  )
  const mailed = (await site.store.db.select().from(mail)).map(({ recipient }) => recipient)
  const expected = kind === 'verify' ? ['ann'] : ['ann', 'proven']
  expect(mailed.sort()).toEqual(expected.map((id) => `${id}@example.com`))
})

test('mails that anyone can ask for are counted by address, known or not', async () => {
  const site = await openWithAnn()
  for (const id of ['ann', 'unknown']) {
    for (let at = 0; at < 5; at++) {
      expect((await links.verify.request(site, id)).status).toBe(200)
    }
    expect(refusal(await links.verify.request(site, id))[1]).toBe('too_many_attempts')
  }
  expect(await mailsTo(site.people, 'ann', 'verify')).toHaveLength(5)
})

test('a confirmed address brings the account that the operator made for it, once it is hers', async () => {
  const site = await openWithAnn()
  const row = { kind: 'entity', name: 'Acme', createdAt: 0 } as const
  await site.store.write((db) => [
    db.insert(account).values({ id: 'acme', ...row, email: 'ann@example.com' }),
    db.insert(account).values({ id: 'other', ...row, email: 'bob@example.com' }),
  ])
  await links.verify.request(site)
  expect(await site.store.db.select().from(member)).toEqual([])
  await use(site, 'verify', await tokenOf(site, 'ann', 'verify'))
  expect((await findUser(site))?.emailVerifiedAt).toBe(site.people.clock.now())
  const [owner, ...more] = await site.store.db.select().from(member)
  expect(owner).toMatchObject({ accountId: 'acme', userId: 'ann', role: 'owner' })
  expect(more).toEqual([])
  expect(site.people.forgotten()).toBe(1)
})

test('a new password ends all sessions, proves the address and changes no one else’s', async () => {
  const site = await openWithAnn()
  await site.user('eve')
  const eve = await site.logIn('eve')
  const hers = await site.logIn('ann')
  await links.reset.request(site)
  const token = await tokenOf(site, 'ann', 'reset')
  const weak = await site
    .browser()
    .ask('POST', '/api/reset/confirm', { token, password: 'ann@example.com' })
  expect(refusal(weak)).toEqual([400, 'weak_password', 'password'])
  expect((await use(site, 'reset', token)).status).toBe(200)
  expect((await hers.ask('GET', '/api/me')).status).toBe(401)
  expect((await eve.ask('GET', '/api/me')).status).toBe(200)
  expect((await findUser(site))?.emailVerifiedAt).toBe(site.people.clock.now())
  const enter = async (id: string, given: string) =>
    (await site.browser().ask('POST', '/api/login', login(id, given))).status
  expect([await enter('ann', password), await enter('ann', fresh)]).toEqual([400, 200])
  expect([await enter('eve', password), await enter('eve', fresh)]).toEqual([200, 400])
  expect(await mailsTo(site.people, 'ann', 'password_changed')).toHaveLength(1)
})

test('who was suspended meanwhile sets no password', async () => {
  const site = await openWithAnn()
  await links.reset.request(site)
  await site.store.write((db) => [db.update(user).set({ state: 'suspended' })])
  const refused = await use(site, 'reset', await tokenOf(site, 'ann', 'reset'))
  expect(refusal(refused)).toEqual([400, 'invalid_link', 'token'])
})

describe('a new address', () => {
  test('counts once it is confirmed, and the old one is told', async () => {
    const site = await openWithAnn()
    await links.change_address.request(site)
    expect((await findUser(site))?.email).toBe('ann@example.com')
    await use(site, 'change_address', await tokenOf(site, 'new', 'change_address'))
    const row = await findUser(site)
    expect(row).toMatchObject({
      email: 'new@example.com',
      emailVerifiedAt: site.people.clock.now(),
    })
    const [told] = await mailsTo(site.people, 'ann', 'address_changed')
    expect(told).toContain('new@example.com')
    expect((await site.browser().ask('POST', '/api/login', login('new'))).status).toBe(200)
    expect((await site.browser().ask('POST', '/api/login', login('ann'))).status).toBe(400)
  })

  test('that is taken is told to whoever reads there, not to who asked', async () => {
    const site = await openWithAnn()
    await site.user('new')
    const reply = await links.change_address.request(site)
    expect([reply.status, reply.body]).toEqual([200, { ok: true }])
    expect(await mailsTo(site.people, 'new', 'change_address')).toEqual([])
    expect(await mailsTo(site.people, 'new', 'already_registered')).toHaveLength(1)
  })

  test('that someone takes meanwhile stays his', async () => {
    const site = await openWithAnn()
    await links.change_address.request(site)
    await site.user('new')
    const refused = await use(site, 'change_address', await tokenOf(site, 'new', 'change_address'))
    expect(refused.body.error.code).toBe('email_taken')
    expect((await findUser(site))?.email).toBe('ann@example.com')
  })

  test('needs a recent log-in', async () => {
    const site = await openWithAnn()
    const hers = await site.logIn('ann')
    await site.store.write((db) => [db.update(session).set({ recentAt: 0 })])
    const refused = await hers.ask('POST', '/api/me/address', { email: 'new@example.com' })
    expect(refusal(refused)).toEqual([403, 'recent_login_required', null])
  })
})
