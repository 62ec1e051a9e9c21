/** The facts of a platform (`system-apart.ts`), for `kkai doctor` and the operator's page. */

import { sql } from 'drizzle-orm'
import { version } from '../../package.json'
import { apart } from '../base/apart.ts'
import type { Config } from '../config.ts'
import { type Done, readDone } from '../store/done.ts'
import { compareMigrations } from '../store/migrate.ts'
import type { Query } from '../store/store.ts'

export type FactName =
  | 'program'
  | 'database'
  | 'clock'
  | 'disk'
  | 'fsync'
  | 'log'
  | 'backup'
  | 'verify'
  | 'sealing_key'
  | 'providers'
  | 'payments'
  | 'mail'
  | 'public_url'

export interface Fact {
  name: FactName
  /** Null: nothing to judge. */
  ok: boolean | null
  value: string
}

export interface Asked {
  version: string
  config: Config
  now: number
  kind: 'sqlite' | 'postgres'
  /** Null where its schema is not this program's. */
  rows: ((text: string) => Promise<unknown[][]>) | null
  schema: { last: string | null; missing: number; unknown: number }
  publicUrl: string | null
  backup: Done['backup'] | null
  verify: Done['verify'] | null
}

interface Seen {
  config: Config
  now: number
  kind: Asked['kind']
  /** Null where it cannot be read by this program. */
  db: Query | null
  /** The migrations that the database has; null where there is none. */
  applied: readonly string[] | null
  publicUrl: string | null
}

export async function readSystem({ db, applied, config, ...seen }: Seen): Promise<Fact[]> {
  const { readFacts } = (await import(
    apart(new URL('./system-apart.ts', import.meta.url))
  )) as typeof import('./system-apart.ts')
  const { missing, unknown } = compareMigrations(applied ?? [])
  return readFacts({
    ...{ ...seen, config, version },
    rows: db === null ? null : (text) => db.values(sql.raw(text)),
    schema: { last: applied?.at(-1) ?? null, missing: missing.length, unknown: unknown.length },
    backup: readDone(config.data, 'backup'),
    verify: readDone(config.data, 'verify'),
  })
}

export async function readApplied(db: Query): Promise<string[]> {
  return (await db.values(sql`SELECT name FROM migration ORDER BY name`)).map(String)
}
