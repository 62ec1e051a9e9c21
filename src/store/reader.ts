/** A store that only reads, beside the process that writes; on SQLite by a read-only connection. */
import { Database, type SQLQueryBindings } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { FatalError } from '../base/error.ts'
import { isPostgres } from './open.ts'
import { openPostgres } from './postgres.ts'
import { type PostgresStore, queryOver, type SqliteStore } from './store.ts'

export type StoreReader =
  | Pick<SqliteStore, 'kind' | 'path' | 'db' | 'close'>
  | Pick<PostgresStore, 'kind' | 'connection' | 'db' | 'close'>

export async function openReader(url: string, now: number): Promise<StoreReader> {
  if (isPostgres(url)) return openPostgres(url, now)
  if (!existsSync(url)) {
    throw new FatalError(`There is no database ${url} yet. Is the data directory right (--data)?`)
  }
  const connection = new Database(url, { readonly: true, strict: true, safeIntegers: true })
  return {
    kind: 'sqlite',
    path: url,
    db: queryOver((text, params) =>
      connection.query(text).values(...(params as SQLQueryBindings[])),
    ),
    close: async () => connection.close(),
  }
}
