/**
 * Everything in the database that is sealed, and what each is bound to: a new sealing key seals it anew, all in one
 * transaction together with which key that is.
 */
import { seal, sha256, unseal } from '../base/secret.ts'
import type { PostgresStore, WritingSqliteStore } from './store.ts'

/** `owner` is what `seal` was told of the row. */
export const sealedColumns: readonly {
  table: string
  column: string
  owner: (id: string) => string
}[] = [
  { table: 'channel', column: 'credential', owner: (id) => `channel:${id}` },
  { table: '"user"', column: 'totp_secret', owner: (id) => id },
  { table: 'webhook', column: 'secret', owner: (id) => id },
  { table: 'body', column: 'sealed', owner: (id) => id },
]

/** Tells which key it is, and nothing about it. */
export function fingerprint(sealingKey: string): string {
  return sha256(`fingerprint:${sealingKey}`)
}

export interface Resealed {
  sealed: number
  /** What the old key does not open either stays as it is. */
  unreadable: number
}

interface Keys {
  from: string
  to: string
}
type Run = (text: string, params: unknown[]) => Promise<unknown[][]>

export async function reseal(
  store: PostgresStore | WritingSqliteStore,
  keys: Keys,
  now: number,
): Promise<Resealed> {
  if (store.kind === 'postgres') {
    return store.connection.begin((tx) =>
      resealAll((text, params) => tx.unsafe(numbered(text), params).values(), keys, now),
    )
  }
  const { connection } = store
  connection.run('BEGIN IMMEDIATE')
  try {
    const run: Run = async (text, params) => connection.query(text).values(...(params as string[]))
    const resealed = await resealAll(run, keys, now)
    connection.run('COMMIT')
    return resealed
  } catch (cause) {
    connection.run('ROLLBACK')
    throw cause
  }
}

const pageRows = 200

async function resealAll(run: Run, { from, to }: Keys, now: number): Promise<Resealed> {
  const resealed = { sealed: 0, unreadable: 0 }
  for (const { table, column, owner } of sealedColumns) {
    for (let last = ''; ; ) {
      const rows = (await run(
        `SELECT id, ${column} FROM ${table} WHERE id > ? AND ${column} IS NOT NULL ORDER BY id LIMIT ${pageRows}`,
        [last],
      )) as [string, string][]
      for (const [id, text] of rows) {
        const clear = tryUnseal(text, from, owner(id))
        if (clear === null) resealed.unreadable++
        else {
          const anew = seal(clear, to, owner(id))
          await run(`UPDATE ${table} SET ${column} = ? WHERE id = ?`, [anew, id])
          resealed.sealed++
        }
        last = id
      }
      if (rows.length < pageRows) break
    }
  }
  await run(
    `INSERT INTO milestone (name, at, value) VALUES ('sealing_key', ?, ?)
    ON CONFLICT (name) DO UPDATE SET at = excluded.at, value = excluded.value`,
    [now, fingerprint(to)],
  )
  return resealed
}

function tryUnseal(text: string, key: string, owner: string): string | null {
  try {
    return unseal(text, key, owner)
  } catch {
    return null
  }
}

function numbered(text: string): string {
  let at = 0
  return text.replace(/\?/g, () => `$${++at}`)
}
