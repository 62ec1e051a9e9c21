/**
 * The calls of an account, newest first. Without a filter the index gives a page at any depth; with one, the sums by the
 * hour say in which hours there are such calls, and only those are read.
 */
import {
  and,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  lt,
  lte,
  notInArray,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { failures } from '../ledger/chart.ts'
import { readUsageFrom } from '../ledger/retention.ts'
import { usage, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { hourMs } from './usage-range.ts'
import { describeRows, type UsageRow } from './usage-record.ts'

export interface RequestFilter {
  model?: string
  key?: string
  status?: 'ok' | 'failed'
  /** Made at this time or later; before that. */
  from?: number
  to?: number
}

/** Where a page ends: calls are in the order of their beginning, those of one moment by id. */
export interface Position {
  createdAt: number
  id: string
}

export function readPosition(text: string): Position {
  const [, createdAt, id] = /^(\d{1,15})\.(gen-\w{1,40})$/.exec(text) ?? []
  if (createdAt !== undefined && id !== undefined) return { createdAt: Number(createdAt), id }
  throw new AppError('invalid_request', { param: 'after', message: 'Take `next` as it came.' })
}

export async function listRequests(
  store: Store,
  accountId: string,
  filter: RequestFilter,
  { after, limit }: { after: Position | null; limit: number },
) {
  const end = { createdAt: filter.to ?? Number.MAX_SAFE_INTEGER, id: '' }
  const start = after !== null && after.createdAt < end.createdAt ? after : end
  // Sums of hours whose records were dropped would lead there.
  const kept = { ...filter, from: Math.max(filter.from ?? 0, await readUsageFrom(store)) }
  const filtered = filter.model ?? filter.key ?? filter.status
  const read = filtered === undefined ? readRows : readFiltered
  const rows = await read(store, accountId, kept, start, limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    data: await describeRows(store, accountId, page),
    next: rows.length > limit && last ? `${last.createdAt}.${last.id}` : null,
  }
}

const overlapMs = 2_000
const longestCallMs = hourMs

/**
 * Calls that ended since `time`, for a list that follows. A little before it too, since a record is written just after
 * its call has ended: whoever asks leaves out the ids it has.
 */
export async function listEnded(
  store: Store,
  accountId: string,
  filter: RequestFilter,
  { time, limit }: { time: number; limit: number },
) {
  const since = time - overlapMs
  const ended = gt(sql`${usage.createdAt} + ${usage.durationMs}`, since)
  const rows = await store.db
    .select()
    .from(usage)
    .where(
      and(
        eq(usage.accountId, accountId),
        gte(usage.createdAt, since - longestCallMs),
        ended,
        matches(filter),
      ),
    )
    .orderBy(desc(usage.createdAt), desc(usage.id))
    .limit(limit)
  return { data: await describeRows(store, accountId, rows), next: null as string | null }
}

function readRows(
  { db }: Store,
  accountId: string,
  filter: RequestFilter,
  before: Position,
  limit: number,
): Promise<UsageRow[]> {
  return db
    .select()
    .from(usage)
    .where(fits(accountId, filter, before))
    .orderBy(desc(usage.createdAt), desc(usage.id))
    .limit(limit)
}

/** `at`: the time, as a column that the index is searched by, or as one that it is not. */
function fits(
  accountId: string,
  filter: RequestFilter,
  before: Position,
  at: SQL = sql`${usage.createdAt}`,
): SQL | undefined {
  return and(
    eq(usage.accountId, accountId),
    gte(at, filter.from ?? 0),
    lte(at, before.createdAt),
    or(lt(at, before.createdAt), lt(usage.id, before.id)),
    matches(filter),
  )
}

/** As many hours at a time as hold enough of such calls by their sums. */
async function readFiltered(
  store: Store,
  accountId: string,
  filter: RequestFilter,
  start: Position,
  limit: number,
): Promise<UsageRow[]> {
  const rows: UsageRow[] = []
  let before = start
  while (rows.length < limit) {
    const hours = await readHours(store, accountId, filter, before, limit - rows.length)
    const last = hours.at(-1)
    if (last === undefined) break
    rows.push(...(await readWithin(store, accountId, filter, before, limit - rows.length, hours)))
    before = { createdAt: last, id: '' }
  }
  return rows
}

const hoursAtOnce = 100

/** The newest hours with such calls, enough for `wanted` of them; of the first one all may be on the page before. */
async function readHours(
  { db }: Store,
  accountId: string,
  { model, key, status, from = 0 }: RequestFilter,
  before: Position,
  wanted: number,
): Promise<number[]> {
  // No id is lower than '': what begins with the hour is done with.
  const upTo = before.id === '' ? lt : lte
  const { calls, failures } = usageHour
  const count = { ok: sql`${calls} - ${failures}`, failed: sql`${failures}`, any: sql`${calls}` }[
    status ?? 'any'
  ]
  const rows = await db
    .select({ hour: usageHour.hour, count: sql`SUM(${count})`.mapWith(Number) })
    .from(usageHour)
    .where(
      and(
        eq(usageHour.accountId, accountId),
        gte(usageHour.hour, from - hourMs + 1),
        upTo(usageHour.hour, before.createdAt),
        model === undefined ? undefined : eq(usageHour.modelId, model),
        key === undefined ? undefined : eq(usageHour.keyId, key),
        gt(count, 0),
      ),
    )
    .groupBy(usageHour.hour)
    .orderBy(desc(usageHour.hour))
    .limit(hoursAtOnce)
  let sum = 0
  const end = rows.findIndex(({ count }, at) => {
    if (at > 0) sum += count
    return sum >= wanted
  })
  return rows.slice(0, end < 0 ? rows.length : end + 1).map(({ hour }) => hour)
}

function readWithin(
  { db }: Store,
  accountId: string,
  filter: RequestFilter,
  before: Position,
  limit: number,
  hours: number[],
): Promise<UsageRow[]> {
  const wanted = and(eq(usageHour.accountId, accountId), inArray(usageHour.hour, hours))
  const hour = db.selectDistinct({ at: usageHour.hour }).from(usageHour).where(wanted).as('hours')
  // SQLite keeps the order of a cross join: for each hour its calls, by the index.
  return db
    .select(getTableColumns(usage))
    .from(hour)
    .crossJoin(usage)
    .where(
      and(
        // The plus leaves the index to the hour: by the page's own bounds it would be read whole for each.
        fits(accountId, filter, before, sql`+${usage.createdAt}`),
        gte(usage.createdAt, hour.at),
        lt(usage.createdAt, sql`${hour.at} + ${sql.raw(String(hourMs))}`),
      ),
    )
    .orderBy(desc(usage.createdAt), desc(usage.id))
    .limit(limit)
}

function matches({ model, key, status }: RequestFilter): SQL | undefined {
  return and(
    model === undefined ? undefined : eq(usage.modelId, model),
    key === undefined ? undefined : eq(usage.keyId, key),
    status === 'failed' ? inArray(usage.outcome, [...failures]) : undefined,
    status === 'ok' ? notInArray(usage.outcome, [...failures]) : undefined,
  )
}

/** Every call that fits, in pages, for a file. */
export async function* eachRequest(store: Store, accountId: string, filter: RequestFilter) {
  let after: Position | null = null
  do {
    const page: Awaited<ReturnType<typeof listRequests>> = await listRequests(
      store,
      accountId,
      filter,
      { after, limit: 500 },
    )
    yield page.data
    after = page.next === null ? null : readPosition(page.next)
  } while (after !== null)
}
