/** The second factor: each code and each passkey's answer counts once, for her alone; and no way in goes around it. */
import { expect, test } from 'bun:test'
import { Secret, TOTP } from 'otpauth'
import { recoveryCode, user } from '../../src/store/people.ts'
import { newAuthenticator } from '../helpers/authenticator.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { mailsTo } from '../helpers/people.ts'
import { type Browser, login, minuteMs, openSite, refusal, type Site } from './site.ts'

const origin = 'https://ai.example.com'
const periodMs = 30_000

async function openWithAnn() {
  const site = await openSite(await openTestSqlite())
  await site.user('ann')
  await site.user('eve')
  return { site, ann: await site.logIn('ann') }
}

/** What the app shows `steps` periods from now. */
const shown = ({ people }: Site, secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: people.clock.now() + steps * periodMs,
  })

/** Sets the app up; the code of now is used then, so time moves on. */
async function addApp(site: Site, ann: Browser) {
  const { secret, uri } = (await ann.ask('POST', '/api/me/totp')).body
  const code = shown(site, secret)
  const { body } = await ann.ask('POST', '/api/me/totp/confirm', { code })
  site.people.clock.move(2 * periodMs)
  return { secret: String(secret), uri: String(uri), codes: body.recovery_codes as string[] }
}

/** By the password: what is asked next. */
const begin = async (site: Site, id = 'ann') =>
  (await site.browser().ask('POST', '/api/login', login(id))).body
const finish = (site: Site, ticket: string, code: string) =>
  site.browser().ask('POST', '/api/login/second', { ticket, code })

/** A log-in with that code: its status, or the refusal's code. */
async function enter(site: Site, code: string) {
  const { status, body } = await finish(site, (await begin(site)).ticket, code)
  return body.error?.code ?? status
}

test('an app counts from when its first code was shown, and then the password alone opens nothing', async () => {
  const { site, ann } = await openWithAnn()
  const { secret } = (await ann.ask('POST', '/api/me/totp')).body
  expect((await begin(site)).state).toBe('in')
  const wrong = await ann.ask('POST', '/api/me/totp/confirm', { code: 'abcdef' })
  expect(refusal(wrong)).toEqual([400, 'wrong_code', 'code'])
  await ann.ask('POST', '/api/me/totp/confirm', { code: shown(site, secret) })

  const guest = site.browser()
  const { body } = await guest.ask('POST', '/api/login', login('ann'))
  expect(body).toMatchObject({ state: 'second', methods: ['totp', 'recovery'] })
  expect(guest.cookies.size).toBe(0)
  expect(await mailsTo(site.people, 'ann', 'second_factor_on')).toHaveLength(1)
  expect(refusal(await ann.ask('POST', '/api/me/totp'))[1]).toBe('already_exists')
})

test('the app’s secret is sealed, its label names the platform and her', async () => {
  const { site, ann } = await openWithAnn()
  const { secret, uri, codes } = await addApp(site, ann)
  expect(uri).toMatch(/^otpauth:\/\/totp\/.+ann%40example\.com\?/)
  const kept = JSON.stringify([
    await site.store.db.select().from(user),
    await site.store.db.select().from(recoveryCode),
  ])
  for (const plain of [secret, ...codes, ...codes.map((code) => code.replace('-', ''))]) {
    expect(kept).not.toContain(plain)
  }
})

test.each([
  [-2, 'wrong_code'],
  [-1, 200],
  [0, 200],
  [1, 200],
  [2, 'wrong_code'],
])('a code of %i steps from now', async (steps, expected) => {
  const { site, ann } = await openWithAnn()
  const { secret } = await addApp(site, ann)
  site.people.clock.move(4 * periodMs)
  expect(await enter(site, shown(site, secret, steps))).toBe(expected)
})

test('a code of the app counts once, and none before it counts any more', async () => {
  const { site, ann } = await openWithAnn()
  const { secret } = await addApp(site, ann)
  const [before, code] = [shown(site, secret, -1), shown(site, secret)]
  expect(await enter(site, code)).toBe(200)
  expect([await enter(site, code), await enter(site, before)]).toEqual(['wrong_code', 'wrong_code'])
})

