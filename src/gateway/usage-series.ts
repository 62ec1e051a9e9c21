/** Usage over time, from the sums by the hour: as fast after a year as on the first day. */
import { and, type Column, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import { user } from '../store/people.ts'
import { key, model, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { bucketOf, type Range, startOfBucket } from './usage-range.ts'

export type Group = 'model' | 'key' | 'member'

export interface UsageFilter {
  model?: string
  key?: string
  /** A user's id: of the keys that she made. */
  member?: string
}

const madeBy = sql<string>`COALESCE((SELECT created_by FROM key WHERE id = ${usageHour.keyId}), '')`
const groups = { model: usageHour.modelId, key: usageHour.keyId, member: madeBy }

const sums = {
  requests: sumOf(usageHour.calls).mapWith(Number),
  failures: sumOf(usageHour.failures).mapWith(Number),
  promptTokens: sumOf(usageHour.promptTokens).mapWith(Number),
  completionTokens: sumOf(usageHour.completionTokens).mapWith(Number),
  charged: sumOf(usageHour.charged).mapWith(BigInt),
}

function sumOf(column: Column): SQL {
  return sql`COALESCE(SUM(${column}), 0)`
}

export interface Sums {
  requests: number
  failures: number
  promptTokens: number
  completionTokens: number
  charged: bigint
}

export function within(accountId: string, { from, to }: Pick<Range, 'from' | 'to'>): SQL {
  const hours = and(gte(usageHour.hour, from), lt(usageHour.hour, to))
  return and(eq(usageHour.accountId, accountId), hours) as SQL
}

export async function readSums({ db }: Store, where: SQL): Promise<Sums> {
  const [row] = await db.select(sums).from(usageHour).where(where)
  return row as Sums
}

export async function readSeries(
  store: Store,
  accountId: string,
  range: Range,
  by: Group,
  filter: UsageFilter = {},
) {
  const where = and(within(accountId, range), ...conditions(filter)) as SQL
  const [rows, totals, names] = await Promise.all([
    store.db
      .select({ at: bucketOf(range), group: sql<string>`${groups[by]}`, ...sums })
      .from(usageHour)
      .where(where)
      .groupBy(sql`1`, sql`2`)
      .orderBy(sql`1`, sql`2`),
    readSums(store, where),
    readNames(store, accountId, by),
  ])
  return {
    bucket: range.bucket,
    from: new Date(range.from).toISOString(),
    to: new Date(range.to).toISOString(),
    series: rows.map(({ at, group, ...row }) => ({
      at: startOfBucket(range, at),
      group,
      group_name: names.get(group) ?? group,
      ...describeSums(row),
    })),
    totals: describeSums(totals),
  }
}

function conditions(filter: UsageFilter): SQL[] {
  const some: SQL[] = []
  if (filter.model !== undefined) some.push(eq(usageHour.modelId, filter.model))
  if (filter.key !== undefined) some.push(eq(usageHour.keyId, filter.key))
  if (filter.member !== undefined) some.push(sql`${madeBy} = ${filter.member}`)
  return some
}

export function describeSums(sums: Sums) {
  return {
    requests: sums.requests,
    failures: sums.failures,
    prompt_tokens: sums.promptTokens,
    completion_tokens: sums.completionTokens,
    charged: formatUsd(sums.charged),
  }
}

async function readNames({ db }: Store, accountId: string, by: Group) {
  const own = eq(key.accountId, accountId)
  const rows =
    by === 'model'
      ? await db.select({ id: model.id, name: model.name }).from(model)
      : by === 'key'
        ? await db.select({ id: key.id, name: key.name }).from(key).where(own)
        : await db
            .select({ id: user.id, name: user.name })
            .from(user)
            .where(inArray(user.id, db.select({ id: key.createdBy }).from(key).where(own)))
  return new Map(rows.map(({ id, name }) => [id, name || id]))
}
