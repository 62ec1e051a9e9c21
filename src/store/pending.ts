/** Which migrations a database has, without running any. Null: there is no database yet. */
import { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { SQL } from 'bun'
import { notOurs } from './migrate.ts'
import { isPostgres } from './open.ts'

const text = 'SELECT name FROM migration ORDER BY name'

export async function readMigrations(url: string): Promise<string[] | null> {
  if (isPostgres(url)) return readPostgres(url)
  if (!existsSync(url)) return null
  try {
    const connection = new Database(url, { readonly: true, strict: true })
    try {
      return connection.query(text).values().map(String)
    } finally {
      connection.close()
    }
  } catch (cause) {
    throw notOurs(url, cause)
  }
}

async function readPostgres(url: string): Promise<string[] | null> {
  const connection = new SQL(url, { max: 1, connectionTimeout: 10 })
  try {
    const [found] = await connection.unsafe("SELECT to_regclass('migration') AS name")
    return found.name === null ? null : (await connection.unsafe(text).values()).map(String)
  } finally {
    await connection.close()
  }
}
