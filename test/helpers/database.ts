/** A fresh store on each of the two databases: `describe.each(databases)('on %s', (_, open) => …)`. */
import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../src/store/open.ts'
import type { PostgresStore, WritingSqliteStore } from '../../src/store/store.ts'
import { createDatabase, startPostgres } from './postgres.ts'

export type TestStore = PostgresStore | WritingSqliteStore

export const now = Date.UTC(2026, 0, 15, 12)

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean()
}, 60_000)

/** A directory that is gone after the file's tests. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kkai-test-'))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export async function openTestSqlite(): Promise<TestStore> {
  return closedAfterwards(await openStore(join(newDirectory(), 'kkai.db'), now))
}

async function openTestPostgres(server: string): Promise<TestStore> {
  const database = await createDatabase(server)
  return closedAfterwards(await openStore(database.url, now), database.drop)
}

/** Closed with the file's tests, or before by a test that opens many. */
function closedAfterwards(store: TestStore, drop = async () => {}): TestStore {
  let closed: Promise<void> | null = null
  const close = () => {
    closed ??= store.close().then(drop)
    return closed
  }
  cleanups.push(close)
  return { ...store, close }
}

const server = startPostgres()

export const databases: [name: string, open: () => Promise<TestStore>][] = [
  ['SQLite', openTestSqlite],
  ...(server === null
    ? []
    : [['PostgreSQL', () => openTestPostgres(server)] as [string, () => Promise<TestStore>]]),
]
