/** Registering: what is affirmed and accepted, what a guesser learns, and that nothing works before the address is proven. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { createKey } from '../../src/key/issue.ts'
import { unlimited } from '../../src/key/view.ts'
import { currentDocuments, hashAddress } from '../../src/legal/document.ts'
import { acceptance, mail, member, user } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import { newPuzzle } from '../../src/user/captcha.ts'
import { databases, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { mailsTo } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'
import { login, minuteMs, openBrowser, openSite, password, refusal, solve } from './site.ts'

async function openWithForm(store?: TestStore) {
  const site = await openSite(store ?? (await openTestSqlite()))
  const form = (id: string, more: object = {}) => ({
    ...{ ...login(id), name: id, language: 'en', kind: 'person', adult: true, authority: false },
    documents: site.documents,
    ...more,
  })
  /** With a solved puzzle unless another is given. */
  const register = async (id: string, more: object = {}) =>
    site
      .browser()
      .ask('POST', '/api/register', { captcha: await site.captcha(), ...form(id, more) })
  return { ...site, register }
}

test('a known address and a new one get the same answer, and none a session', async () => {
  const site = await openWithForm()
  await site.user('known')
  const [first, second] = [await site.register('known'), await site.register('new')]
  expect([first.status, first.body]).toEqual([200, { ok: true }])
  expect(second.body).toEqual(first.body)
  expect([first, second].map(({ headers }) => headers.get('set-cookie'))).toEqual([null, null])
  expect(await mailsTo(site.people, 'known', 'already_registered')).toHaveLength(1)
  expect(await mailsTo(site.people, 'known', 'verify')).toEqual([])
  expect(await mailsTo(site.people, 'new', 'verify')).toHaveLength(1)
  const [row] = await site.store.db.select().from(user).where(eq(user.id, 'known'))
  expect(row).toMatchObject({ name: 'known', affirmedAt: null })
})

test.each([
  ['no e-mail address', { email: 'known' }, 'invalid_email', 'email'],
  ['a short password', { password: 'short' }, 'weak_password', 'password'],
  ['a well-known password', { password: 'Password1234!' }, 'weak_password', 'password'],
  ['a name too long', { name: 'n'.repeat(101) }, 'invalid_request', 'name'],
  ['a control character', { name: 'a\u0007b' }, 'invalid_request', 'name'],
  ['a nameless entity', { kind: 'entity', authority: true }, 'invalid_request', 'account_name'],
])('%s is refused alike for a known address and a new one', async (_, more, code, param) => {
  const site = await openWithForm()
  await site.user('known')
  for (const id of ['known', 'unknown']) {
    expect(refusal(await site.register(id, more))).toEqual([400, code, param])
  }
  expect(await site.store.db.select().from(mail)).toEqual([])
})

test.each([
  ['of age (T2.2)', { adult: false }, 'adult'],
  ['entitled to bind the entity (T2.2)', { kind: 'entity', account_name: 'Acme' }, 'authority'],
  ['shown any document (T0.1)', { documents: [] }, 'documents'],
])('who is not %s is not registered', async (_, more, param) => {
  const site = await openWithForm()
  expect(refusal(await site.register('ann', more))).toEqual([400, 'not_affirmed', param])
  expect(await site.store.db.select().from(user)).toEqual([])
})

test('every document in force must be accepted, and nothing else (T0.1, T2.1)', async () => {
  const site = await openWithForm()
  const [one = '', two = '', three = ''] = site.documents
  for (const documents of [
    [one, two],
    [one, two, two],
    [one, two, 'doc_other'],
    [one, two, three, two],
  ]) {
    const refused = await site.register('ann', { documents })
    expect(refusal(refused)).toEqual([400, 'not_affirmed', 'documents'])
  }
})

test('who she is, what she owns and what she accepted is on record, with where and when (T0.1, T2.1)', async () => {
  const { register, store, people, documents } = await openWithForm()
  await register('ann', {
    ...{ email: ' Ann@Example.com ', kind: 'entity', account_name: 'Acme', authority: true },
    ...{ country: 'TW', language: 'zh-TW' },
  })
  const now = people.clock.now()
  const [row] = await store.db.select().from(user)
  const facts = { email: 'ann@example.com', name: 'ann', language: 'zh-TW', state: 'active' }
  expect(row).toMatchObject({ ...facts, emailVerifiedAt: null, affirmedAt: now, createdAt: now })
  expect(row?.passwordHash).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  const [owned] = await store.db
    .select()
    .from(account)
    .innerJoin(member, eq(member.accountId, account.id))
  expect(owned?.account).toMatchObject({ kind: 'entity', name: 'Acme', country: 'TW' })
  expect(owned?.member).toMatchObject({ userId: row?.id, role: 'owner' })
  const accepted = await store.db.select().from(acceptance)
  expect(accepted.map(({ documentId }) => documentId).sort()).toEqual([...documents].sort())
  const addressHash = hashAddress('192.0.2.1', people.sealingKey)
  for (const one of accepted) {
    expect(one).toMatchObject({ userId: row?.id, acceptedAt: now, addressHash, agent: 'Firefox' })
  }
  expect(JSON.stringify(accepted)).not.toContain('192.0.2.1')
})

