/**
 * The store for several nodes. Text and parameters are SQLite's; placeholders are numbered here and 64-bit integers come
 * back as they are. A write is one transaction; money's own writes are single statements (`ledger/postgres.ts`).
 */
import { SQL } from 'bun'
import { AppError, FatalError } from '../base/error.ts'
import { migrate } from './migrate.ts'
import { type Built, type PostgresStore, queryOver, type Statement } from './store.ts'

/** Only one node migrates at a time. */
const migrationLock = 7_240_113

export async function openPostgres(url: string, now: number): Promise<PostgresStore> {
  const connection = new SQL(url, { bigint: true, max: 16, connectionTimeout: 10 })
  try {
    await connection.connect()
  } catch (cause) {
    throw new FatalError(
      'PostgreSQL does not answer at the address in the `database` setting. Check the address, the password and that it runs.',
      1,
      cause,
    )
  }
  await connection.begin(async (tx) => {
    await tx.unsafe(`SELECT pg_advisory_xact_lock(${migrationLock})`)
    await migrate('postgres', now, {
      rows: (text) => tx.unsafe(text).values(),
      apply: (texts) => tx.unsafe(texts.join(';\n')),
    })
  })
  const db = queryOver((text, params) => connection.unsafe(numbered(text), params).values())
  return {
    kind: 'postgres',
    connection,
    db,
    write: async (build) => {
      const statements = build(db)
      await connection
        .begin((tx) => runStatements(tx, statements))
        .catch((cause) => {
          throw storageFailure(cause)
        })
    },
    close: () => connection.close(),
  }
}

/** In the transaction that is open. */
export async function runStatements(tx: SQL, statements: readonly Statement[]): Promise<void> {
  for (const statement of statements) {
    const built = 'guarded' in statement ? statement.guarded : statement
    const touched = await runBuilt(tx, built)
    if ('guarded' in statement && touched === 0) throw statement.refuse()
  }
}

async function runBuilt(tx: SQL, built: Built): Promise<number> {
  const { sql, params } = built.toSQL()
  const result = await tx.unsafe(numbered(sql), params)
  return result.count
}

/** `?` → `$1`, `$2`… Values are always parameters, so no text of ours holds another question mark. */
function numbered(text: string): string {
  let at = 0
  return text.replace(/\?/g, () => `$${++at}`)
}

/**
 * A lost connection, a full disk, a server that stops or cannot write, a deadlock: never "no credit", but 503, and the
 * cause in the log. The server's own codes are SQLSTATEs, by class.
 */
export function storageFailure(cause: unknown): unknown {
  const { code = '', errno = '' } = (cause ?? {}) as { code?: string; errno?: string }
  return /^ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)|^ECONN/.test(code) ||
    /^(08|25006|40|53|57|58)/.test(errno)
    ? new AppError('storage_unavailable', { cause })
    : cause
}
