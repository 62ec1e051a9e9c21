/** What the database drivers of Bun 1.4.5 do that the store is built around. */
import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQL } from 'bun'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createDatabase, startPostgres } from '../helpers/postgres.ts'

const directory = mkdtempSync(join(tmpdir(), 'kkai-runtime-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Kept, not only used: a connection that nothing holds may be collected while it works. */
const connections: Database[] = []
afterAll(() => connections.forEach((one) => void one.close()))

let files = 0
function openFile(path = join(directory, `${files++}.db`)): Database {
  const database = new Database(path, { create: true, strict: true })
  database.run('PRAGMA journal_mode = WAL')
  database.run('PRAGMA busy_timeout = 0')
  database.run('CREATE TABLE IF NOT EXISTS t (a TEXT)')
  connections.push(database)
  return database
}
const rows = (database: Database) => database.query('SELECT a FROM t').values().flat()

describe('SQLite', () => {
  test('a transaction whose callback is async commits at its first await and never rolls back', async () => {
    const database = openFile()
    const run = database.transaction(async () => {
      database.run("INSERT INTO t VALUES ('kept')")
      await Bun.sleep(0)
      throw new Error('too late')
    })
    await expect(run()).rejects.toThrow('too late')
    expect(rows(database)).toEqual(['kept'])
  })

  test('so does drizzle’s', async () => {
    const database = openFile()
    const table = sqliteTable('t', { a: text() })
    const run = drizzle(database).transaction(async (tx) => {
      await tx.insert(table).values({ a: 'kept' })
      throw new Error('too late')
    })
    await expect(run).rejects.toThrow('too late')
    expect(rows(database)).toEqual(['kept'])
  })

  test('a synchronous one rolls back', () => {
    const database = openFile()
    const run = database.transaction(() => {
      database.run("INSERT INTO t VALUES ('gone')")
      throw new Error('in time')
    })
    expect(run).toThrow('in time')
    expect(rows(database)).toEqual([])
  })

  test('a deferred transaction of a second writer fails when it turns to writing; an immediate one before it reads', () => {
    const first = openFile()
    const second = openFile(first.filename)
    second.run('BEGIN DEFERRED')
    rows(second)
    first.run("INSERT INTO t VALUES ('first')")
    expect(() => second.run("INSERT INTO t VALUES ('second')")).toThrow('locked')
    second.run('ROLLBACK')
    first.run('BEGIN IMMEDIATE')
    expect(() => second.run('BEGIN IMMEDIATE')).toThrow('locked')
    first.run('ROLLBACK')
  })

  test('while someone reads for long, the WAL cannot be reused and grows', () => {
    const writer = openFile()
    const reader = openFile(writer.filename)
    const size = () => statSync(`${writer.filename}-wal`).size
    const write = () => {
      writer.run('INSERT INTO t VALUES (?)', ['x'.repeat(100_000)])
      writer.run('PRAGMA wal_checkpoint(PASSIVE)')
    }
    reader.run('BEGIN')
    rows(reader)
    for (let at = 0; at < 20; at++) write()
    const grown = size()
    expect(grown).toBeGreaterThan(20 * 100_000)
    reader.run('COMMIT')
    for (let at = 0; at < 20; at++) write()
    expect(size()).toBeLessThan(1.5 * grown)
  })

  test('FULL is what synchronous says after it is set', () => {
    const database = openFile()
    database.run('PRAGMA synchronous = FULL')
    expect(database.query('PRAGMA synchronous').values()).toEqual([[2]])
  })
})

const server = startPostgres()
describe.if(server !== null)('PostgreSQL through Bun’s SQL', () => {
  test('int8 comes back as a string, and text given to jsonb is stored as a string within JSON', async () => {
    const database = await createDatabase(server ?? '')
    const sql = new SQL(database.url, { max: 1 })
    await sql`CREATE TABLE t (big int8, document jsonb)`
    await sql`INSERT INTO t VALUES (${2n ** 53n + 1n}, ${JSON.stringify({ a: 1 })})`
    const [row] = await sql`SELECT big, document, jsonb_typeof(document) AS kind FROM t`
    expect(row.big).toBe('9007199254740993')
    expect(row.kind).toBe('string')
    await sql.close()
    await database.drop()
  })
})