test.each(['app', 'recovery code'])(
  'of nine log-ins with one %s at once, one gets in',
  async (by) => {
    const { site, ann } = await openWithAnn()
    const { secret, codes } = await addApp(site, ann)
    const code = by === 'app' ? shown(site, secret) : String(codes[0])
    const tickets = await Promise.all(Array.from({ length: 9 }, () => begin(site)))
    const replies = await Promise.all(tickets.map(({ ticket }) => finish(site, ticket, code)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
  },
)

test('a recovery code counts once, however it is typed, and its use is told by mail', async () => {
  const { site, ann } = await openWithAnn()
  const { codes } = await addApp(site, ann)
  expect(new Set(codes).size).toBe(10)
  for (const code of codes) expect(code).toMatch(/^([0-9A-Z]{6}-){3}[0-9A-Z]{6}$/)
  const typed = ` ${codes[3]?.toLowerCase().replaceAll('-', ' ')} `
  expect(await enter(site, typed)).toBe(200)
  expect(await enter(site, String(codes[3]))).toBe('wrong_code')
  expect(await mailsTo(site.people, 'ann', 'recovery_code_used')).toHaveLength(1)
  expect((await ann.ask('GET', '/api/me')).body.recovery_codes_left).toBe(9)
})

test('new recovery codes end the old ones', async () => {
  const { site, ann } = await openWithAnn()
  const { codes } = await addApp(site, ann)
  const { body } = await ann.ask('POST', '/api/me/recovery-codes')
  expect(await enter(site, String(codes[0]))).toBe('wrong_code')
  expect(await enter(site, body.recovery_codes[0])).toBe(200)
})

test('another user’s code opens nothing', async () => {
  const { site, ann } = await openWithAnn()
  const eve = await site.logIn('eve')
  const [, hers] = [await addApp(site, ann), await addApp(site, eve)]
  expect(await enter(site, shown(site, hers.secret))).toBe('wrong_code')
  expect(await enter(site, String(hers.codes[0]))).toBe('wrong_code')
})

test.each(['', '12345', '1234567', 'null', '      '])('%p is no code', async (code) => {
  const { site, ann } = await openWithAnn()
  await addApp(site, ann)
  expect(await enter(site, code)).toBe('wrong_code')
})

test('guesses are counted, over however many log-ins', async () => {
  const { site, ann } = await openWithAnn()
  const { secret } = await addApp(site, ann)
  for (let at = 0; at < 10; at++) expect(await enter(site, 'abcdef')).toBe('wrong_code')
  site.people.clock.move(periodMs)
  expect(await enter(site, shown(site, secret))).toBe('too_many_attempts')
})

test('a ticket of the password is used once, by ten minutes from then', async () => {
  const { site, ann } = await openWithAnn()
  const { secret, codes } = await addApp(site, ann)
  const [{ ticket }, { ticket: late }] = [await begin(site), await begin(site)]
  expect((await finish(site, ticket, shown(site, secret))).status).toBe(200)
  expect(refusal(await finish(site, ticket, String(codes[0])))[1]).toBe('invalid_link')
  site.people.clock.move(10 * minuteMs)
  expect(refusal(await finish(site, late, String(codes[1])))[1]).toBe('invalid_link')
})

test('removing the app takes its codes along and needs a recent proof', async () => {
  const { site, ann } = await openWithAnn()
  await addApp(site, ann)
  site.people.clock.move(10 * minuteMs)
  for (const [method, path] of [
    ['DELETE', '/api/me/totp'],
    ['POST', '/api/me/recovery-codes'],
    ['POST', '/api/me/passkeys/options'],
    ['DELETE', '/api/me/passkeys/any'],
  ] as const) {
    expect(refusal(await ann.ask(method, path))[1]).toBe('recent_login_required')
  }
  site.people.clock.move(-10 * minuteMs)
  await ann.ask('DELETE', '/api/me/totp')
  expect((await begin(site)).state).toBe('in')
  expect(await site.store.db.select().from(recoveryCode)).toEqual([])
  expect(await mailsTo(site.people, 'ann', 'second_factor_off')).toHaveLength(1)
})

async function addPasskey(browser: Browser, at = origin) {
  const device = newAuthenticator(at)
  const { options, challenge } = (await browser.ask('POST', '/api/me/passkeys/options')).body
  const given = { name: 'Phone', challenge, response: device.create(options) }
  return { device, given, reply: await browser.ask('POST', '/api/me/passkeys', given) }
}

type Device = Awaited<ReturnType<typeof addPasskey>>['device']

/** A log-in by the passkey, with or without a password before; what is changed of the answer. */
async function touch(
  site: Site,
  device: Device,
  { ticket, ...how }: { ticket?: string } & Parameters<Device['get']>[1] = {},
) {
  const guest = site.browser()
  const { body } = await guest.ask('POST', '/api/login/passkey/options', {
    ...(ticket && { ticket }),
  })
  const given = {
    ...{ challenge: body.challenge, response: device.get(body.options, how) },
    ...(ticket && { ticket }),
  }
  const reply = await guest.ask('POST', '/api/login/passkey', given)
  return { guest, given, reply, options: body.options }
}

test('a passkey logs in by itself, and after a password instead of a code', async () => {
  const { site, ann } = await openWithAnn()
  const { device, reply } = await addPasskey(ann)
  expect(reply.body.recovery_codes).toHaveLength(10)
  expect(await mailsTo(site.people, 'ann', 'passkey_added')).toHaveLength(1)

  const { guest } = await touch(site, device)
  expect((await guest.ask('GET', '/api/me')).body).toMatchObject({ id: 'ann', passkeys: 1 })

  const { ticket, methods } = await begin(site)
  expect(methods).toEqual(['passkey', 'recovery'])
  const second = await touch(site, device, { ticket })
  expect(second.options.allowCredentials).toMatchObject([{ id: device.id }])
  expect((await second.guest.ask('GET', '/api/me')).status).toBe(200)
  expect(refusal(await finish(site, ticket, reply.body.recovery_codes[0]))[1]).toBe('invalid_link')
})

test.each([
  ['another site’s page', { at: 'https://ai.example.com.evil.example' }],
  ['a device that did not ask who holds it', { seen: false }],
  ['a copy whose counter stands still', { step: 0 }],
])('a passkey’s answer from %s is refused', async (_, how) => {
  const { site, ann } = await openWithAnn()
  const { device } = await addPasskey(ann)
  expect((await touch(site, device)).reply.status).toBe(200)
  const { reply, guest } = await touch(site, device, how)
  expect(refusal(reply)).toEqual([400, 'wrong_code', 'passkey'])
  expect(guest.cookies.size).toBe(0)
})

test('a passkey’s answer counts once, for its own challenge', async () => {
  const { site, ann } = await openWithAnn()
  const { device } = await addPasskey(ann)
  const { given } = await touch(site, device)
  const again = (body: object) => site.browser().ask('POST', '/api/login/passkey', body)
  expect(refusal(await again(given))[1]).toBe('invalid_link')
  const { body } = await site.browser().ask('POST', '/api/login/passkey/options', {})
  expect(refusal(await again({ ...given, challenge: body.challenge }))[1]).toBe('wrong_code')
})

test('no one’s passkey serves after another’s password, and none unknown at all', async () => {
  const { site, ann } = await openWithAnn()
  await addPasskey(ann)
  const { device } = await addPasskey(await site.logIn('eve'))
  const { ticket } = await begin(site)
  expect(refusal((await touch(site, device, { ticket })).reply)[1]).toBe('wrong_code')
  const unknown = newAuthenticator(origin)
  expect(refusal((await touch(site, unknown)).reply)[1]).toBe('wrong_code')
})

test('a suspended user’s passkey opens nothing', async () => {
  const { site, ann } = await openWithAnn()
  const { device } = await addPasskey(ann)
  await site.store.write((db) => [db.update(user).set({ state: 'suspended' })])
  const { reply } = await touch(site, device)
  expect(refusal(reply)[1]).toBe('user_suspended')
  expect(reply.headers.get('set-cookie')).toBeNull()
})

test('a passkey is added once, for who asked, from this site', async () => {
  const { site, ann } = await openWithAnn()
  const eve = await site.logIn('eve')
  const device = newAuthenticator(origin)
  const { options, challenge } = (await ann.ask('POST', '/api/me/passkeys/options')).body
  const given = { name: 'Phone', challenge, response: device.create(options) }
  expect(refusal(await eve.ask('POST', '/api/me/passkeys', given))[1]).toBe('invalid_link')
  expect((await ann.ask('POST', '/api/me/passkeys', given)).status).toBe(200)
  expect(refusal(await ann.ask('POST', '/api/me/passkeys', given))[1]).toBe('invalid_link')
  const elsewhere = await addPasskey(ann, 'https://evil.example')
  expect(refusal(elsewhere.reply)).toEqual([400, 'wrong_code', 'passkey'])
})

test('only she removes her passkey; then the password is enough again', async () => {
  const { site, ann } = await openWithAnn()
  const { device } = await addPasskey(ann)
  const eve = await site.logIn('eve')
  expect(refusal(await eve.ask('DELETE', `/api/me/passkeys/${device.id}`))[1]).toBe('not_found')
  const { data } = (await ann.ask('GET', '/api/me/passkeys')).body
  expect(data).toMatchObject([{ id: device.id, name: 'Phone', used_at: null }])
  await ann.ask('DELETE', `/api/me/passkeys/${device.id}`)
  expect((await begin(site)).state).toBe('in')
  expect(refusal((await touch(site, device)).reply)[1]).toBe('wrong_code')
  expect(await mailsTo(site.people, 'ann', 'passkey_removed')).toHaveLength(1)
})
