/**
 * Usage records may be dropped once they are old; what they came to stays: in the sums of their hours and in the ledger. From
 * when on records are complete is written down before any is dropped, and only moves forward: so `verify` knows of each that is
 * missing whether it may be (`verify.ts`), and still holds what was charged in the dropped hours against the ledger.
 */
import { and, eq, inArray, lt, sql } from 'drizzle-orm'
import { firstId } from '../base/id.ts'
import { milestone } from '../store/operator.ts'
import { usage } from '../store/schema.ts'
import { byHand, type Store } from '../store/store.ts'
import { hourMs } from './chart.ts'

const pageRows = 500

/** Since when the usage records are complete; 0: none was ever dropped. */
export async function readUsageFrom({ db }: Pick<Store, 'db'>): Promise<number> {
  const [row] = await db.select().from(milestone).where(eq(milestone.name, 'usage_from'))
  return row?.at ?? 0
}

/** Drops records of calls that began before the hour of `time`, at most so many pages. Answers how many went. */
export async function dropUsage(store: Store, time: number, mostPages: number): Promise<number> {
  const before = Math.floor(time / hourMs) * hourMs
  await store.write(() => [
    byHand(sql`INSERT INTO milestone (name, at) VALUES ('usage_from', ${before})
      ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE milestone.at < excluded.at`),
  ])
  // By their ids, which the table is sorted by.
  const old = and(lt(usage.id, firstId('gen-', before)), lt(usage.createdAt, before))
  let dropped = 0
  for (let page = 0; page < mostPages; page++) {
    const rows = await store.db.select({ id: usage.id }).from(usage).where(old).limit(pageRows)
    if (rows.length === 0) break
    const ids = rows.map(({ id }) => id)
    await store.write((db) => [db.delete(usage).where(inArray(usage.id, ids))])
    dropped += ids.length
  }
  return dropped
}
