/** A fresh store on each of the two databases: `describe.each(databases)('on %s', (_, open) => …)`. */
import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { createDatabase, startPostgres } from './postgres.ts'

export const now = Date.UTC(2026, 0, 15, 12)

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean()
})

/** A directory that is gone after the file's tests. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kkai-test-'))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export async function openTestSqlite(): Promise<Store> {
  const store = await openStore(join(newDirectory(), 'kkai.db'), now)
  cleanups.push(() => store.close())
  return store
}

async function openTestPostgres(server: string): Promise<Store> {
  const database = await createDatabase(server)
  cleanups.push(() => database.drop())
  const store = await openStore(database.url, now)
  cleanups.push(() => store.close())
  return store
}

const server = startPostgres()

export const databases: [name: string, open: () => Promise<Store>][] = [
  ['SQLite', openTestSqlite],
  ...(server === null
    ? []
    : [['PostgreSQL', () => openTestPostgres(server)] as [string, () => Promise<Store>]]),
]