describe.each(databases)('on %s', (_, open) => {
  test('who registers twice at once is one user with one account', async () => {
    const { register, store, people } = await openWithForm(await open())
    const replies = await Promise.all(Array.from({ length: 4 }, () => register('ann')))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await store.db.select().from(user)).toHaveLength(1)
    expect(await store.db.select().from(member)).toHaveLength(1)
    expect(await mailsTo(people, 'ann', 'verify')).toHaveLength(1)
  })

  test('a solved puzzle counts once, however it is written and at once', async () => {
    const { register, captcha } = await openWithForm(await open())
    const solved = await captcha()
    const rewritten = btoa(` ${atob(solved)}`)
    const replies = await Promise.all(
      [solved, rewritten, solved].map((one, at) => register(`user${at}`, { captcha: one })),
    )
    const refused = replies.filter(({ status }) => status !== 200)
    expect(refused.map(refusal)).toEqual(Array(2).fill([400, 'captcha_failed', 'captcha']))
  })
})

test('a puzzle that is not solved, not ours or too old is refused', async () => {
  const { register, captcha, people } = await openWithForm()
  const fields = JSON.parse(atob(await captcha()))
  const written = (more: object) => btoa(JSON.stringify({ ...fields, ...more }))
  const hourAgo = await newPuzzle(people.sealingKey, Date.now() - 60 * minuteMs)
  const foreign = await newPuzzle('another key', Date.now())
  const wrong = [
    ...['', 'nothing', btoa('[]'), btoa('null'), written({ number: fields.number + 1 })],
    ...[written({ salt: fields.salt.replace(/expires=\d+/, 'expires=9999999999') })],
    ...[written({ algorithm: 'none' }), solve(hourAgo), solve(foreign)],
  ]
  for (const one of wrong) {
    expect(refusal(await register('ann', { captcha: one }))).toEqual([
      400,
      'captcha_failed',
      'captcha',
    ])
  }
})

test('registrations from one block of addresses are counted', async () => {
  const { register, people } = await openWithForm()
  for (let at = 0; at < 10; at++) await register(`user${at}`, { captcha: '' })
  expect(refusal(await register('ann'))).toEqual([429, 'too_many_attempts', null])
  people.clock.move(60 * minuteMs)
  expect((await register('ann')).status).toBe(200)
})

test('where registration is closed there is none', async () => {
  const { register, people } = await openWithForm()
  await people.business.change({ openRegistration: false }, 'usr_1', people.clock.now())
  expect(refusal(await register('ann'))).toEqual([404, 'not_found', null])
})

describe('on the whole platform', async () => {
  const { parts, server } = await startTestServer()

  test('no key is made and no call taken before the address is proven (T4.2)', async () => {
    const hers = openBrowser(server.url)
    const documents = await currentDocuments(parts.store, parts.clock.now())
    await hers.ask('POST', '/api/register', {
      ...{ ...login('ann'), name: 'Ann', language: 'en', kind: 'person', adult: true },
      ...{ authority: false, documents: documents.map(({ id }) => id) },
      captcha: solve((await hers.ask('GET', '/api/captcha')).body),
    })
    await hers.ask('POST', '/api/login', { email: 'ann@example.com', password })
    const { visitor } = (await hers.ask('GET', '/api/session')).body
    const { id } = visitor.accounts[0]
    const makeKey = () => hers.ask('POST', `/api/accounts/${id}/keys`, { name: 'ci' })
    expect(refusal(await makeKey())).toEqual([403, 'email_unverified', null])
    // As the operator makes one.
    const { secret } = await createKey(parts.store, id, { ...unlimited, name: 'ci' }, Date.now())
    const call = async () => {
      const asked = { model: 'none', messages: [{ role: 'user', content: 'Hi' }] }
      const authorization = { authorization: `Bearer ${secret}` }
      const reply = await hers.ask('POST', '/api/v1/chat/completions', asked, authorization)
      return reply.body.error.code
    }
    expect(await call()).toBe('email_unverified')
    const [text] = await mailsTo({ store: parts.store as TestStore }, 'ann', 'verify')
    const token = /\/verify\?token=(\w{43})/.exec(text ?? '')?.[1]
    expect((await hers.ask('POST', '/api/verify', { token })).status).toBe(200)
    expect(await call()).toBe('model_not_found')
    expect((await makeKey()).status).toBe(200)
  })
})
