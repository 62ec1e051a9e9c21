import { describe, expect, test } from 'bun:test'
import { getTableColumns, getTableName, is, sql, Table } from 'drizzle-orm'
import { migrations } from '../../migrations/list.ts'
import { splitStatements, toPostgres } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open.ts'
import * as schema from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { databases, newDirectory, now } from '../helpers/database.ts'
import { newHold, newPerson, newWorld, settlement } from '../ledger/world.ts'

describe('the text for PostgreSQL', () => {
  test.each([
    ['a INTEGER NOT NULL', 'a BIGINT NOT NULL'],
    ['CREATE TABLE a (b TEXT) STRICT;', 'CREATE TABLE a (b TEXT);'],
    ['CREATE TABLE a (b TEXT)\nSTRICT;', 'CREATE TABLE a (b TEXT);'],
    ['CREATE TABLE a (b TEXT) STRICT, WITHOUT ROWID;', 'CREATE TABLE a (b TEXT);'],
    ["CHECK (a IN ('POINTER'))", "CHECK (a IN ('POINTER'))"],
  ])('%p → %p', (ours, theirs) => {
    expect(toPostgres(ours)).toBe(theirs)
  })
})

describe('a migration is cut into statements', () => {
  test.each([
    [
      'CREATE TABLE a (b TEXT);\nCREATE TABLE c (d TEXT);\n',
      ['CREATE TABLE a (b TEXT)', 'CREATE TABLE c (d TEXT)'],
    ],
    ['-- why; and so on\nSELECT 1;', ['SELECT 1']],
    ['SELECT 1', ['SELECT 1']],
    ['\n\n', []],
    [
      "CREATE TRIGGER t BEFORE UPDATE ON a BEGIN SELECT RAISE(ABORT, 'no'); END;\nSELECT 1;",
      ["CREATE TRIGGER t BEFORE UPDATE ON a BEGIN SELECT RAISE(ABORT, 'no'); END", 'SELECT 1'],
    ],
  ])('%p → %p', (text, statements) => {
    expect(splitStatements(text)).toEqual(statements)
  })
})

const tables = Object.values<unknown>(schema).filter((table) => is(table, Table))

async function columnsOf({ kind, db }: Store, table: string): Promise<string[]> {
  const name = sql`${table}`
  const text =
    kind === 'sqlite'
      ? sql`SELECT name FROM pragma_table_info(${name})`
      : sql`SELECT column_name FROM information_schema.columns WHERE table_name = ${name}`
  return (await db.values<[string]>(text)).map(([column]) => column)
}

describe.each(databases)('on %s', (_, open) => {
  test('every migration is applied once, and recorded', async () => {
    const { db } = await open()
    const applied = await db.values(sql`SELECT name, applied_at FROM migration ORDER BY name`)
    expect(applied).toEqual(migrations.map(({ name }) => [name, BigInt(now)]))
  })

  test('the schema declares just the columns that the migrations make', async () => {
    const store = await open()
    for (const table of tables) {
      const declared = Object.values(getTableColumns(table)).map(({ name }) => name)
      expect((await columnsOf(store, getTableName(table))).sort()).toEqual(declared.sort())
    }
    expect(tables.length).toBeGreaterThan(10)
  })

  describe('what is booked, published or measured', () => {
    test.each([
      ["UPDATE transfer SET reason = 'x'", 'transfer is immutable'],
      ['DELETE FROM transfer', 'transfer is immutable'],
      ['UPDATE price SET effective_from = 5', 'price is immutable'],
      ['DELETE FROM price', 'price is immutable'],
      ['UPDATE rate SET price = 5', 'rate is immutable'],
      ['DELETE FROM rate', 'rate is immutable'],
      ['UPDATE usage SET charged = 0', 'usage is immutable'],
    ])('is immutable: %s', async (text, words) => {
      const store = await open()
      const world = await newWorld(store)
      const hold = newHold(await newPerson(world), 5n)
      await world.ledger.open(hold, now)
      await world.ledger.resolve(settlement(hold.id, 5n), now)
      const attempt = (async () =>
        store.kind === 'sqlite'
          ? store.connection.run(text)
          : await store.connection.unsafe(text))()
      expect(attempt).rejects.toThrow(words)
      await attempt.catch(() => {})
      await store.close()
    })
  })
})

test('a database is opened again without being migrated again', async () => {
  const path = `${newDirectory()}/kkai.db`
  await (await openStore(path, now)).close()
  const again = await openStore(path, now + 1)
  expect((await again.db.values(sql`SELECT max(applied_at) FROM migration`))[0]).toEqual([
    BigInt(now),
  ])
  await again.close()
})
