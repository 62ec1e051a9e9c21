/** Logging in: what a guesser learns and how often she may try, and what a session is worth and for how long. */
import { expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { sha256 } from '../../src/base/secret.ts'
import { session, user } from '../../src/store/people.ts'
import { blockOf, sweepTries } from '../../src/user/throttle.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { mailsTo } from '../helpers/people.ts'
import {
  type Browser,
  dayMs,
  login,
  minuteMs,
  openSite,
  password,
  refusal,
  type Site,
} from './site.ts'

const name = '__Host-kkai'
/** What fifty hashes may take on a machine that is busy. */
const manyHashesMs = 30_000

async function openWithAnn(settings?: Record<string, string>) {
  const site = await openSite(await openTestSqlite(), settings)
  await site.user('ann')
  return site
}

/** What she gets who shows this browser's session. */
const shown = async (browser: Browser) => (await browser.ask('GET', '/api/me')).status

const suspend = ({ store }: Site, id: string) =>
  store.write((db) => [db.update(user).set({ state: 'suspended' }).where(eq(user.id, id))])

test('an unknown address, a wrong password and none at all get the same answer', async () => {
  const site = await openWithAnn()
  await site.user('elsewhere', { passwordHash: null })
  await site.user('suspended', { state: 'suspended' })
  const answers = await Promise.all(
    ['ann', 'elsewhere', 'suspended', 'unknown'].map(async (id) => {
      const { status, headers, body } = await site
        .browser()
        .ask('POST', '/api/login', login(id, 'wrong'))
      for (const own of ['date', 'x-request-id']) headers.delete(own)
      return JSON.stringify([status, [...headers], body])
    }),
  )
  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toContain('wrong_password')
})

test('a suspended user learns it with the right password only, and her sessions end at once', async () => {
  const site = await openWithAnn()
  const hers = await site.logIn('ann')
  await suspend(site, 'ann')
  expect(await shown(hers)).toBe(401)
  const again = await site.browser().ask('POST', '/api/login', login('ann'))
  expect(refusal(again)).toEqual([403, 'user_suspended', null])
  expect(again.headers.get('set-cookie')).toBeNull()
})

test.each(['ann', 'unknown'])('tries at %s are counted, from wherever they come', async (id) => {
  const site = await openWithAnn()
  const tryFrom = (block: number, given = 'wrong') =>
    site.browser({ address: `203.0.${block}.1` }).ask('POST', '/api/login', login(id, given))
  for (let block = 0; block < 10; block++) {
    expect(refusal(await tryFrom(block))).toEqual([400, 'wrong_password', 'password'])
  }
  const refused = await tryFrom(10, password)
  expect(refusal(refused)).toEqual([429, 'too_many_attempts', null])
  expect(refused.headers.get('retry-after')).toBe(String(15 * 60))
  site.people.clock.move(15 * minuteMs)
  expect((await tryFrom(11, password)).status).toBe(id === 'ann' ? 200 : 400)
})

test(
  'tries from one block of addresses are counted, at whomever they are',
  async () => {
    const site = await openWithAnn()
    const tryAt = (id: string, address: string) =>
      site.browser({ address }).ask('POST', '/api/login', login(id))
    for (let at = 1; at <= 50; at++) await tryAt(`user${at}`, `198.51.100.${at}`)
    expect(refusal(await tryAt('ann', '198.51.100.200'))[1]).toBe('too_many_attempts')
    expect((await tryAt('ann', '198.51.101.1')).status).toBe(200)
  },
  manyHashesMs,
)

test('whoever logs in has not mistyped before', async () => {
  const site = await openWithAnn()
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < 9; at++) {
      await site.browser().ask('POST', '/api/login', login('ann', 'wrong'))
    }
    await site.logIn('ann')
  }
})

test('counts of yesterday are swept', async () => {
  const site = await openWithAnn()
  for (let at = 0; at < 11; at++) {
    await site.browser().ask('POST', '/api/login', login('ann', 'wrong'))
  }
  await sweepTries(site.store, site.people.clock.now() + dayMs + 1)
  await site.logIn('ann')
})

