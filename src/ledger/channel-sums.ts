/**
 * What calls cost by channel and hour, kept when their records are dropped. Summed after them and not with them: a row that
 * every call adds to would make them wait for each other.
 */
import { and, eq, gte, isNotNull, lt, sql } from 'drizzle-orm'
import { firstId } from '../base/id.ts'
import { milestone } from '../store/operator.ts'
import { usage } from '../store/schema.ts'
import { type Built, byHand, type Store } from '../store/store.ts'
import { hourMs } from './chart.ts'

/** A call counts where it began and is recorded when it ends: what is over so long ago is whole. */
const settledMs = 2 * hourMs
/** Read at once: calls wait for no more than that. */
const pieceMs = 60_000

/** Sums the hours that may have changed since the last time. */
export async function sumChannels(store: Store, now: number): Promise<void> {
  const whole = floorHour(now - settledMs)
  const from = await readStart(store)
  if (from === null) return
  for (let hour = from; hour <= now; hour += hourMs) {
    const sums = await readHour(store, hour)
    await store.write(() => [
      ...sums.map((row) => putSums(hour, row)),
      reach(Math.min(hour, whole)),
    ])
  }
}

const floorHour = (time: number) => Math.floor(time / hourMs) * hourMs

/** The first hour that is not known to be whole; null while nobody has called. */
async function readStart({ db }: Store): Promise<number | null> {
  const [reached] = await db.select().from(milestone).where(eq(milestone.name, 'channels_summed'))
  if (reached !== undefined) return reached.at
  const [oldest] = await db.select({ at: usage.createdAt }).from(usage).orderBy(usage.id).limit(1)
  return oldest === undefined ? null : floorHour(oldest.at)
}

const names = ['calls', 'buyCost', 'reportedCalls', 'reported', 'reckoned'] as const
type Row = Record<(typeof names)[number], bigint> & { channelId: string | null }

async function readHour(store: Store, hour: number): Promise<Row[]> {
  const sums = new Map<string | null, Row>()
  for (let at = hour; at < hour + hourMs; at += pieceMs) {
    const rows = await readPiece(store, at)
    for (const row of rows) {
      const known = sums.get(row.channelId)
      for (const name of names) row[name] += known?.[name] ?? 0n
      sums.set(row.channelId, row)
    }
    // SQLite answers in this thread: without a pause all pieces would be one.
    if (rows.length > 0) await new Promise(setImmediate)
  }
  return [...sums.values()]
}

function readPiece({ db }: Store, from: number): Promise<Row[]> {
  const sum = (what: unknown) => sql`COALESCE(SUM(${what}), 0)`.mapWith(BigInt)
  const { channelId, buyCost, reportedCost } = usage
  return db
    .select({
      ...{ channelId, calls: sql`COUNT(*)`.mapWith(BigInt), buyCost: sum(buyCost) },
      ...{
        reportedCalls: sql`COUNT(${reportedCost})`.mapWith(BigInt),
        reported: sum(reportedCost),
      },
      reckoned: sum(sql`CASE WHEN ${reportedCost} IS NOT NULL THEN ${buyCost} END`),
    })
    .from(usage)
    .where(
      and(
        ...[gte(usage.id, firstId('gen-', from)), lt(usage.id, firstId('gen-', from + pieceMs))],
        isNotNull(channelId),
      ),
    )
    .groupBy(channelId)
}

/** In place of what was there: summed twice is the same. */
function putSums(hour: number, row: Row): Built {
  const { channelId, calls, buyCost, reportedCalls, reported, reckoned } = row
  return byHand(sql`INSERT INTO channel_hour
      (hour, channel_id, calls, buy_cost, reported_calls, reported, reckoned)
    VALUES (${hour}, ${channelId}, ${calls}, ${buyCost}, ${reportedCalls}, ${reported}, ${reckoned})
    ON CONFLICT (hour, channel_id) DO UPDATE SET calls = excluded.calls, buy_cost = excluded.buy_cost,
      reported_calls = excluded.reported_calls, reported = excluded.reported, reckoned = excluded.reckoned`)
}

function reach(hour: number): Built {
  return byHand(sql`INSERT INTO milestone (name, at) VALUES ('channels_summed', ${hour})
    ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE milestone.at < excluded.at`)
}
