/** Keys in the dashboard and by management key: who may what, and that no secret is ever shown again. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { AppError } from '../../src/base/error.ts'
import type { Key } from '../../src/key/key.ts'
import { manageRoutes } from '../../src/key/manage-routes.ts'
import { openKeyRing } from '../../src/key/ring.ts'
import { keyRoutes } from '../../src/key/routes.ts'
import { playgroundHash } from '../../src/key/view.ts'
import { acceptance, document, user } from '../../src/store/people.ts'
import { key as keyTable } from '../../src/store/schema.ts'
import { databases, now, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { addMember, openDashboard } from '../helpers/members.ts'
import { clock } from '../http/open.ts'
import { newPerson, newWorld, setState } from '../ledger/world.ts'

const tiers = { standard: { rpm: null, tpm: null, concurrent: null } }

async function annsShop(store: TestStore) {
  const world = await newWorld(store)
  const id = await newPerson(world, 1000n, { state: 'revoked' })
  for (const [who, role] of [
    ['ann', 'owner'],
    ['dev', 'developer'],
    ['stale', 'owner'],
    ['eye', 'read-only'],
    ['bill', 'billing'],
  ] as const)
    await addMember(store, id, who, role)
  const ring = openKeyRing(store, tiers, clock)
  const shop = openDashboard(store, (http, people) =>
    http.use(keyRoutes(people)).use(
      manageRoutes({
        ...{ store, clock, forgetKeys: people.forgetKeys },
        authorize: async ({ headers }) => {
          const found = await ring.find(headers.get('x-user') ?? '')
          if (found === null) throw new AppError('invalid_api_key')
          return found
        },
      }),
    ),
  )
  const path = `/api/accounts/${id}/keys`
  const make = async (terms: object = {}, who = 'ann') =>
    (await shop.ask(who, 'POST', path, { name: 'ci', ...terms })).body
  return { ...shop, world, id, path, ring, make }
}

describe.each(databases)('on %s', (_, open) => {
  test('a key is made with its terms, its secret shown once, and found by it', async () => {
    const { ask, path, ring, make } = await annsShop(await open())
    const terms = {
      ...{ limit: '5.00', limit_reset: 'monthly', expires_at: '2027-01-01T00:00:00.000Z' },
      ...{ models: ['m'], ips: ['10.0.0.0/8'], rpm: 60, tpm: 1000, concurrent: 2 },
    }
    const { key, secret } = await make(terms, 'dev')
    expect(key).toMatchObject({
      ...{ ...terms, name: 'ci', state: 'active', purpose: 'inference', spent: '0.00' },
      ...{ label: `sk-kk-…${secret.slice(-4)}`, last_used_at: null, created_by_name: 'dev' },
    })
    expect(((await ring.find(secret)) as Key).id).toBe(key.id)
    const list = await ask('eye', 'GET', path)
    expect(list.body.data[0]).toEqual(key)
    expect(JSON.stringify(list)).not.toContain(secret)
  })

  test('a key is changed, disabled, rotated and revoked; each is in effect at the next call', async () => {
    const store = await open()
    const { ask, path, make, forgotten } = await annsShop(store)
    const { key } = await make({ limit: '5' })
    const patch = (body: object) => ask('dev', 'PATCH', `${path}/${key.id}`, body)
    expect((await patch({ limit: null, rpm: 7 })).body.key).toMatchObject({ limit: null, rpm: 7 })
    expect((await patch({ state: 'disabled' })).body.key.state).toBe('disabled')
    expect((await patch({ state: 'active', name: ' web ' })).body.key.name).toBe('web')
    const rotated = await ask('dev', 'POST', `${path}/${key.id}/rotate`, { overlap_hours: 24 })
    expect(rotated.body.key).toMatchObject({ name: 'web', rpm: 7, state: 'active' })
    const old = await store.db.select().from(keyTable).where(eq(keyTable.id, key.id))
    expect(old[0]?.expiresAt).toBe(now + 24 * 3_600_000)
    const revoked = await ask('dev', 'POST', `${path}/${key.id}/revoke`)
    expect(revoked.body.key.state).toBe('revoked')
    expect(forgotten()).toBe(5)
    expect(await patch({ state: 'active' })).toMatchObject({ status: 404 })
  })

  test('what a change leaves out stays as it is', async () => {
    const { ask, path, make } = await annsShop(await open())
    const { key } = await make({ limit: '5', rpm: 3, models: ['m'] })
    expect(key).toMatchObject({ limit_reset: null, expires_at: null })
    const one = `${path}/${key.id}`
    const disabled = await ask('ann', 'PATCH', one, { state: 'disabled' })
    const named = await ask('ann', 'PATCH', one, { name: 'web' })
    expect(named.body.key).toEqual({ ...disabled.body.key, name: 'web' })
    expect(named.body.key).toEqual({ ...key, state: 'disabled', name: 'web' })
  })

  test('a double click makes one key', async () => {
    const { ask, path } = await annsShop(await open())
    const once = () => ask('ann', 'POST', path, { name: 'ci', once: 'click-1' })
    const answers = await Promise.all([once(), once()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    expect((await ask('ann', 'GET', path)).body.data).toHaveLength(2)
  })

  test('calls wait for a confirmed address of an owner (T4.2)', async () => {
    const store = await open()
    const { make, ring } = await annsShop(store)
    const { secret } = await make()
    const verified = async (from = ring) => {
      from.forget()
      return ((await from.find(secret)) as Key).account.verified
    }
    expect(await verified()).toBe(true)
    await store.write((db) => [db.update(user).set({ emailVerifiedAt: null })])
    expect(await verified()).toBe(false)
    expect(await verified(openKeyRing(store, tiers, clock, () => false))).toBe(true)
    // A developer's address is not the account's.
    await store.write((db) => [
      db.update(user).set({ emailVerifiedAt: now }).where(eq(user.id, 'dev')),
    ])
    expect(await verified()).toBe(false)
  })

  test('calls wait for changed documents from their day on, until an owner accepts (T2.2)', async () => {
    const store = await open()
    const { make, ring } = await annsShop(store)
    const { secret } = await make()
    const publish = (id: string, effectiveAt: number, material = true) =>
      store.write((db) => [
        db.insert(document).values({
          ...{ id, kind: 'terms', version: id, material, effectiveAt, publishedBy: 'ann' },
          ...{ textEn: '', textZh: '', summaryEn: '', summaryZh: '', createdAt: now },
        }),
      ])
    const accept = (userId: string, documentId: string) =>
      store.write((db) => [db.insert(acceptance).values({ userId, documentId, acceptedAt: now })])
    const termsFrom = async () => {
      ring.forget()
      return ((await ring.find(secret)) as Key).account.termsFrom
    }
    expect(await termsFrom()).toBeNull()
    await publish('doc_1', now + 10)
    await publish('doc_2', now + 20)
    expect(await termsFrom()).toBe(now + 10)
    await accept('dev', 'doc_2')
    expect(await termsFrom()).toBe(now + 10)
    await accept('ann', 'doc_1')
    expect(await termsFrom()).toBe(now + 20)
    await accept('stale', 'doc_2')
    expect(await termsFrom()).toBeNull()
    await publish('doc_3', now + 30, false)
    expect(await termsFrom()).toBeNull()
  })
})

const shop = await annsShop(await openTestSqlite())
const other = await newPerson(shop.world)

describe('who may', () => {
  test.each([
    ['ann', 200],
    ['dev', 200],
    ['eye', 403],
    ['bill', 403],
    ['nobody', 404],
  ])('make a key: %s meets %d', async (who, status) => {
    expect((await shop.ask(who, 'POST', shop.path, { name: 'x' })).status).toBe(status)
  })

  test.each([
    ['ann', 200],
    // Not the role for it, or not a log-in of the last minutes.
    ['dev', 403],
    ['stale', 403],
  ])('make a management key: %s meets %d', async (who, status) => {
    const body = { name: 'x', purpose: 'management' }
    expect((await shop.ask(who, 'POST', shop.path, body)).status).toBe(status)
  })

  test('nobody reaches a key of another account by its id', async () => {
    const paths = ['', '/rotate', '/revoke'].map((path) => `${shop.path}/${other}-key${path}`)
    const answers = await Promise.all([
      shop.ask('ann', 'PATCH', paths[0]!, { name: 'mine' }),
      shop.ask('ann', 'POST', paths[1]!, { overlap_hours: 0 }),
      shop.ask('ann', 'POST', paths[2]!),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
  })

  test('in a suspended account a key can be revoked and nothing else', async () => {
    const { world, id, make, ask, path } = await annsShop(await openTestSqlite())
    const { key } = await make()
    await setState(world, id, 'suspended')
    expect((await make()).error.code).toBe('account_suspended')
    const changed = await ask('ann', 'PATCH', `${path}/${key.id}`, { name: 'x' })
    expect(changed.body.error.code).toBe('account_suspended')
    expect((await ask('ann', 'POST', `${path}/${key.id}/revoke`)).status).toBe(200)
  })
})

test.each<[object, string, string | null]>([
  [{ name: '' }, 'invalid_request', 'name'],
  [{ name: '  ' }, 'invalid_request', 'name'],
  [{ limit: '-1' }, 'invalid_amount', 'limit'],
  [{ limit: '1.0000000001' }, 'invalid_amount', 'limit'],
  [{ limit_reset: 'yearly' }, 'invalid_request', 'limit_reset'],
  [{ expires_at: '2020-01-01' }, 'invalid_request', 'expires_at'],
  [{ expires_at: 'soon' }, 'invalid_request', 'expires_at'],
  [{ ips: ['10.0.0.0/33'] }, 'invalid_request', 'ips'],
  [{ rpm: 0 }, 'invalid_request', 'rpm'],
])('%j is refused by name', async (terms, code, param) => {
  expect((await shop.make(terms)).error).toMatchObject({ code, param })
})

test('the playground’s own key is in no list and cannot be changed', async () => {
  const { id, path, ask } = shop
  const row = { id: 'key_play', hash: playgroundHash(id), suffix: '', name: 'playground' }
  await shop.people.store.write((db) => [
    db.insert(keyTable).values({ ...row, accountId: id, createdAt: now }),
  ])
  const { body } = await ask('ann', 'GET', path)
  expect(body.data.map((key: { id: string }) => key.id)).not.toContain('key_play')
  expect((await ask('ann', 'POST', `${path}/key_play/rotate`, { overlap_hours: 0 })).status).toBe(
    404,
  )
})

describe('a management key', () => {
  const keys = '/api/v1/keys'

  test('makes, shows, changes and deletes keys of its account', async () => {
    const { secret: manager } = await shop.make({ purpose: 'management' })
    const made = await shop.ask(manager, 'POST', keys, { name: 'customer 7', limit: 0.1 })
    expect(made).toMatchObject({
      status: 201,
      body: { data: { name: 'customer 7', limit: 0.1, limit_remaining: 0.1, disabled: false } },
    })
    expect(((await shop.ring.find(made.body.key)) as Key).creditLimit).toBe(100_000_000n)
    const one = `${keys}/${made.body.data.hash}`
    const changed = await shop.ask(manager, 'PATCH', one, { disabled: true, limit: null })
    expect(changed.body.data).toMatchObject({ disabled: true, limit: null, limit_remaining: null })
    const hashes = async (query = '') =>
      (await shop.ask(manager, 'GET', keys + query)).body.data.map((k: { hash: string }) => k.hash)
    expect(await hashes()).not.toContain(made.body.data.hash)
    expect(await hashes('?include_disabled=true')).toContain(made.body.data.hash)
    expect((await shop.ask(manager, 'DELETE', one)).body).toEqual({ deleted: true })
  })

  test('reaches no management key and no other account', async () => {
    const { key, secret: manager } = await shop.make({ purpose: 'management' })
    for (const hash of [key.hash, other]) {
      expect((await shop.ask(manager, 'DELETE', `${keys}/${hash}`)).status).toBe(404)
    }
  })

  test.each(['inference', null])('is needed: %s is not enough', async (purpose) => {
    const { secret } = purpose === null ? { secret: 'sk-kk-x' } : await shop.make({ purpose })
    const { status, body } = await shop.ask(secret, 'GET', keys)
    expect([status, body.error.code]).toEqual(
      purpose === null ? [401, 'invalid_api_key'] : [403, 'management_key_required'],
    )
  })
})
