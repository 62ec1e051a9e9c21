/** The overview of an account: what it has, how long that lasts, what was spent, and what its members should know. */
import { and, eq, gt, gte, isNotNull, lt, lte, ne, or, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { Catalog } from '../catalog/model.ts'
import { playgroundHash, spentOf } from '../key/view.ts'
import { account, key, usage, usageHour } from '../store/schema.ts'
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
      readNotices(store, catalog, owner, now),
    ])
  return {
    balance: formatUsd(owner.creditsPosted - owner.debitsPosted),
    held: formatUsd(owner.debitsPending),
    low_balance: owner.lowBalance === null ? null : formatUsd(owner.lowBalance),
    /** At the pace of the last seven days; null when nothing was spent in them. */
    runway_days: perDay === 0n ? null : free <= 0n ? 0 : Number(free / perDay),
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

const paceDays = 7

/** Over as many of the last seven days as the account has made calls in; at least one. */
async function spendPerDay({ db }: Store, accountId: string, now: number): Promise<bigint> {
  const from = floorHour(now) + hourMs - paceDays * dayMs
  const [row] = await db
    .select({
      charged: sql`COALESCE(SUM(${usageHour.charged}), 0)`.mapWith(BigInt),
      first: sql<number | string | null>`MIN(${usageHour.hour})`,
    })
    .from(usageHour)
    .where(within(accountId, { from, to: now + hourMs }))
  const { charged = 0n, first = null } = row ?? {}
  if (first === null) return 0n
  const days = Math.max(1, Math.min(paceDays, Math.ceil((now - Number(first)) / dayMs)))
  return charged / BigInt(days)
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

export interface Notice {
  kind:
    | 'suspended'
    | 'negative_balance'
    | 'low_balance'
    | 'key_limit'
    | 'key_expires'
    | 'model_retires'
  /** The key's name, or the model. */
  subject: string | null
  /** When it happens. */
  at: string | null
}

const soonMs = 7 * dayMs
const retiringMs = 60 * dayMs
/** Of a key's limit, from when on it is worth a word. */
const nearlySpent = { share: 80n, of: 100n }

async function readNotices(
  { db }: Store,
  catalog: Catalog,
  owner: AccountRow,
  now: number,
): Promise<Notice[]> {
  const balance = owner.creditsPosted - owner.debitsPosted
  const notices: Notice[] = []
  const add = (kind: Notice['kind'], subject: string | null = null, at: number | null = null) =>
    notices.push({ kind, subject, at: at === null ? null : new Date(at).toISOString() })
  if (owner.state === 'suspended') add('suspended')
  if (balance < 0n) add('negative_balance')
  else if (owner.lowBalance !== null && balance < owner.lowBalance) add('low_balance')

  const expiring = and(gt(key.expiresAt, now), lte(key.expiresAt, now + soonMs))
  const [keys, models] = await Promise.all([
    db
      .select()
      .from(key)
      .where(
        and(
          ...[eq(key.accountId, owner.id), eq(key.state, 'active')],
          or(expiring, isNotNull(key.creditLimit)),
        ),
      ),
    db
      .selectDistinct({ id: usageHour.modelId })
      .from(usageHour)
      .where(within(owner.id, { from: now - soonMs, to: now + hourMs })),
  ])
  for (const row of keys) {
    const { name, expiresAt, creditLimit } = row
    const spent = spentOf(row, now)
    if (creditLimit !== null && spent * nearlySpent.of >= creditLimit * nearlySpent.share) {
      add('key_limit', name)
    }
    if (expiresAt !== null && expiresAt > now && expiresAt <= now + soonMs) {
      add('key_expires', name, expiresAt)
    }
  }
  for (const { id } of models) {
    const at = catalog.models.get(id)?.retiresAt ?? null
    if (at !== null && at > now && at <= now + retiringMs) add('model_retires', id, at)
  }
  return notices
}
