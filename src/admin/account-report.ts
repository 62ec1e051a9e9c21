/**
 * Reports about accounts from what is stored anyway: who has not been here for months [T8.2], and signs of automated
 * registration and of fake usage [T4.2]. A sign is a count that anyone can check; what it means, a person decides.
 */
import { and, countDistinct, desc, eq, gte, inArray, lt, ne, sql } from 'drizzle-orm'
import { shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { acceptance, member, session, user } from '../store/people.ts'
import { account, usage, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { blockOf } from '../user/throttle.ts'

type Read = Pick<Store, 'db'>

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** The longest there first. */
export async function listInactive(
  { db }: Read,
  { months, now, after, limit }: { months: number; now: number; after?: string; limit: number },
) {
  const since = new Date(now).setUTCMonth(new Date(now).getUTCMonth() - months)
  const lastCall = sql`(SELECT MAX(${usage.createdAt}) FROM ${usage}
    WHERE ${usage.accountId} = ${account.id})`
  const hers = sql`FROM ${member} JOIN ${user} ON ${user.id} = ${member.userId}
    WHERE ${member.accountId} = ${account.id}`
  const lastLogin = sql`(SELECT MAX(${user.loggedInAt}) ${hers})`
  const isHere = sql`EXISTS (SELECT 1 FROM ${session} JOIN ${member}
    ON ${member.userId} = ${session.userId}
    WHERE ${member.accountId} = ${account.id} AND ${session.seenAt} >= ${since})`
  const numberOrNull = (value: unknown) => (value === null ? null : Number(value))
  const rows = await db
    .select({
      account,
      lastCall: lastCall.mapWith(numberOrNull),
      lastLogin: lastLogin.mapWith(numberOrNull),
    })
    .from(account)
    .where(
      and(
        ...[ne(account.kind, 'house'), ne(account.state, 'closed'), lt(account.createdAt, since)],
        sql`COALESCE(${lastCall}, 0) < ${since} AND COALESCE(${lastLogin}, 0) < ${since}`,
        sql`NOT ${isHere}`,
        after === undefined ? undefined : sql`${account.id} > ${after}`,
      ),
    )
    .orderBy(account.id)
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const data = page.map(({ account: row, lastCall, lastLogin }) => ({
    ...{ id: row.id, name: shownName(row), state: row.state },
    balance: formatUsd(row.creditsPosted - row.debitsPosted),
    created_at: iso(row.createdAt),
    last_call_at: lastCall === null ? null : iso(lastCall),
    last_login_at: lastLogin === null ? null : iso(lastLogin),
  }))
  return { data, next: rows.length > limit ? (page.at(-1)?.account.id ?? null) : null }
}

/** How many of its kind make a sign, within the last week. */
export const thresholds = { oneAddress: 3, oneMinute: 5, failures: 20, burst: 500, burstTimes: 10 }
const weekMs = 7 * dayMs

export interface Sign {
  /**
   * one_address: registered or signed in from one address or block of addresses. one_minute: registered within a minute.
   * only_failures: every call failed. burst: calls in one hour, many times those of its other hours.
   */
  kind: 'one_address' | 'one_minute' | 'only_failures' | 'burst'
  count: number
  accounts: string[]
}

export async function listSigns(store: Read, now: number) {
  const since = now - weekMs
  const signs = [
    ...(await findAddresses(store, since)),
    ...(await findMinutes(store, since)),
    ...(await findUsage(store, since)),
  ].slice(0, 100)
  const ids = [...new Set(signs.flatMap(({ accounts }) => accounts))]
  const rows =
    ids.length === 0
      ? []
      : await store.db
          .select({
            id: account.id,
            name: account.name,
            email: account.email,
            state: account.state,
          })
          .from(account)
          .where(inArray(account.id, ids))
  const shown = new Map(rows.map((row) => [row.id, { ...row, name: shownName(row) }]))
  return signs.map(({ kind, count, accounts }) => ({
    ...{ kind, count },
    accounts: accounts.flatMap((id) => {
      const { name, state } = shown.get(id) ?? {}
      return name === undefined || state === undefined ? [] : [{ id, name, state }]
    }),
  }))
}

/** By the hash of the address that agreed to the documents, and by the block that sessions came from. */
async function findAddresses({ db }: Read, since: number): Promise<Sign[]> {
  const fresh = await db
    .selectDistinct({
      ...{ user: user.id, account: member.accountId },
      ...{ hash: acceptance.addressHash, address: session.address },
    })
    .from(user)
    .innerJoin(member, eq(member.userId, user.id))
    .leftJoin(acceptance, eq(acceptance.userId, user.id))
    .leftJoin(session, eq(session.userId, user.id))
    .where(gte(user.createdAt, since))
    .limit(10_000)
  const places = fresh.flatMap(({ hash, address, ...who }) => [
    ...(hash === null ? [] : [{ ...who, place: hash }]),
    ...(address ? [{ ...who, place: blockOf(address) }] : []),
  ])
  const signs = Object.values(Object.groupBy(places, ({ place }) => place)).flatMap((some = []) => {
    const count = new Set(some.map((one) => one.user)).size
    const accounts = [...new Set(some.map((one) => one.account))].sort()
    return count < thresholds.oneAddress ? [] : [{ kind: 'one_address' as const, count, accounts }]
  })
  // The same people by hash and by block are one sign.
  return [...new Map(signs.map((sign) => [sign.accounts.join(), sign])).values()]
}

async function findMinutes({ db }: Read, since: number): Promise<Sign[]> {
  const fresh = await db
    .select({ user: user.id, at: user.createdAt, account: member.accountId })
    .from(user)
    .innerJoin(member, eq(member.userId, user.id))
    .where(gte(user.createdAt, since))
    .limit(10_000)
  const minutes = Object.groupBy(fresh, ({ at }) => Math.floor(at / 60_000))
  return Object.values(minutes).flatMap((some = []) => {
    const count = new Set(some.map((one) => one.user)).size
    const accounts = [...new Set(some.map((one) => one.account))]
    return count < thresholds.oneMinute ? [] : [{ kind: 'one_minute' as const, count, accounts }]
  })
}

async function findUsage({ db }: Read, since: number): Promise<Sign[]> {
  const hours = db
    .select({
      accountId: usageHour.accountId,
      hour: usageHour.hour,
      calls: sql<number>`SUM(${usageHour.calls})`.as('calls'),
      failures: sql<number>`SUM(${usageHour.failures})`.as('failures'),
    })
    .from(usageHour)
    .where(gte(usageHour.hour, since))
    .groupBy(usageHour.accountId, usageHour.hour)
    .as('hours')
  const rows = await db
    .select({
      id: hours.accountId,
      calls: sql`SUM(${hours.calls})`.mapWith(Number),
      failures: sql`SUM(${hours.failures})`.mapWith(Number),
      most: sql`MAX(${hours.calls})`.mapWith(Number),
      active: countDistinct(hours.hour).mapWith(Number),
    })
    .from(hours)
    .groupBy(hours.accountId)
    .orderBy(desc(sql`SUM(${hours.calls})`))
    .limit(10_000)
  return rows.flatMap(({ id, calls, failures, most, active }): Sign[] => {
    const others = (calls - most) / Math.max(1, active - 1)
    return [
      ...(failures === calls && calls >= thresholds.failures
        ? [{ kind: 'only_failures' as const, count: calls, accounts: [id] }]
        : []),
      ...(most >= thresholds.burst && most >= others * thresholds.burstTimes
        ? [{ kind: 'burst' as const, count: most, accounts: [id] }]
        : []),
    ]
  })
}

const iso = (at: number) => new Date(at).toISOString()
