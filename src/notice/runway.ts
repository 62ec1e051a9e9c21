/** How long a balance lasts at the pace of the last week, as the page shows it and as it is warned of. */
import { and, eq, gte, sql } from 'drizzle-orm'
import { alert } from '../store/people.ts'
import { account, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { Telling } from './tell.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const paceDays = 7
/** Warned of below this, forgotten above that, so that it does not flutter. */
const shortDays = 3n
const longDays = 4n
/** Who spends less than a cent in a day need not hurry. */
const leastPerDay = 10_000_000n

/** What was spent in the last seven days, and when the first of it was. */
const spending = {
  charged: sql`COALESCE(SUM(${usageHour.charged}), 0)`.mapWith(BigInt),
  first: sql<number | string | null>`MIN(${usageHour.hour})`,
}
/** Whole hours, with the one that runs. */
const paceStart = (now: number) => now - (now % hourMs) + hourMs - paceDays * dayMs

/** Over as many of the last seven days as the account has made calls in; at least one. */
function perDay({ charged, first }: { charged: bigint; first: unknown }, now: number): bigint {
  if (first === null) return 0n
  const days = Math.max(1, Math.min(paceDays, Math.ceil((now - Number(first)) / dayMs)))
  return charged / BigInt(days)
}

export async function spendPerDay({ db }: Store, accountId: string, now: number): Promise<bigint> {
  const [row] = await db
    .select(spending)
    .from(usageHour)
    .where(and(eq(usageHour.accountId, accountId), gte(usageHour.hour, paceStart(now))))
  return row === undefined ? 0n : perDay(row, now)
}

/** Whole days; null where nothing is spent. */
export function runwayDays(free: bigint, pace: bigint): number | null {
  return pace === 0n ? null : free <= 0n ? 0 : Number(free / pace)
}

export const isShort = (free: bigint, pace: bigint) =>
  pace >= leastPerDay && free < pace * shortDays

/** Keeps the alerts `low_runway`: of whom `raiseAlerts` tells. Looks at who spent in the last day, and at who is short. */
export async function measureRunways({ store, clock }: Telling): Promise<void> {
  const now = clock.now()
  const isRaised = eq(alert.kind, 'low_runway')
  const raised = await store.db.select({ id: alert.accountId }).from(alert).where(isRaised)
  const rows = await store.db
    .select({
      id: account.id,
      free: sql`${account.creditsPosted} - ${account.debitsPosted} - ${account.debitsPending}`.mapWith(
        BigInt,
      ),
      ...spending,
    })
    .from(account)
    .innerJoin(usageHour, eq(usageHour.accountId, account.id))
    .where(
      and(
        ...[eq(account.state, 'active'), gte(usageHour.hour, paceStart(now))],
        sql`(EXISTS (SELECT 1 FROM usage_hour spent WHERE spent.account_id = ${account.id}
            AND spent.hour >= ${now - dayMs} AND spent.charged > 0)
          OR EXISTS (SELECT 1 FROM alert WHERE account_id = ${account.id} AND kind = 'low_runway'))`,
      ),
    )
    .groupBy(account.id)
  const paced = rows.map(({ id, free, ...row }) => ({ id, free, pace: perDay(row, now) }))
  const short = paced.filter(({ free, pace }) => isShort(free, pace))
  const long = paced.filter(({ free, pace }) => free > pace * longDays)
  const still = new Set(paced.map(({ id }) => id)).difference(new Set(long.map(({ id }) => id)))
  await store.write((db) => [
    ...raised
      .filter(({ id }) => !still.has(id))
      .map(({ id }) => db.delete(alert).where(and(isRaised, eq(alert.accountId, id)))),
    ...short.map(({ id }) =>
      db
        .insert(alert)
        .values({ accountId: id, kind: 'low_runway', subject: id, raisedAt: now })
        .onConflictDoNothing(),
    ),
  ])
}
