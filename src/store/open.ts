/** Opens the store that a URL names: `postgres://…`, or a path for SQLite. */
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { PostgresStore, WritingSqliteStore } from './store.ts'

export function openStore(url: string, now: number): Promise<PostgresStore | WritingSqliteStore> {
  return isPostgres(url) ? openPostgres(url, now) : openSqlite(url, now)
}

export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url)
}
