import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** Databases were made by them. What is to be otherwise is a migration of its own; only one that no program had yet may change. */
const hashes: Record<string, string> = {
  '0001_start.sql': 'f918c9ed26f691e1e5ad6f1e5f206816094e004e280ae93113fc9e3adae79b6b',
  '0002_immutable.postgres.sql': '5763ad5881514992e542e98ddf83e70b82ee7a6af70882bc3144c82316c4ed84',
  '0002_immutable.sql': 'b81b851adc079ff8abe93785e35e26e74486e654714642402612db68cdf8c1c5',
  '0003_people.sql': 'd570515b430642a180a8bfa0d19dff4c569fbc9dc39b3dcc6b7a5577a14b938b',
  '0004_body.sql': '36b49c4669e6d3dd0f0b6c96eddafd2c5c24138ee8af6a337c12e1d14c502df6',
  '0005_credit.sql': '92bbfe3357ff47dafa7e641b8e554c2e24f4e11a35bb4f49044869a6c9205cf0',
  '0006_operator.sql': 'b716ca515d72063e946c72971ffd784e0fb2eab183ff0723acf2ea66cc349b04',
  '0007_audit.postgres.sql': '21d5ffdf45989def58b1af537cbeafd0fda6b7c9db6d57ed4fd7e225bc189ab3',
  '0007_audit.sql': '7acbf13ea46468112143d28dcfd5c50ea434adb678d7ed988e6a77f774968291',
  '0008_refund_phases.postgres.sql':
    'b7d9f9679b80b6cd595845544e5524d203df51032e2690d3333274c5bda66968',
  '0008_refund_phases.sql': '9d549b456510790b8f4cbbfd1e8f57ec899869d8e1bcb17005813fa44402b23e',
  '0009_provider_cost.sql': 'ee585e07d66bb6a4249b3f7d838dca8ce1b6bdd9b549b3ef54c94de931dfe85d',
}

test('a migration that was released is never changed', () => {
  const folder = join(import.meta.dir, '../../migrations')
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  const found = files
    .sort()
    .map((file) => [
      file,
      new Bun.CryptoHasher('sha256').update(readFileSync(join(folder, file))).digest('hex'),
    ])
  expect(Object.fromEntries(found)).toEqual(hashes)
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
