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

/** Sums the hours that may have changed since the last time, one after the other: calls wait for no more than one. */
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

const sum = (what: unknown) => sql`COALESCE(SUM(${what}), 0)`.mapWith(BigInt)

function readHour({ db }: Store, hour: number) {
  const { channelId, buyCost, reportedCost } = usage
  return db
    .select({
      ...{ channelId, calls: sql`COUNT(*)`.mapWith(Number), buyCost: sum(buyCost) },
      ...{
        reportedCalls: sql`COUNT(${reportedCost})`.mapWith(Number),
        reported: sum(reportedCost),
      },
      reckoned: sum(sql`CASE WHEN ${reportedCost} IS NOT NULL THEN ${buyCost} END`),
    })
    .from(usage)
    .where(
      and(
        ...[gte(usage.id, firstId('gen-', hour)), lt(usage.id, firstId('gen-', hour + hourMs))],
        isNotNull(channelId),
      ),
    )
    .groupBy(channelId)
}

/** In place of what was there: summed twice is the same. */
function putSums(hour: number, row: Awaited<ReturnType<typeof readHour>>[number]): Built {
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
