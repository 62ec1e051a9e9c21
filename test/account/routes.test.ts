/** Accounts through their routes: settings, one's data as a file, and what the session page learns. */
import { describe, expect, test } from 'bun:test'
import { accountRoutes } from '../../src/account/routes.ts'
import { sessionRoutes } from '../../src/account/session-routes.ts'
import { seedDocuments } from '../../src/legal/document.ts'
import { muted, recharge } from '../../src/store/credit.ts'
import { acceptance, document, session, user } from '../../src/store/people.ts'
import { key } from '../../src/store/schema.ts'
import { databases, now, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { newTeam, openPeople, rolesIn } from '../helpers/people.ts'
import { open as openHttp } from '../http/open.ts'
import { movement, newWorld } from '../ledger/world.ts'

async function acme(store: TestStore) {
  const people = await openPeople(store)
  const id = await newTeam(people, 'acme', { ann: 'owner', bob: 'read-only' })
  const { url } = openHttp((http) =>
    http.use(sessionRoutes(people, { demoMails: false })).use(accountRoutes(people)),
  )
  /** As who logged in that long ago. */
  async function ask(who: string, method: string, path: string, body?: object, agoMs = 0) {
    const cookie = await people.sessions.open(who, { address: '192.0.2.1', agent: 'Firefox' })
    people.clock.move(agoMs)
    const response = await fetch(url + path, {
      method,
      headers: { cookie: cookie.split(';')[0] ?? '', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  return { people, id, ask, path: `/api/accounts/${id}` }
}

describe.each(databases)('on %s', (_, open) => {
  test('settings are changed one by one and shown', async () => {
    const { ask, path, people } = await acme(await open())
    const set = { name: ' Acme  Ltd ', country: 'TW', training: true, low_balance: '2.50' }
    const shown = { name: 'Acme Ltd', country: 'TW', training: true, low_balance: '2.50' }
    expect((await ask('ann', 'PATCH', path, set)).body).toMatchObject(shown)
    const less = await ask('ann', 'PATCH', path, { low_balance: null, country: null })
    expect(less.body).toMatchObject({ ...shown, low_balance: null, country: null })
    expect((await ask('bob', 'GET', path)).body).toEqual(less.body)
    expect(people.forgotten()).toBe(2)
  })

  test('one’s data is a file with everything in it but secrets', async () => {
    const { ask, id, people } = await acme(await open())
    const { store } = people
    const { ledger } = await newWorld(store)
    await seedDocuments(store, now)
    const [terms] = await store.db.select().from(document)
    const row = { id: 'key_1', hash: 'the-hash', suffix: 'ab12', accountId: id, name: 'ci' }
    await store.write((db) => [
      db.insert(key).values({ ...row, createdAt: now }),
      db.update(user).set({ passwordHash: 'the-password', totpSecret: 'the-secret' }),
      db.insert(acceptance).values({
        ...{ userId: 'ann', documentId: terms?.id ?? '', acceptedAt: now },
      }),
      db.insert(muted).values({ userId: 'ann', kind: 'announcement' }),
      db.insert(recharge).values({
        ...{ accountId: id, processor: 'stripe', state: 'on', methodId: 'the-secret' },
        customerId: 'the-secret',
        ...{ threshold: 5_000_000_000n, credit: 25_000_000_000n, monthlyCap: 50_000_000_000n },
        ...{ agreedBy: 'ann', agreedAt: now },
      }),
    ])
    for (const amount of [1n, 2n]) {
      await ledger.transfer(movement(id, 'grant', amount * 1_000_000_000n), now)
    }
    const { body, headers } = await ask('ann', 'GET', '/api/me/export')
    expect(headers.get('content-disposition')).toBe('attachment; filename="my-data.json"')
    expect(body).toMatchObject({
      profile: { email: 'ann@example.com', totp: false },
      sessions: [{ agent: 'Firefox' }],
      acceptances: [{ kind: terms?.kind, version: terms?.version }],
      muted_notices: ['announcement'],
      accounts: [
        {
          account: { id, name: id },
          members: [{ id: 'ann' }, { id: 'bob' }],
          keys: [{ label: 'sk-kk-…ab12', name: 'ci' }],
          recharge: { state: 'on', threshold: '5.00', credit: '25.00', monthly_cap: '50.00' },
          statement: [
            { amount: '2.00', balance: '3.00' },
            { amount: '1.00', balance: '1.00' },
          ],
        },
      ],
    })
    expect(JSON.stringify(body)).not.toMatch(/the-(hash|password|secret)/)
    const own = await ask('bob', 'GET', `/api/accounts/${id}/export`)
    expect({ ...own.body, exported_at: '' }).toEqual({ ...body.accounts[0], exported_at: '' })
  })
})

test.each<[string, string, object, string, string | null]>([
  ['PATCH', '', { name: '  ' }, 'invalid_request', 'name'],
  ['PATCH', '', { name: 'x'.repeat(101) }, 'invalid_request', 'name'],
  ['PATCH', '', { country: 'Taiwan' }, 'invalid_request', 'country'],
  ['PATCH', '', { low_balance: '-1' }, 'invalid_amount', 'low_balance'],
  ['PATCH', '/members/bob', {}, 'invalid_request', 'role'],
  ['PATCH', '/members/bob', { role: 'god' }, 'invalid_request', 'role'],
  ['POST', '/invitations', { email: 'a@example.com' }, 'invalid_request', 'role'],
  ['POST', '/invitations', { email: 'a', role: 'admin' }, 'invalid_email', 'email'],
  ['POST', '/close', { name: 'Acme' }, 'invalid_request', 'name'],
])('%s %s with %j is refused by name', async (method, rest, body, code, param) => {
  const { ask, path, people, id } = await acme(await openTestSqlite())
  const answer = await ask('ann', method, path + rest, body)
  expect(answer.body.error).toMatchObject({ code, param })
  expect(await rolesIn(people, id)).toEqual({ ann: 'owner', bob: 'read-only' })
})

test('an organisation’s account needs the affirmation that she may bind it (T2.2)', async () => {
  const { ask, people } = await acme(await openTestSqlite())
  people.clock.move(1)
  const made = { kind: 'entity', name: 'Other', authority: false }
  expect((await ask('bob', 'POST', '/api/accounts', made)).body.error).toMatchObject({
    ...{ code: 'not_affirmed', param: 'authority' },
  })
  const { body } = await ask('bob', 'POST', '/api/accounts', { ...made, authority: true })
  const { accounts } = (await ask('bob', 'GET', '/api/session')).body.visitor
  expect(accounts).toMatchObject([
    { id: 'acme', role: 'read-only' },
    { id: body.id, kind: 'entity', name: 'Other', role: 'owner', state: 'active' },
  ])
})

test.each([
  ['ann', '/api/accounts/acme/close'],
  ['bob', '/api/me/close'],
])('%s closes by %s only soon after a log-in, and is signed out everywhere', async (who, route) => {
  const { ask, people } = await acme(await openTestSqlite())
  const close = (agoMs: number) => ask(who, 'POST', route, { name: 'acme' }, agoMs)
  expect((await close(11 * 60_000)).body.error.code).toBe('recent_login_required')
  expect((await close(9 * 60_000)).status).toBe(200)
  const left = await people.store.db.select().from(session)
  expect(left.filter(({ userId }) => userId === who)).toEqual([])
})

test('documents are accepted by id, twice without harm, and no others', async () => {
  const { ask, people } = await acme(await openTestSqlite())
  await seedDocuments(people.store, now)
  const asked = async () =>
    (await ask('ann', 'GET', '/api/session')).body.visitor.documents_to_accept as { id: string }[]
  const documents = (await asked()).map(({ id }) => id)
  expect(documents.length).toBeGreaterThan(0)
  const wrong = await ask('ann', 'POST', '/api/documents/accept', { documents: ['doc_x'] })
  expect(wrong.body.error).toMatchObject({ code: 'not_affirmed', param: 'documents' })
  for (const _ of [1, 2]) {
    expect((await ask('ann', 'POST', '/api/documents/accept', { documents })).status).toBe(200)
  }
  expect(await asked()).toEqual([])
  const [kept] = await people.store.db.select().from(acceptance)
  expect(kept).toMatchObject({ userId: 'ann', acceptedAt: now, agent: 'Bun/1.4.5' })
  expect(kept?.addressHash).toMatch(/^[0-9a-f]{64}$/)
})
