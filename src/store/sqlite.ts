/**
 * The embedded store: one file, one connection that writes, WAL with `synchronous=FULL`. Integers are read as bigints, so
 * that no amount passes through a float.
 */
import { Database, type SQLQueryBindings } from 'bun:sqlite'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FatalError } from '../base/error.ts'
import { groupCommit } from './group-commit.ts'
import { migrate, notOurs, splitStatements } from './migrate.ts'
import { applyStatement, type Built, queryOver, type WritingSqliteStore } from './store.ts'

/** Set, then read back: a pragma that does not take is silent. */
const pragmas = {
  // First: who closes the file last, or recovers it, has it alone for a moment.
  busy_timeout: 5000n,
  journal_mode: 'wal',
  synchronous: 2n,
  foreign_keys: 1n,
  trusted_schema: 0n,
  cache_size: -16384n,
  // A checkpoint stops the writer: often and briefly, 16 MB at a time.
  wal_autocheckpoint: 4096n,
}

/** Opens the file, makes it when missing, and brings its schema up to date; beside it a copy of what it was before. */
export async function openSqlite(
  path: string,
  now: number,
  { keeps = true } = {},
): Promise<WritingSqliteStore> {
  const connection = openFile(path)
  const query = (text: string, params: unknown[]) =>
    connection.query(text).values(...(params as SQLQueryBindings[]))
  await migrate('sqlite', now, {
    rows: async (text) => query(text, []),
    apply: async (texts) => {
      // A table that is made anew is dropped while others refer to it. Within a transaction this could not be said.
      connection.run('PRAGMA foreign_keys = OFF')
      connection
        .transaction(() => {
          for (const statement of texts.flatMap(splitStatements)) connection.run(statement)
        })
        .immediate()
      connection.run('PRAGMA foreign_keys = ON')
    },
    ...(keeps && { keep: (name) => keepCopy(connection, path, name) }),
  })
  const commit = groupCommit(connection)
  const db = queryOver(query)
  return {
    kind: 'sqlite',
    path,
    connection,
    commit,
    db,
    write: (build) =>
      commit(() => {
        for (const statement of build(db)) applyStatement(statement, runOn(connection))
      }),
    close: async () => {
      await commit(() => {})
      try {
        connection.run('PRAGMA wal_checkpoint(TRUNCATE)')
      } catch {
        // On a full disk. What was committed stays in the log, where the next start finds it.
      }
      connection.close()
    },
  }
}

const copiesKept = 2

/** `kkai.db.before-0006`, whole or not there, for its owner only; of several upgrades the last two. */
function keepCopy(connection: Database, path: string, migration: string): void {
  const prefix = `${path}.before-`
  const part = `${path}.keeping`
  rmSync(part, { force: true })
  connection.query('VACUUM INTO ?').run(part)
  chmodSync(part, 0o600)
  renameSync(part, prefix + migration.slice(0, 4))
  const kept = readdirSync(dirname(path))
    .filter((file) => file.startsWith(basename(prefix)))
    .sort()
  for (const file of kept.slice(0, -copiesKept)) rmSync(join(dirname(path), file))
}

/** Runs what drizzle built; answers how many rows it touched. */
export function runOn(connection: Database): (built: Built) => number {
  return (built) => {
    const { sql, params } = built.toSQL()
    return connection.query(sql).run(...(params as SQLQueryBindings[])).changes
  }
}

function openFile(path: string): Database {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const fresh = !existsSync(path)
    const connection = new Database(path, { create: true, strict: true, safeIntegers: true })
    if (fresh) chmodSync(path, 0o600)
    for (const [name, value] of Object.entries(pragmas)) {
      connection.run(`PRAGMA ${name} = ${value}`)
      const [read] = Object.values(connection.query(`PRAGMA ${name}`).get() ?? {})
      if (read !== value) throw new Error(`PRAGMA ${name} is ${read}, not ${value}`)
    }
    return connection
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    if (why.includes('not a database')) throw notOurs(path, cause)
    throw new FatalError(
      `The database ${path} cannot be opened for writing (${why}). Check the directory's owner, its free space, and that it is on a local disk.`,
      1,
      cause,
    )
  }
}
