/**
 * How business goes: by model and account from the sums by the hour, by channel from the calls of 24 hours, which have no sums.
 * Read an hour or a day at a time: what is over changes no more and stays in memory, so that a look costs what is new.
 */
import { setImmediate } from 'node:timers/promises'
import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import type { Clock } from '../base/clock.ts'
import { firstId } from '../base/id.ts'
import { account, usage, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const freshMs = 10_000
/** A call counts where it began and is recorded when it ends: what is over so long ago is whole. */
const settledMs = 2 * hourMs

interface Sums {
  calls: number
  failures: number
  charged: bigint
  buyCost: bigint
}
interface ByModel extends Sums {
  model: string
  account: string
}
interface ByChannel extends Sums {
  channel: string
  ms: number
  timed: number
}

export interface ChannelFigures extends ReturnType<typeof describeSums> {
  /** The mean of whole calls that were answered. */
  duration_ms: number | null
}

export interface Figures {
  /** The last 24 hours, by channel. */
  channels(): Promise<ReadonlyMap<string, ChannelFigures>>
  /** The last 24 hours, by model and account. */
  lastDay(): Promise<readonly ByModel[]>
  /** The last 30 days (UTC), today included. */
  lastMonth(): Promise<readonly ByModel[]>
}

export function openFigures(store: Store, clock: Clock): Figures {
  const hours = keepWhole(clock, hourMs, 24, (from, to) => readChannels(store, from, to))
  return {
    channels: async () => {
      const groups = Map.groupBy(await hours(), ({ channel }) => channel)
      return new Map([...groups].map(([channel, rows]) => [channel, describeChannel(rows)]))
    },
    lastDay: keepWhole(clock, hourMs, 24, (from, to) => readModels(store, from, to)),
    lastMonth: keepWhole(clock, dayMs, 30, (from, to) => readModels(store, from, to)),
  }
}

/** The newest `count` pieces of time; those that are over are read once. */
function keepWhole<Row>(
  clock: Clock,
  pieceMs: number,
  count: number,
  read: (from: number, to: number) => Promise<Row[]>,
): () => Promise<Row[]> {
  const whole = new Map<number, Row[]>()
  return fresh(clock, async () => {
    const now = clock.now()
    const newest = Math.floor(now / pieceMs) * pieceMs
    const pieces = Array.from({ length: count }, (_, at) => newest - (count - 1 - at) * pieceMs)
    for (const piece of whole.keys()) if (piece < pieces[0]!) whole.delete(piece)
    const rows: Row[][] = []
    // One after the other: calls wait for no more than one.
    for (const at of pieces) {
      const known = whole.get(at) ?? (await read(at, at + pieceMs))
      await setImmediate()
      if (at + pieceMs + settledMs < now) whole.set(at, known)
      rows.push(known)
    }
    return rows.flat()
  })
}

/** What was read a moment ago is answered again. */
function fresh<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; reading: Promise<T> } | null = null
  return () => {
    const now = clock.now()
    if (last === null || now - last.at >= freshMs || now < last.at) {
      const reading = read()
      last = { at: now, reading }
      reading.catch(() => {
        last = null
      })
    }
    return last.reading
  }
}

const sum = (what: unknown): SQL => sql`COALESCE(SUM(${what}), 0)`

/** Account by account: an account's hours lie beside each other, those of one hour in as many places as there are accounts. */
function readModels({ db }: Store, from: number, to: number): Promise<ByModel[]> {
  return db
    .select({
      ...{ model: usageHour.modelId, account: usageHour.accountId },
      ...{ calls: sum(usageHour.calls).mapWith(Number) },
      failures: sum(usageHour.failures).mapWith(Number),
      charged: sum(usageHour.charged).mapWith(BigInt),
      buyCost: sum(usageHour.buyCost).mapWith(BigInt),
    })
    .from(account)
    .crossJoin(usageHour)
    .where(
      and(
        eq(usageHour.accountId, account.id),
        ...[gte(usageHour.hour, from), lt(usageHour.hour, to)],
      ),
    )
    .groupBy(usageHour.accountId, usageHour.modelId)
}

function readChannels({ db }: Store, from: number, to: number): Promise<ByChannel[]> {
  const failed = sql`${usage.outcome} IN ('failed', 'broken')`
  const when = (condition: SQL, what: unknown) =>
    sum(sql`CASE WHEN ${condition} THEN ${what} ELSE 0 END`)
  const answered = sql`${usage.outcome} = 'complete'`
  return db
    .select({
      channel: sql<string>`COALESCE(${usage.channelId}, '')`,
      calls: sql`COUNT(*)`.mapWith(Number),
      failures: when(failed, 1).mapWith(Number),
      charged: sum(usage.charged).mapWith(BigInt),
      buyCost: sum(usage.buyCost).mapWith(BigInt),
      ms: when(answered, usage.durationMs).mapWith(Number),
      timed: when(answered, 1).mapWith(Number),
    })
    .from(usage)
    .where(and(gte(usage.id, firstId('gen-', from)), lt(usage.id, firstId('gen-', to))))
    .groupBy(sql`1`)
}

function describeChannel(rows: readonly ByChannel[]): ChannelFigures {
  const add = (name: 'ms' | 'timed') => rows.reduce((total, row) => total + row[name], 0)
  const timed = add('timed')
  return { ...describeSums(rows), duration_ms: timed === 0 ? null : Math.round(add('ms') / timed) }
}

/** margin: what was charged less what it cost to buy. */
export function describeSums(rows: readonly Sums[]) {
  const count = (name: 'calls' | 'failures') => rows.reduce((total, row) => total + row[name], 0)
  const amount = (name: 'charged' | 'buyCost') => rows.reduce((total, row) => total + row[name], 0n)
  const [calls, charged, bought] = [count('calls'), amount('charged'), amount('buyCost')]
  return {
    calls,
    error_share: calls === 0 ? null : count('failures') / calls,
    ...{ charged: formatUsd(charged), buy_cost: formatUsd(bought) },
    margin: formatUsd(charged - bought),
  }
}
