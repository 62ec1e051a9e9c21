/** The keys in memory: found without waiting, never older than the last change. */
import { describe, expect, test } from 'bun:test'
import { createAccount, reinstateAccount, suspendAccount } from '../../src/account/account.ts'
import { changeKey, revokeKey, revokeSecret, rotateKey, switchKey } from '../../src/key/change.ts'
import { createKey, type KeyTerms, newSecret } from '../../src/key/issue.ts'
import type { Key } from '../../src/key/key.ts'
import { openKeyRing } from '../../src/key/ring.ts'
import { key } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { openPeople } from '../helpers/people.ts'

const tiers = {
  standard: { rpm: 60, tpm: 1000, concurrent: 5 },
  gold: { rpm: null, tpm: null, concurrent: null },
}
const open = {
  ...{ name: 'main', expiresAt: null, creditLimit: null, creditReset: null, rpm: null, tpm: null },
  ...{ concurrent: null, models: null, ips: null },
}

function world(store: Store) {
  const clock = { at: now, now: () => clock.at, elapsed: () => clock.at }
  return { clock, ring: openKeyRing(store, tiers, clock) }
}

async function annsKey(store: Store, tier = 'gold') {
  const id = await createAccount(store, { email: `${crypto.randomUUID()}@example.com`, tier }, now)
  return { account: id, ...(await createKey(store, id, open, now)) }
}

describe.each(databases)('on %s', (name, openDatabase) => {
  test('a key is found by its secret, with its limits and its account’s', async () => {
    const store = await openDatabase()
    const { ring } = world(store)
    const account = await createAccount(store, { email: 'ann@example.com', tier: 'standard' }, now)
    const terms: KeyTerms = {
      ...{ name: 'ci', expiresAt: now + 1, creditLimit: 5n, creditReset: 'weekly', rpm: 1, tpm: 2 },
      ...{ concurrent: 3, models: ['a', 'b'], ips: ['10.0.0.0/8'] },
    }
    const { secret, hash, id } = await createKey(store, account, terms, now)
    expect(await ring.find(secret)).toEqual({
      ...{ id, hash, accountId: account, name: 'ci', state: 'active', expiresAt: now + 1 },
      purpose: 'inference',
      ...{ creditLimit: 5n, creditReset: 'weekly', limits: { rpm: 1, tpm: 2, concurrent: 3 } },
      ...{ models: new Set(['a', 'b']), ips: ['10.0.0.0/8'], createdAt: now },
      investigations: [],
      account: {
        ...{ id: account, state: 'active', limits: tiers.standard },
        ...{ verified: true, termsFrom: null, training: false, bodyDays: 0 },
      },
    })
  })

  test('what was changed is seen at the next call', async () => {
    const store = await openDatabase()
    const { ring } = world(store)
    const people = await openPeople(store)
    const { secret, hash, account } = await annsKey(store)
    const seen = async () => {
      ring.forget(hash)
      const { state, account, limits } = (await ring.find(secret)) as Key
      return [state, account.state, limits.rpm]
    }
    expect(await seen()).toEqual(['active', 'active', null])
    await changeKey(store, hash, { rpm: 7 })
    expect(await seen()).toEqual(['active', 'active', 7])
    await switchKey(store, hash, 'disabled')
    expect(await seen()).toEqual(['disabled', 'active', 7])
    await suspendAccount(people, account, 'chargeback')
    expect(await seen()).toEqual(['disabled', 'suspended', 7])
    await switchKey(store, hash, 'active')
    await reinstateAccount(people, account, 'settled')
    expect(await seen()).toEqual(['active', 'active', 7])
    await revokeKey(store, hash)
    expect(await seen()).toEqual(['revoked', 'active', 7])
  })

  test('a revoked key stays so; revoking it again is no error', async () => {
    const store = await openDatabase()
    const { hash } = await annsKey(store)
    await revokeKey(store, hash)
    await revokeKey(store, hash)
    for (const change of [
      () => switchKey(store, hash, 'active'),
      () => changeKey(store, hash, { rpm: 1 }),
      () => rotateKey(store, hash, 0, now),
    ]) {
      expect(change()).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  test('whoever holds the secret may revoke the key', async () => {
    const store = await openDatabase()
    const { secret } = await annsKey(store)
    const { ring } = world(store)
    expect(await revokeSecret(store, secret)).toBe(true)
    expect(await ring.find(secret)).toMatchObject({ state: 'revoked' })
    expect(await revokeSecret(store, newSecret())).toBe(false)
    expect(await revokeSecret(store, 'sk-kk-guess')).toBe(false)
  })

  test('rotation keeps the terms and what was spent, and lets the old key live for the overlap', async () => {
    const store = await openDatabase()
    const { hash, account } = await annsKey(store)
    await changeKey(store, hash, { creditLimit: 100n, creditReset: 'daily', models: ['a'] })
    await store.write((db) => [db.update(key).set({ spent: 60n, periodStart: now })])
    const made = await rotateKey(store, hash, 3_600_000, now)
    expect(made.oldExpiresAt).toBe(now + 3_600_000)
    const rows = await store.db.select().from(key).orderBy(key.createdAt, key.hash)
    const byHash = new Map(rows.map((row) => [row.hash, row]))
    expect(byHash.get(hash)).toMatchObject({ expiresAt: now + 3_600_000, spent: 60n })
    expect(byHash.get(made.hash)).toMatchObject({
      ...{ accountId: account, name: 'main', state: 'active', expiresAt: null, spent: 60n },
      ...{ creditLimit: 100n, creditReset: 'daily', models: ['a'], periodStart: now, held: 0n },
    })
  })

  test('rotation never lengthens the old key’s life', async () => {
    const store = await openDatabase()
    const { hash } = await annsKey(store)
    await changeKey(store, hash, { expiresAt: now + 5 })
    expect((await rotateKey(store, hash, 3_600_000, now)).oldExpiresAt).toBe(now + 5)
  })

  test('a key changed by another node is seen within half a second, where there may be one', async () => {
    const store = await openDatabase()
    const { ring, clock } = world(store)
    const { secret, hash } = await annsKey(store)
    await ring.find(secret)
    await revokeKey(store, hash)
    clock.at += 500
    const state = name === 'PostgreSQL' ? 'revoked' : 'active'
    expect(await ring.find(secret)).toMatchObject({ state })
  })
})

test('a known key is found without waiting', async () => {
  const store = await openTestSqlite()
  const { ring } = world(store)
  const { secret } = await annsKey(store)
  expect(ring.find(secret)).toBeInstanceOf(Promise)
  const key = await ring.find(secret)
  expect(ring.find(secret)).toBe(key)
})

test('what cannot be a key is refused without a look-up', async () => {
  const store = await openTestSqlite()
  const { ring } = world(store)
  await store.close()
  for (const text of ['', 'sk-kk-x', newSecret().slice(0, -1), `${newSecret()}0`]) {
    expect(ring.find(text)).toBeNull()
  }
})

test('what was read before a change is not kept after it', async () => {
  const store = await openTestSqlite()
  const { ring } = world(store)
  const { secret, hash } = await annsKey(store)
  const early = ring.find(secret)
  await revokeKey(store, hash)
  ring.forget(hash)
  await early
  expect(await ring.find(secret)).toMatchObject({ state: 'revoked' })
})

test('a tier that the settings no longer have is held to the standard one', async () => {
  const store = await openTestSqlite()
  const { ring } = world(store)
  const { secret } = await annsKey(store, 'silver')
  expect(await ring.find(secret)).toMatchObject({ account: { limits: tiers.standard } })
})
