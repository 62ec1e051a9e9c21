/** The overview of an account: what it has, how long that lasts, what was spent, and what its members should know. */
import { and, eq, gte, lt, ne, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { Catalog } from '../catalog/model.ts'
import { playgroundHash } from '../key/view.ts'
import { listNotices } from '../notice/current.ts'
import { runwayDays, spendPerDay } from '../notice/runway.ts'
import { account, key, usage } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { dayMs, floorHour, hourMs, openZone, readRange } from './usage-range.ts'
import { listRequests } from './usage-requests.ts'
import { readSeries, readSums, within } from './usage-series.ts'

export async function showOverview(
  store: Store,
  catalog: Catalog,
  accountId: string,
  { timeZone, now }: { timeZone?: string; now: number },
) {
  const [owner] = await store.db.select().from(account).where(eq(account.id, accountId))
  if (owner === undefined) throw new AppError('not_found')
  const free = owner.creditsPosted - owner.debitsPosted - owner.debitsPending
  const zone = openZone(timeZone)
  const today = zone.dayOf(now)
  const startOfToday = zone.startOf(today)
  const end = floorHour(now) + hourMs
  const range = readRange({ range: '30d', ...(timeZone && { time_zone: timeZone }) }, now)
  const spent = async (from: number, to: number) =>
    (await readSums(store, within(accountId, { from: floorHour(from), to }))).charged

  const [perDay, spentToday, spentYesterday, lastDay, chart, requests, firstSteps, notices] =
    await Promise.all([
      spendPerDay(store, accountId, now),
      spent(startOfToday, end),
      spendUntil(store, accountId, zone.startOf(today - 1), now - dayMs),
      readSums(store, within(accountId, { from: end - dayMs, to: end })),
      readSeries(store, accountId, range, 'model'),
      listRequests(store, accountId, {}, { after: null, limit: 5 }),
      readFirstSteps(store, owner),
      listNotices(store, catalog, owner, now),
    ])
  return {
    balance: formatUsd(owner.creditsPosted - owner.debitsPosted),
    held: formatUsd(owner.debitsPending),
    low_balance: owner.lowBalance === null ? null : formatUsd(owner.lowBalance),
    /** At the pace of the last seven days; null when nothing was spent in them. */
    runway_days: runwayDays(free, perDay),
    spend_today: formatUsd(spentToday),
    spend_yesterday_same_time: formatUsd(spentYesterday),
    requests_24h: lastDay.requests,
    error_share_24h: lastDay.requests === 0 ? null : lastDay.failures / lastDay.requests,
    tokens_24h: lastDay.promptTokens + lastDay.completionTokens,
    chart: chart.series.map(({ at, group, group_name, charged }) => ({
      ...{ at, model: group, model_name: group_name, charged },
    })),
    last_requests: requests.data,
    first_steps: firstSteps,
    notices,
  }
}

/** To the millisecond: whole hours from their sums, the rest of the last one call by call. */
async function spendUntil(store: Store, accountId: string, from: number, to: number) {
  const hour = floorHour(to)
  const sums = await readSums(store, within(accountId, { from: floorHour(from), to: hour }))
  const rest = and(gte(usage.createdAt, hour), lt(usage.createdAt, to))
  const [row] = await store.db
    .select({ charged: sql`COALESCE(SUM(${usage.charged}), 0)`.mapWith(BigInt) })
    .from(usage)
    .where(and(eq(usage.accountId, accountId), rest))
  return sums.charged + (row?.charged ?? 0n)
}

type AccountRow = typeof account.$inferSelect

async function readFirstSteps({ db }: Store, { id, creditsPosted }: AccountRow) {
  const own = and(eq(key.accountId, id), ne(key.hash, playgroundHash(id)))
  const [keys, calls] = await Promise.all([
    db.select({ id: key.id }).from(key).where(own).limit(1),
    db.select({ id: usage.id }).from(usage).where(eq(usage.accountId, id)).limit(1),
  ])
  return { credit: creditsPosted > 0n, key: keys.length > 0, request: calls.length > 0 }
}
