/**
 * The calls of an account, newest first. Without a filter the index gives a page at any depth; with one, the sums by the
 * hour say in which hours there are such calls, and only those are read.
 */
import {
  and,
  desc,
  eq,
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
import { formatPrice, formatUsd, rateFor } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { completionTokens, promptTokens, unitClasses } from '../base/units.ts'
import { failures } from '../ledger/record.ts'
import { key, price, rate, transfer, usage, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { hourMs } from './usage-range.ts'

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

type UsageRow = typeof usage.$inferSelect

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
  const filtered = filter.model ?? filter.key ?? filter.status
  const read = filtered === undefined ? readRows : readFiltered
  const rows = await read(store, accountId, filter, start, limit + 1)
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
  from = filter.from ?? 0,
): Promise<UsageRow[]> {
  return db
    .select()
    .from(usage)
    .where(
      and(
        eq(usage.accountId, accountId),
        gte(usage.createdAt, from),
        lte(usage.createdAt, before.createdAt),
        or(lt(usage.createdAt, before.createdAt), lt(usage.id, before.id)),
        matches(filter),
      ),
    )
    .orderBy(desc(usage.createdAt), desc(usage.id))
    .limit(limit)
}

const hoursAtOnce = 60

/** Hour by hour, of the hours in which there is such a call. */
async function readFiltered(
  store: Store,
  accountId: string,
  filter: RequestFilter,
  start: Position,
  limit: number,
): Promise<UsageRow[]> {
  const rows: UsageRow[] = []
  let before = start
  for (;;) {
    const hours = await readHours(store, accountId, filter, before)
    for (const hour of hours) {
      const from = Math.max(hour, filter.from ?? 0)
      rows.push(...(await readRows(store, accountId, filter, before, limit - rows.length, from)))
      if (rows.length === limit) return rows
      before = { createdAt: hour, id: '' }
    }
    if (hours.length < hoursAtOnce) return rows
  }
}

async function readHours(
  { db }: Store,
  accountId: string,
  { model, key, status, from = 0 }: RequestFilter,
  before: Position,
): Promise<number[]> {
  // What began at the hour itself and has a lower id than '' is nothing: such an hour is done.
  const last = before.id === '' ? lt : lte
  const rows = await db
    .select({ hour: usageHour.hour })
    .from(usageHour)
    .where(
      and(
        eq(usageHour.accountId, accountId),
        gte(usageHour.hour, from - hourMs + 1),
        last(usageHour.hour, before.createdAt),
        model === undefined ? undefined : eq(usageHour.modelId, model),
        key === undefined ? undefined : eq(usageHour.keyId, key),
        status === 'failed' ? gt(usageHour.failures, 0) : undefined,
        status === 'ok' ? gt(usageHour.calls, usageHour.failures) : undefined,
      ),
    )
    .groupBy(usageHour.hour)
    .orderBy(desc(usageHour.hour))
    .limit(hoursAtOnce)
  return rows.map(({ hour }) => hour)
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

async function describeRows({ db }: Store, accountId: string, rows: readonly UsageRow[]) {
  const ids = [...new Set(rows.map(({ keyId }) => keyId))]
  const named =
    ids.length === 0
      ? []
      : await db
          .select({ id: key.id, name: key.name })
          .from(key)
          .where(and(eq(key.accountId, accountId), inArray(key.id, ids)))
  const names = new Map(named.map(({ id, name }) => [id, name]))
  return rows.map((row) => describeRow(row, names.get(row.keyId) ?? ''))
}

export type RequestView = ReturnType<typeof describeRow>

function describeRow(row: UsageRow, keyName: string) {
  return {
    id: row.id,
    created_at: new Date(row.createdAt).toISOString(),
    model: row.modelId,
    key_id: row.keyId,
    key_name: keyName,
    status: row.status,
    outcome: row.outcome,
    prompt_tokens: promptTokens(row),
    cached_tokens: row.cache_read,
    completion_tokens: completionTokens(row),
    cost: formatUsd(row.charged),
    first_token_ms: row.firstTokenMs,
    duration_ms: row.durationMs,
    streamed: row.streamed,
    app: row.caller,
  }
}

/** One call with its arithmetic: units × price version = charge, and the transfers that moved it. */
export async function showRequest(store: Store, accountId: string, id: string) {
  const { db } = store
  const own = and(eq(usage.id, id), eq(usage.accountId, accountId))
  const [row] = await db.select().from(usage).where(own)
  if (row === undefined) throw new AppError('not_found')
  const [view, rates, versions, moved] = await Promise.all([
    describeRows(store, accountId, [row]),
    db.select().from(rate).where(eq(rate.priceId, row.priceId)),
    db.select().from(price).where(eq(price.id, row.priceId)),
    db
      .select()
      .from(transfer)
      .where(or(eq(transfer.id, id), eq(transfer.pendingId, id)))
      .orderBy(transfer.seq),
  ])
  const prompt = promptTokens(row)
  return {
    ...(view[0] as RequestView),
    usage_source: row.usageSource,
    finish_reason: row.finishReason,
    flags: row.flags?.split(',') ?? [],
    price_version: row.priceId,
    price_from: new Date(versions[0]?.effectiveFrom ?? 0).toISOString(),
    units: unitClasses
      .filter((unit) => row[unit] > 0)
      .map((unit) => ({
        unit,
        count: row[unit],
        usd_per_million: formatPrice(rateFor(rates, unit, prompt)),
      })),
    /** What the units cost by that version; what was charged is in `cost`, and may be less. */
    full_cost: formatUsd(row.cost),
    transfers: moved.map(({ id, phase, code, amount, createdAt }) => ({
      ...{ id, phase, code, amount: formatUsd(amount) },
      at: new Date(createdAt).toISOString(),
    })),
  }
}
