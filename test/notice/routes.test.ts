/** Who may do what with an account's webhooks, over HTTP. */
import { expect, test } from 'bun:test'
import { newSealingKey } from '../../src/base/secret.ts'
import { readSettings } from '../../src/config.ts'
import { noticeRoutes } from '../../src/notice/routes.ts'
import { account } from '../../src/store/schema.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { addMember, type Dashboard, openDashboard } from '../helpers/members.ts'

const path = '/api/accounts/acme/webhooks'

async function openAcme(state: 'active' | 'suspended' = 'active'): Promise<Dashboard> {
  const store = await openTestSqlite()
  await store.write((db) => [
    db.insert(account).values({ id: 'acme', kind: 'entity', state, createdAt: 0 }),
  ])
  for (const [id, role] of [
    ...([
      ['ann', 'owner'],
      ['stale', 'owner'],
      ['adam', 'admin'],
    ] as const),
    ...([
      ['bill', 'billing'],
      ['dev', 'developer'],
      ['eye', 'read-only'],
    ] as const),
  ]) {
    await addMember(store, 'acme', id, role)
  }
  const more = { config: readSettings({}, {}).config, sealingKey: newSealingKey() }
  return openDashboard(store, (http, people) => http.use(noticeRoutes({ ...people, ...more })))
}

test.each([
  ['ann', 200, null],
  ['adam', 200, null],
  ['stale', 403, 'recent_login_required'],
  ['bill', 403, 'role_not_allowed'],
  ['dev', 403, 'role_not_allowed'],
  ['eye', 403, 'role_not_allowed'],
  ['nobody', 404, 'not_found'],
])('%s adds one: %i', async (who, status, code) => {
  const { ask } = await openAcme()
  const answer = await ask(who, 'POST', path, { url: 'https://example.com/hook' })
  expect(answer.status).toBe(status)
  expect(answer.body.error?.code ?? null).toBe(code)
})

test('the secret is in the reply to what made it, and nowhere after', async () => {
  const { ask } = await openAcme()
  const made = await ask('ann', 'POST', path, { url: 'https://example.com/hook' })
  expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const { id, url } = made.body
  expect(await ask('eye', 'GET', path)).toEqual({
    status: 200,
    body: { data: [{ id, url, created_at: '2026-01-15T12:00:00.000Z' }], next: null },
  })
})

test('a test is sent, seen by every member, and removed with its webhook', async () => {
  const { ask } = await openAcme()
  const { id } = (await ask('ann', 'POST', path, { url: 'https://example.com/hook' })).body
  expect((await ask('adam', 'POST', `${path}/${id}/test`)).body).toEqual({ ok: true })
  expect((await ask('eye', 'GET', `${path}/${id}/deliveries`)).body.data).toMatchObject([
    { event: 'test', state: 'queued', attempts: 0, status: null, error: null },
  ])
  expect((await ask('adam', 'DELETE', `${path}/${id}`)).body).toEqual({ ok: true })
  expect((await ask('eye', 'GET', `${path}/${id}/deliveries`)).status).toBe(404)
})

test('a bad address is refused by the field’s name', async () => {
  const { ask } = await openAcme()
  const { status, body } = await ask('ann', 'POST', path, { url: 'https://10.0.0.1/' })
  expect({ status, param: body.error.param }).toEqual({ status: 400, param: 'url' })
})

test('a suspended account adds none', async () => {
  const { ask } = await openAcme('suspended')
  const { body } = await ask('ann', 'POST', path, { url: 'https://example.com/hook' })
  expect(body.error.code).toBe('account_suspended')
})
