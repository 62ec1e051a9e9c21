/** Writing in the database by hand, as only its owner can, and what `verify` then finds. */
import type { SQL } from 'bun'
import { type Check, verifyLedger } from '../../src/ledger/verify.ts'
import type { StoreReader } from '../../src/store/reader.ts'
import type { PostgresStore, WritingSqliteStore } from '../../src/store/store.ts'

const tables = [
  ...['transfer', 'rate', 'usage', 'hold', 'account', 'usage_hour', 'key'],
  ...['lot', 'lot_use', 'top_up', 'refund', 'dispute', 'voucher', 'voucher_batch'],
]

/** Past triggers, references and constraints, as only the owner of the file can. */
export function tamperSqlite({ connection }: WritingSqliteStore, text: string): void {
  const triggers = connection.query<{ name: string }, []>(
    "SELECT name FROM sqlite_schema WHERE type = 'trigger'",
  )
  for (const { name } of triggers.all()) connection.run(`DROP TRIGGER ${name}`)
  connection.run('PRAGMA foreign_keys = OFF')
  connection.run('PRAGMA ignore_check_constraints = ON')
  connection.run(text)
}

/** The same as its owner on PostgreSQL, in a transaction that verify reads in and that is rolled back. */
export async function failedWithin(store: PostgresStore, text: string): Promise<Check[]> {
  let found: Check[] = []
  const undo = new Error('undo')
  const within = store.connection.begin(async (tx) => {
    for (const table of tables) await tx.unsafe(`ALTER TABLE ${table} DISABLE TRIGGER ALL`)
    await tx.unsafe(text)
    const begin = (_: string, run: (snapshot: typeof tx) => unknown) => run(tx)
    found = await failed({ ...store, connection: { begin } as unknown as SQL })
    throw undo
  })
  await within.catch((cause) => {
    if (cause !== undo) throw cause
  })
  return found
}

export const failed = async (store: StoreReader) =>
  (await verifyLedger(store)).checks.filter(({ ok }) => !ok)
