import { describe, expect, test } from 'bun:test'
import { account } from '../../src/store/schema.ts'
import { readSnapshot } from '../../src/store/snapshot.ts'
import type { Store } from '../../src/store/store.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'

const text = "SELECT id FROM account WHERE kind = 'person' ORDER BY id"

const addPeople = (store: Store, prefix: string, count: number) =>
  store.write((db) => [
    db.insert(account).values(
      Array.from({ length: count }, (_, at) => ({
        ...{
          id: `${prefix}${String(at).padStart(5, '0')}`,
          kind: 'person' as const,
          createdAt: now,
        },
      })),
    ),
  ])

describe.each(databases)('on %s', (_, open) => {
  test('a snapshot shows one state, however much is written while it is read', async () => {
    const store = await open()
    for (let at = 0; at < 3; at++) await addPeople(store, `a${at}-`, 1500)
    const seen = await readSnapshot(store, async (snapshot) => {
      const ids: string[] = []
      for await (const page of snapshot.pages<{ id: string }>(text)) {
        ids.push(...page.map(({ id }) => id))
        await addPeople(store, `z${ids.length}`, 10)
      }
      const again = await snapshot.rows<{ id: string }>(text)
      expect(again).toHaveLength(4500)
      return ids
    })
    expect(seen).toHaveLength(4500)
    expect(new Set(seen).size).toBe(4500)
    expect((await readSnapshot(store, ({ rows }) => rows(text))).length).toBeGreaterThan(4500)
  })

  test('nothing can be written through it', async () => {
    const store = await open()
    const attempt = readSnapshot(store, ({ rows }) => rows("DELETE FROM account WHERE id = 'tax'"))
    expect(
      await attempt.then(
        () => 'written',
        (cause) => String(cause),
      ),
    ).toMatch(/readonly|read-only/)
  })
})

test('on SQLite it leaves no transaction behind: the log can be emptied at once', async () => {
  const store = await openTestSqlite()
  await readSnapshot(store, async (snapshot) => {
    for await (const _ of snapshot.pages(text)) break
  })
  await addPeople(store, 'b', 10)
  if (store.kind !== 'sqlite') throw new Error('not SQLite')
  expect(store.connection.query('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({
    busy: 0n,
  })
})
