/**
 * Where everything is kept: the embedded SQLite, or PostgreSQL. Reads go through `db`; `write` is the only way to change
 * data beside the ledger's two files. The callback of `write` lists statements and cannot await, so no decision hangs
 * between a read and a write: rules live in WHERE, UNIQUE and CHECK, and `must` refuses the whole write when a guarded
 * statement touched no row.
 */
import type { Database } from 'bun:sqlite'
import type { SQL } from 'bun'
import type { SQL as Text } from 'drizzle-orm'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import { drizzle, type SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy'
import { AppError, type ErrorCode, type ErrorDetail } from '../base/error.ts'
import type { GroupCommit } from './group-commit.ts'

export type Query = SqliteRemoteDatabase

/** Anything that drizzle built. */
export interface Built {
  toSQL(): { sql: string; params: unknown[] }
}
export type Statement = Built | { guarded: Built; refuse: () => Error }

interface Common {
  /** Builds and runs reads; builds the statements of a write. */
  db: Query
  /** All of the statements, or none. Durable when it resolves. */
  write(build: (db: Query) => Statement[]): Promise<void>
  close(): Promise<void>
}
export interface SqliteStore extends Common {
  kind: 'sqlite'
  path: string
}
/** In the thread that writes. */
export interface WritingSqliteStore extends SqliteStore {
  /** The one connection that writes. Money's prepared statements are made on it. */
  connection: Database
  commit: GroupCommit
}
export interface PostgresStore extends Common {
  kind: 'postgres'
  connection: SQL
}
export type Store = SqliteStore | PostgresStore

/** Refuses the whole write unless `statement` touched a row. */
export function must(statement: Built, code: ErrorCode, detail: ErrorDetail = {}): Statement {
  return { guarded: statement, refuse: () => new AppError(code, detail) }
}

const dialect = new SQLiteSyncDialect()

/** A statement by hand, for what drizzle cannot say to both databases: ON CONFLICT DO UPDATE. */
export function byHand(text: Text): Built {
  return { toSQL: () => dialect.sqlToQuery(text) }
}

type Method = 'run' | 'all' | 'get' | 'values'
type Row = unknown[]

/** Drizzle over whatever runs a text with parameters and answers rows of values. */
export function queryOver(run: (text: string, params: unknown[]) => Row[] | Promise<Row[]>): Query {
  return drizzle(async (text, params, method: Method) => {
    const rows = await run(text, params)
    return { rows: method === 'get' ? (rows[0] as Row) : rows }
  })
}

/** Runs a write's statements by `run`, which answers how many rows each touched. */
export function applyStatement(statement: Statement, run: (built: Built) => number): void {
  if ('guarded' in statement) {
    if (run(statement.guarded) === 0) throw statement.refuse()
  } else run(statement)
}

/** Text from outside as both databases keep it: without NUL, which PostgreSQL has not, and without half characters. */
export function storable<Text extends string | null>(text: Text): Text {
  return text === null ? text : (text.replaceAll('\0', '').toWellFormed() as Text)
}