test.each([
  ['192.0.2.77', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s is of the block %s', (address, block) => {
  expect(blockOf(address)).toBe(block)
})

test.each([
  [
    'https://ai.example.com',
    /^__Host-kkai=\w{43}; HttpOnly; Max-Age=\d+; Path=\/; SameSite=Lax; Secure$/,
  ],
  ['http://127.0.0.1:8080', /^kkai=\w{43}; HttpOnly; Max-Age=\d+; Path=\/; SameSite=Lax$/],
])('the cookie at %s', async (publicUrl, pattern) => {
  const site = await openWithAnn({ public_url: publicUrl })
  const { headers } = await site.browser().ask('POST', '/api/login', login('ann'))
  expect(headers.get('set-cookie')).toMatch(pattern)
  expect(headers.get('cache-control')).toBe('no-store')
})

test('before TLS is there she logs in at another name; that cookie is worth nothing at the public one', async () => {
  const site = await openWithAnn({ public_url: 'https://ai.example.com' })
  const hers = site.browser()
  const { headers } = await hers.ask('POST', '/api/login', login('ann'), { origin: site.url })
  expect(headers.get('set-cookie')).toMatch(/^kkai=\w{43}; HttpOnly.*; SameSite=Lax$/)
  expect(await shown(hers)).toBe(200)
  const there = { host: 'ai.example.com' }
  expect((await hers.ask('GET', '/api/me', undefined, there)).status).toBe(401)
  const stripped = { ...there, origin: 'http://ai.example.com' }
  const again = await hers.ask('POST', '/api/login', login('ann'), stripped)
  expect(again.headers.get('set-cookie')).toMatch(/^__Host-kkai=.*; Secure$/)
})

test('the session’s id is new at each log-in, whatever cookie the browser had', async () => {
  const site = await openWithAnn()
  const hers = site.browser()
  const planted = 'x'.repeat(43)
  hers.cookies.set(name, planted)
  const ids = new Set([planted])
  for (let at = 0; at < 3; at++) {
    await hers.ask('POST', '/api/login', login('ann'))
    ids.add(hers.cookies.get(name) ?? '')
  }
  expect(ids.size).toBe(4)
})

test('the database knows the hash of a session only', async () => {
  const site = await openWithAnn()
  const token = (await site.logIn('ann')).cookies.get(name) ?? ''
  const rows = await site.store.db.select().from(session)
  expect(rows.map(({ id }) => id)).toEqual([sha256(token)])
  expect(JSON.stringify(rows)).not.toContain(token)
  const thief = site.browser()
  thief.cookies.set(name, sha256(token))
  expect(await shown(thief)).toBe(401)
})

test('a session ends after two weeks without use', async () => {
  const site = await openWithAnn()
  const used = await site.logIn('ann')
  const left = await site.logIn('ann')
  site.people.clock.move(8 * dayMs)
  expect(await shown(used)).toBe(200)
  site.people.clock.move(6 * dayMs + 1)
  expect([await shown(used), await shown(left)]).toEqual([200, 401])
})

test('a session ends after ninety days, however much it is used', async () => {
  const site = await openWithAnn()
  const hers = await site.logIn('ann')
  for (let day = 8; day < 90; day += 8) {
    site.people.clock.move(8 * dayMs)
    expect(await shown(hers)).toBe(200)
  }
  site.people.clock.move(2 * dayMs)
  expect(await shown(hers)).toBe(401)
  await site.people.sessions.sweep()
  expect(await site.store.db.select().from(session)).toEqual([])
})

test('her sessions are shown, and each may be ended but not another’s', async () => {
  const site = await openWithAnn()
  await site.user('eve')
  const here = await site.logIn('ann')
  const there = await site.logIn('ann', { address: '203.0.113.9', agent: 'Safari' })
  const eve = await site.logIn('eve')
  const { data } = (await here.ask('GET', '/api/me/sessions')).body
  expect(data).toHaveLength(2)
  const other = data.find((one: { current: boolean }) => !one.current)
  expect(other).toMatchObject({ address: '203.0.113.9', agent: 'Safari' })

  const foreign = await eve.ask('DELETE', `/api/me/sessions/${other.id}`)
  expect(refusal(foreign)).toEqual([404, 'not_found', null])
  expect(await shown(there)).toBe(200)
  await here.ask('DELETE', `/api/me/sessions/${other.id}`)
  expect([await shown(here), await shown(there), await shown(eve)]).toEqual([200, 401, 200])
})

test('all her other sessions end at a word, and this one by logging out', async () => {
  const site = await openWithAnn()
  await site.user('eve')
  const [here, there, eve] = [
    await site.logIn('ann'),
    await site.logIn('ann'),
    await site.logIn('eve'),
  ]
  await here.ask('DELETE', '/api/me/sessions')
  expect([await shown(here), await shown(there), await shown(eve)]).toEqual([200, 401, 200])
  const token = here.cookies.get(name) ?? ''
  await here.ask('POST', '/api/logout')
  expect(here.cookies.has(name)).toBe(false)
  here.cookies.set(name, token)
  expect(await shown(here)).toBe(401)
})

test('what is sensitive needs a proof of the last ten minutes, which gives a new session', async () => {
  const site = await openWithAnn()
  const hers = await site.logIn('ann')
  const old = site.browser()
  old.cookies.set(name, hers.cookies.get(name) ?? '')
  const change = () => hers.ask('POST', '/api/me/password', { password: 'another horse battery' })
  site.people.clock.move(10 * minuteMs + 1)
  expect(refusal(await change())).toEqual([403, 'recent_login_required', null])
  for (const nothing of [{}, { password: '' }, { password: 'wrong' }]) {
    const { status, body } = await hers.ask('POST', '/api/me/recent', nothing)
    expect([status, body.error.code]).toEqual([400, 'wrong_password'])
  }
  expect((await hers.ask('POST', '/api/me/recent', { password })).status).toBe(200)
  expect([await shown(old), await shown(hers)]).toEqual([401, 200])
  expect((await change()).status).toBe(200)
})

test('proofs are counted', async () => {
  const site = await openWithAnn()
  const hers = await site.logIn('ann')
  const prove = (given: string) => hers.ask('POST', '/api/me/recent', { password: given })
  for (let at = 0; at < 10; at++) await prove('wrong')
  expect(refusal(await prove(password))[1]).toBe('too_many_attempts')
})

test('a new password ends the other sessions and is the only one from then on', async () => {
  const site = await openWithAnn()
  const [here, there] = [await site.logIn('ann'), await site.logIn('ann')]
  const fresh = 'another horse battery'
  for (const weak of ['short', 'password12345', 'ann@example.com', '1234567890']) {
    const refused = await here.ask('POST', '/api/me/password', { password: weak })
    expect(refusal(refused)).toEqual([400, 'weak_password', 'password'])
  }
  await here.ask('POST', '/api/me/password', { password: fresh })
  expect([await shown(here), await shown(there)]).toEqual([200, 401])
  const logIn = (given: string) => site.browser().ask('POST', '/api/login', login('ann', given))
  expect([(await logIn(password)).status, (await logIn(fresh)).status]).toEqual([400, 200])
  expect(await mailsTo(site.people, 'ann', 'password_changed')).toHaveLength(1)
})

test('a log-in from somewhere new is told by mail, one from where she was before is not (T2.4)', async () => {
  const site = await openWithAnn()
  const told = async () => (await mailsTo(site.people, 'ann', 'new_login')).length
  await site.logIn('ann', { address: '192.0.2.1' })
  await site.logIn('ann', { address: '192.0.2.99' })
  expect(await told()).toBe(0)
  await site.logIn('ann', { address: '203.0.113.9' })
  await site.logIn('ann', { address: '192.0.2.1', agent: 'curl' })
  expect(await told()).toBe(2)
})

test('she changes her name and language, and nothing that is not hers to change', async () => {
  const site = await openWithAnn()
  const hers = await site.logIn('ann')
  const { body } = await hers.ask('PATCH', '/api/me', { name: ' Ann  Lee ', language: 'zh-TW' })
  expect(body).toMatchObject({ name: 'Ann Lee', language: 'zh-TW', has_password: true })
  await hers.ask('PATCH', '/api/me', { admin_role: 'owner', email: 'eve@example.com', id: 'eve' })
  expect((await hers.ask('PATCH', '/api/me', { name: null })).status).toBe(400)
  expect((await hers.ask('PATCH', '/api/me', {})).body).toEqual(body)
  const [row] = await site.store.db.select().from(user)
  expect(row).toMatchObject({ id: 'ann', email: 'ann@example.com', adminRole: null })
})

test('each log-in and each that was refused is on record, with neither address nor password', async () => {
  const site = await openWithAnn()
  const lines: object[] = []
  site.people.log = { ...site.people.log, info: (event, facts) => lines.push({ event, ...facts }) }
  await site.browser().ask('POST', '/api/login', login('ann', 'wrong'))
  await site.logIn('ann')
  const from = '192.0.2.0/24'
  expect(lines).toEqual([
    { event: 'login.refused', code: 'wrong_password', from },
    { event: 'login.done', user: 'ann', from },
  ])
})
