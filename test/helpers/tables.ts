/** What a database is made of, in words that are the same for the same schema however it came to be. */
import { sql } from 'drizzle-orm'
import type { TestStore } from './database.ts'

const sqliteText = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL"

const postgresText = `
  SELECT 'column ' || table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL
  SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL
  SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal`

/** Each table, index, check and trigger by name, with its text. */
export async function readTables({ kind, db }: TestStore): Promise<Record<string, string>> {
  const rows = await db.values<[string, string]>(
    sql.raw(kind === 'sqlite' ? sqliteText : postgresText),
  )
  // A table that was renamed has its name in quotes.
  const plain = rows.map(([name, text]) => [
    name,
    text.replace(/[\s"]+/g, ' ').replace(/ ?\( ?/g, '('),
  ])
  return Object.fromEntries(plain.sort())
}
