/**
 * Brings a database to this program's schema. Each migration runs once; all that are missing, with their records, in one
 * transaction: an upgrade that is stopped in the middle has not begun. A database that knows migrations this program does not
 * is newer than the program: it is left alone.
 */
import { type Migration, migrations } from '../../migrations/list.ts'
import { FatalError } from '../base/error.ts'

interface Target {
  rows: (text: string) => Promise<unknown[][]>
  /** Runs them in one transaction. */
  apply: (texts: readonly string[]) => Promise<unknown>
  /** Keeps what is there, before the first migration of a database that has some. */
  keep?: (name: string) => void
}

const recordTable =
  'CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)'

export async function migrate(
  kind: 'sqlite' | 'postgres',
  now: number,
  target: Target,
): Promise<void> {
  await target.apply([kind === 'sqlite' ? `${recordTable} STRICT` : toPostgres(recordTable)])
  const applied = (await target.rows('SELECT name FROM migration ORDER BY name')).map(String)
  const { missing, unknown } = compareMigrations(applied)
  if (unknown.length > 0) throw newerDatabase(unknown)
  if (missing[0] === undefined) return
  try {
    if (applied.length > 0) target.keep?.(missing[0].name)
    await target.apply(
      missing.flatMap((migration) => [
        textFor(kind, migration),
        `INSERT INTO migration (name, applied_at) VALUES ('${migration.name}', ${now})`,
      ]),
    )
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FatalError(
      `The database could not be upgraded (${why}); it is as it was. See that its disk has room for three times its size, then start again.`,
      1,
      cause,
    )
  }
}

/** What this program has and a database has not, and the other way round. */
export function compareMigrations(applied: readonly string[]) {
  return {
    missing: migrations.filter(({ name }) => !applied.includes(name)),
    unknown: applied.filter((name) => !migrations.some((known) => known.name === name)),
  }
}

/** For a file that is no database, or another program's. */
export function notOurs(path: string, cause: unknown): FatalError {
  const next = 'Is --data right? A backup takes its place by kkai restore.'
  return new FatalError(`${path} is not a database of this program. ${next}`, 1, cause)
}

export function newerDatabase(unknown: readonly string[]): FatalError {
  return new FatalError(
    `This database was made by a newer version (it has ${unknown.join(', ')}): start that version, or restore a backup made before the upgrade.`,
  )
}

function textFor(kind: 'sqlite' | 'postgres', migration: Migration): string {
  if (kind === 'sqlite') return migration.sql
  return migration.postgres ?? toPostgres(migration.sql)
}

/** SQLite's text as PostgreSQL reads it: 64-bit integers, no STRICT (its columns are strict anyway), no WITHOUT ROWID. */
export function toPostgres(sql: string): string {
  return sql.replace(/\bINTEGER\b/g, 'BIGINT').replace(/\)\s*STRICT\b(, WITHOUT ROWID)?/g, ')')
}

/** One statement at a time: a trigger's body ends in `END;`, the rest at a semicolon that closes a line. */
export function splitStatements(sql: string): string[] {
  const text = sql.replace(/^\s*--.*$/gm, '')
  return text
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
