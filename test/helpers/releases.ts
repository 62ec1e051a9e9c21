/** Data directories as released programs left them (`test/fixtures/schemas`), each to be upgraded by the program of today. */
import { Database } from 'bun:sqlite'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newDirectory } from './database.ts'

const folder = join(import.meta.dir, '../fixtures/schemas')

export interface Release {
  /** Of its last migration: 0004. */
  name: string
  /** The demo's account and a key of it; who may log in, once there were people. */
  account: string
  key: string
  admin: { email: string; password: string }
  /** Nano-USD, by account. */
  balances: Record<string, string>
}

export const releases: Release[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()
  .map((name) => ({
    name,
    ...JSON.parse(readFileSync(join(folder, name, 'facts.json'), 'utf8')),
  }))

/** A data directory of that program; answers where it is. */
export function layRelease({ name }: Release): string {
  const data = newDirectory()
  const packed = readFileSync(join(folder, name, 'kkai.db.zst'))
  writeFileSync(join(data, 'kkai.db'), Bun.zstdDecompressSync(packed), { mode: 0o600 })
  copyFileSync(join(folder, name, 'sealing.key'), join(data, 'sealing.key'))
  return data
}

/** By its columns. */
export type Row = Record<string, unknown>
/** By table. */
export type Rows = Map<string, Row[]>

/** All that a database of SQLite holds, but which migrations it has. */
export function readRows(path: string): Rows {
  const connection = new Database(path, { readonly: true, safeIntegers: true })
  const tables = connection
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .filter(({ name }) => name !== 'migration')
  const rows = tables.map(({ name }) => [
    name,
    connection.query<Row, []>(`SELECT * FROM "${name}"`).all(),
  ])
  connection.close()
  return new Map(rows as [string, Row[]][])
}
