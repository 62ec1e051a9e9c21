/** A new sealing key: everything is sealed with it anew or nothing is, whenever the process dies. */
import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openSealingKey, rotateSealingKey } from '../../src/admin/sealing-key.ts'
import { newSealingKey, seal, unseal } from '../../src/base/secret.ts'
import { readSettings } from '../../src/config.ts'
import { body, user, webhook } from '../../src/store/people.ts'
import { channel } from '../../src/store/schema.ts'
import { reseal, sealedColumns } from '../../src/store/sealed.ts'
import { databases, newDirectory, now, type TestStore } from '../helpers/database.ts'
import { newPerson, newWorld } from '../ledger/world.ts'

const bodies = 450

/** A shop with one secret of each kind, and many bodies. */
async function newShop(store: TestStore) {
  const { config } = readSettings({ data: newDirectory() }, {})
  const key = await openSealingKey(config, store)
  const world = await newWorld(store)
  await newPerson(world, 1n, {}, 'bob')
  await store.write((db) => [
    db.insert(channel).values({
      ...{ id: 'main', provider: 'openai', baseUrl: 'https://x.example', createdAt: now },
      credential: seal('sk-upstream', key, 'channel:main'),
    }),
    db.insert(user).values({
      ...{ id: 'usr', email: 'ann@example.com', createdAt: now },
      totpSecret: seal('totp', key, 'usr'),
    }),
    db.insert(webhook).values({
      ...{ id: 'whk', accountId: 'bob', url: 'https://x.example', createdAt: now },
      secret: seal('hook', key, 'whk'),
    }),
    ...Array.from({ length: bodies }, (_, nth) =>
      db.insert(body).values({
        ...{ id: `gen-${nth}`, accountId: 'bob', expiresAt: now },
        sealed: seal(`body ${nth}`, key, `gen-${nth}`),
      }),
    ),
  ])
  return { config, key, path: join(config.data, 'sealing.key') }
}

/** How many secrets that key opens. */
async function opened({ db }: TestStore, key: string): Promise<number> {
  let count = 0
  for (const { table, column, owner } of sealedColumns) {
    const rows = (await db.values(
      sql.raw(`SELECT id, ${column} FROM ${table} WHERE ${column} IS NOT NULL`),
    )) as [string, string][]
    for (const [id, text] of rows) {
      try {
        unseal(text, key, owner(id))
        count++
      } catch {
        // Not by this key.
      }
    }
  }
  return count
}

describe.each(databases)('on %s', (_, open) => {
  test('every secret opens with the new key only, and the old key is kept', async () => {
    const store = await open()
    const { config, key, path } = await newShop(store)
    expect(await opened(store, key)).toBe(bodies + 3)
    const { sealed, unreadable, kept } = await rotateSealingKey(config, store, now)
    expect({ sealed, unreadable }).toEqual({ sealed: bodies + 3, unreadable: 0 })
    const next = await openSealingKey(config, store)
    expect(next).not.toBe(key)
    expect([await opened(store, next), await opened(store, key)]).toEqual([bodies + 3, 0])
    expect(readFileSync(kept, 'utf8')).toBe(key)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(existsSync(`${path}.next`)).toBe(false)
  })

  test('a crash before the database has it leaves the old key', async () => {
    const store = await open()
    const { config, key, path } = await newShop(store)
    writeFileSync(`${path}.next`, newSealingKey().slice(0, 30))
    expect(await openSealingKey(config, store)).toBe(key)
    expect(existsSync(`${path}.next`)).toBe(false)
  })

  test('a crash after the database has it ends the rotation at the next start', async () => {
    const store = await open()
    const { config, key, path } = await newShop(store)
    const to = newSealingKey()
    writeFileSync(`${path}.next`, to)
    await reseal(store, { from: key, to }, now)
    expect(await openSealingKey(config, store)).toBe(to)
    expect(await opened(store, to)).toBe(bodies + 3)
    const kept = readdirSync(config.data).find((name) => name.startsWith('sealing.key.until-'))
    expect(readFileSync(join(config.data, kept!), 'utf8')).toBe(key)
  })

  test('what the old key does not open stays as it is and is counted', async () => {
    const store = await open()
    const { config } = await newShop(store)
    await store.write((db) => [db.update(channel).set({ credential: 'v1.broken' })])
    expect(await rotateSealingKey(config, store, now)).toMatchObject({
      ...{ sealed: bodies + 2, unreadable: 1 },
    })
  })

  test('a key that is a setting is not rotated here', async () => {
    const store = await open()
    const { config } = readSettings({ data: newDirectory(), sealing_key: newSealingKey() }, {})
    expect(rotateSealingKey(config, store, now)).rejects.toThrow('is a setting')
  })
})

test('all that seal have their columns on the list', async () => {
  const src = join(import.meta.dir, '../../src')
  const sealing = [...new Bun.Glob('**/*.ts').scanSync(src)].filter((file) =>
    /import \{[^}]*\bseal\b[^}]*\} from '.*\/secret\.ts'/.test(
      readFileSync(join(src, file), 'utf8'),
    ),
  )
  expect(sealing.sort()).toEqual([
    ...['catalog/apply.ts', 'gateway/body.ts', 'notice/webhook.ts'],
    ...['store/sealed.ts', 'user/factor.ts'],
  ])
})
