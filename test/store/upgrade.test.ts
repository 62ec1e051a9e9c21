/** Databases of every released program become this program's: the same tables, with all their rows, on both databases. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SQL } from 'bun'
import { sql } from 'drizzle-orm'
import { migrations } from '../../migrations/list.ts'
import { approveRefund } from '../../src/billing/refund-decide.ts'
import { payRefund } from '../../src/billing/refund-pay.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { toPostgres } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open.ts'
import { openShop, usd } from '../billing/refund-world.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { createDatabase, startPostgres } from '../helpers/postgres.ts'
import { layRelease, type Release, type Rows, readRows, releases } from '../helpers/releases.ts'
import { readTables } from '../helpers/tables.ts'

const server = startPostgres()

/** Where that program's database is, on SQLite or PostgreSQL. */
async function layDatabase(kind: string, release: Release): Promise<string> {
  const path = join(layRelease(release), 'kkai.db')
  if (kind === 'SQLite' || server === null) return path
  const { url, drop } = await createDatabase(server)
  drops.push(drop)
  await fillPostgres(url, release, readRows(path))
  return url
}
const drops: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const drop of drops) await drop()
})

/** The same program's tables on PostgreSQL, with the rows of its SQLite file. */
async function fillPostgres(url: string, { name }: Release, rows: Rows): Promise<void> {
  const connection = new SQL(url, { max: 1 })
  await connection.unsafe(
    'CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)',
  )
  for (const migration of migrations.filter((one) => one.name.slice(0, 4) <= name)) {
    await connection.unsafe(asReleased(name, migration.postgres ?? toPostgres(migration.sql)))
    await connection.unsafe('INSERT INTO migration VALUES ($1, 1)', [migration.name])
  }
  // Neither references nor what is immutable: rows come as they are, table by table.
  await connection.unsafe("SET session_replication_role = 'replica'")
  for (const [table, all] of rows) {
    await connection.unsafe(`DELETE FROM "${table}"`)
    for (const row of all) await connection`INSERT INTO ${connection(table)} ${connection(row)}`
  }
  await connection.close()
}

/** The program of 0007 had 0001 with the check that others get by 0008. */
function asReleased(release: string, text: string): string {
  const check = "CHECK (phase = 'single' OR code = 'usage'"
  return release === '0007' ? text.replace(check, `${check} OR code = 'refund'`) : text
}

/** What was there, by the columns that were there. */
async function readKept({ db }: TestStore, before: Rows): Promise<Rows> {
  const kept: Rows = new Map()
  for (const [table, rows] of before) {
    const columns = Object.keys(rows[0] ?? {})
    const names = columns.map((column) => `"${column}"`).join(', ') || '1'
    const found = await db.values<unknown[]>(sql.raw(`SELECT ${names} FROM "${table}"`))
    kept.set(
      table,
      found.map((values) => Object.fromEntries(columns.map((column, at) => [column, values[at]]))),
    )
  }
  return kept
}

const inOrder = (rows: Rows) =>
  new Map([...rows].map(([table, all]) => [table, all.map((row) => Bun.inspect(row)).sort()]))

test('two nodes that start at once upgrade PostgreSQL once', async () => {
  if (server === null) return
  const [release] = releases as [Release]
  const url = await layDatabase('PostgreSQL', release)
  const stores = await Promise.all([openStore(url, now), openStore(url, now)])
  for (const store of stores) {
    expect((await verifyLedger(store)).ok).toBe(true)
    await store.close()
  }
})

describe('killed while it upgrades', () => {
  const script = join(import.meta.dir, 'upgrade-killed.ts')
  const upgrade = (path: string, statement: number) =>
    Bun.spawnSync([process.execPath, script, path, String(statement)])
  const [release] = releases as [Release]
  const count = Number(upgrade(join(layRelease(release), 'kkai.db'), -1).stdout)

  test.each([0, 0.1, 0.3, 0.5, 0.7, 0.9, 1].map((share) => Math.round(share * (count - 2))))(
    `at statement %d of ${count}, it has not begun, and does it whole the next time`,
    async (statement) => {
      const data = layRelease(release)
      const path = join(data, 'kkai.db')
      const before = inOrder(readRows(path))
      expect(upgrade(path, statement).signalCode).toBe('SIGKILL')
      expect(inOrder(readRows(path))).toEqual(before)
      const store = await openStore(path, now)
      expect((await verifyLedger(store)).ok).toBe(true)
      await store.close()
      const copies = readdirSync(data).filter((file) => file.includes('before'))
      expect(copies).toEqual(['kkai.db.before-0003'])
      expect(inOrder(readRows(join(data, 'kkai.db.before-0003')))).toEqual(before)
    },
  )
})

test('on a full disk an upgrade says so in a sentence, and the database is as it was', () => {
  const release = releases.at(-1) as Release
  const data = layRelease(release)
  const before = readRows(join(data, 'kkai.db'))
  const main = join(import.meta.dir, '../../src/main.ts')
  // No file may be larger than a megabyte: less than the copy has.
  const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f 2000; exec "$@"`, 'sh']
  const ran = Bun.spawnSync([...limited, process.execPath, main, 'migrate', '--data', data])
  expect(ran.exitCode).toBe(1)
  expect(String(ran.stderr)).toMatch(
    /^The database could not be upgraded \(.*\); it is as it was\..*\n$/,
  )
  expect(readRows(join(data, 'kkai.db'))).toEqual(before)
  expect(readdirSync(data).filter((file) => file.includes('before'))).toEqual([])
})

describe.each(databases)('on %s', (kind, open) => {
  describe.each(releases)('a database of $name', (release) => {
    let store: TestStore
    let before: Rows
    beforeAll(async () => {
      before = readRows(join(layRelease(release), 'kkai.db'))
      store = await openStore(await layDatabase(kind, release), now)
    })
    afterAll(async () => {
      await store.close()
    })

    test('has the tables of a new one', async () => {
      expect(await readTables(store)).toEqual(await readTables(await open()))
    })

    test('has every row that it had', async () => {
      expect(before.get('transfer')?.length).toBeGreaterThan(10)
      expect(inOrder(await readKept(store, before))).toEqual(inOrder(before))
    })

    test('is proven by its own rows', async () => {
      const { checks } = await verifyLedger(store)
      expect(checks.filter(({ ok }) => !ok)).toEqual([])
    })

    test('can have bought credit asked back, set aside and paid', async () => {
      const shop = await openShop(store)
      const order = await shop.buy(release.account, 25n)
      const { id } = await shop.ask(order, 10n * usd)
      expect((await shop.balance(release.account)).frozen).toBeGreaterThanOrEqual(10)
      await approveRefund(shop.people, id, { amount: null, reason: '', actor: 'otto' })
      await payRefund(shop.people, id)
      expect((await shop.read(id))?.state).toBe('paid')
      expect(await shop.wrong()).toEqual([])
    })
  })
})
