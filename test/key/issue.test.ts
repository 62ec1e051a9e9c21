/** A key's secret: its form, and that nothing like it passes for one. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { checksum, sha256 } from '../../src/base/secret.ts'
import { createKey, isSecret, newSecret } from '../../src/key/issue.ts'
import { account, key } from '../../src/store/schema.ts'
import { now, openTestSqlite } from '../helpers/database.ts'

const terms = {
  ...{ name: 'main', expiresAt: null, creditLimit: null, creditReset: null, rpm: null, tpm: null },
  ...{ concurrent: null, models: null, ips: null },
}

test('a secret is sk-kk-, 43 random characters and a checksum over all before it', () => {
  const secret = newSecret()
  expect(secret).toMatch(/^sk-kk-[0-9A-Za-z]{49}$/)
  expect(secret.slice(-6)).toBe(checksum(secret.slice(0, -6)))
  expect(isSecret(secret)).toBe(true)
  expect(newSecret()).not.toBe(secret)
})

test('one changed character, a cut or an addition makes it none', () => {
  fc.assert(
    fc.property(fc.nat({ max: 54 }), fc.constantFrom(...'aZ0-_'), (at, letter) => {
      const secret = newSecret()
      const changed = secret.slice(0, at) + letter + secret.slice(at + 1)
      expect(isSecret(changed)).toBe(changed === secret)
      expect(isSecret(secret.slice(0, at))).toBe(false)
      expect(isSecret(secret + letter)).toBe(false)
    }),
  )
})

test.each([
  '',
  'sk-kk-',
  `sk-kk-${'0'.repeat(49)}`,
  "sk-kk-' OR 1=1 --",
  newSecret().toUpperCase(),
  ` ${newSecret()}`,
])('%j is none', (text) => {
  expect(isSecret(text)).toBe(false)
})

test('no text passes by chance', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => !isSecret(text)))
})

test('only its hash and its last four characters are kept', async () => {
  const store = await openTestSqlite()
  await store.write((db) => [
    db.insert(account).values({ id: 'ann', kind: 'person', createdAt: now }),
  ])
  const { secret, hash } = await createKey(store, 'ann', terms, now)
  const [row] = await store.db.select().from(key)
  expect(row).toMatchObject({
    hash: sha256(secret),
    suffix: secret.slice(-4),
    state: 'active',
    ...terms,
  })
  expect(hash).toBe(sha256(secret))
  expect(Bun.inspect(row)).not.toContain(secret.slice(6, 49))
})

test.each([
  ['is not there', 'nobody'],
  ['is the operator’s own', 'income'],
  ['is closed', 'gone'],
])('an account that %s gets no key', async (_, id) => {
  const store = await openTestSqlite()
  const gone = { id: 'gone', kind: 'person', state: 'closed', createdAt: now } as const
  await store.write((db) => [db.insert(account).values(gone)])
  expect(createKey(store, id, terms, now)).rejects.toMatchObject({ code: 'not_found' })
  expect(await store.db.select().from(key)).toEqual([])
})
