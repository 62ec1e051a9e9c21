/**
 * What providers say they charge against what we reckon their calls cost (buy cost): by the day from what they said in their
 * answers, by the month (UTC) also from their invoices as an admin typed them. Days and months are those in which calls began.
 */
import { and, desc, eq, gte } from 'drizzle-orm'
import { differenceOf, formatPercent, formatUsd, nanoPerUsd, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { channel, channelHour, providerBill } from '../store/schema.ts'
import { must, type Store } from '../store/store.ts'
import { byMonth, dayMs, dayOf, sum } from './report.ts'
import { boundsOf, monthPattern } from './statement-month.ts'

type Db = Pick<Store, 'db'>

/** Less than that in a day says little: one call that was counted otherwise is much of it. */
const leastCompared = nanoPerUsd
/** 1 %, in parts of a million. */
const mostDifferent = 10_000n

const names = ['calls', 'buyCost', 'reportedCalls', 'reported', 'reckoned'] as const
type Sums = Record<(typeof names)[number], bigint>

/** Days since 1970, by channel, from that day on. */
function readDays({ db }: Db, from: number) {
  const day = dayOf(channelHour.hour)
  return db
    .select({
      ...{ channel: channelHour.channelId, day },
      ...{ calls: sum(channelHour.calls), buyCost: sum(channelHour.buyCost) },
      ...{ reportedCalls: sum(channelHour.reportedCalls), reported: sum(channelHour.reported) },
      reckoned: sum(channelHour.reckoned),
    })
    .from(channelHour)
    .where(gte(channelHour.hour, from * dayMs))
    .groupBy(channelHour.channelId, day)
}

const percent = (parts: bigint | null) => (parts === null ? null : formatPercent(parts))

/** difference: what was said beyond what was reckoned, in percent of the larger; null where nothing was said. */
function describeSums({ calls, buyCost, reportedCalls, reported, reckoned }: Sums) {
  const said = reportedCalls > 0n
  return {
    ...{ calls: Number(calls), reported_calls: Number(reportedCalls) },
    buy_cost: formatUsd(buyCost),
    ...{ reported: said ? formatUsd(reported) : null, reckoned: said ? formatUsd(reckoned) : null },
    difference: percent(differenceOf(reported, reckoned)),
  }
}

/** The last 30 days by channel, today included. */
export async function readMonthOfChannels(db: Db, now: number) {
  const days = await readDays(db, Math.floor(now / dayMs) - 29)
  const groups = Map.groupBy(days, (row) => row.channel)
  return new Map([...groups].map(([id, rows]) => [id, describeSums(addUp(rows))]))
}

function addUp(rows: readonly Sums[]): Sums {
  const total = (name: keyof Sums) => rows.reduce((sum, row) => sum + row[name], 0n)
  return Object.fromEntries(names.map((name) => [name, total(name)])) as Sums
}

const sizeOf = (parts: bigint) => (parts < 0n ? -parts : parts)

/** Today and yesterday by channel, where enough was said to compare. parts: as `differenceOf`. */
async function compareDays(db: Db, now: number) {
  const days = await readDays(db, Math.floor(now / dayMs) - 1)
  return days
    .filter(({ reported, reckoned }) => reported >= leastCompared || reckoned >= leastCompared)
    .map((row) => ({ ...row, parts: differenceOf(row.reported, row.reckoned) ?? 0n }))
}

/** What somebody should look into: days that differ by more than 1 %. */
export async function listDifferences(db: Db, now: number) {
  const days = await compareDays(db, now)
  return days
    .filter(({ parts }) => sizeOf(parts) > mostDifferent)
    .map(({ channel, day, reported, reckoned, parts }) => ({
      ...{ channel, day: new Date(day * dayMs).toISOString().slice(0, 10) },
      ...{ reported: formatUsd(reported), reckoned: formatUsd(reckoned) },
      difference: formatPercent(parts),
    }))
}

/** The larger of each channel's two days, as a share: 0.03 is 3 % more than we reckon. */
export async function readDifferences(db: Db, now: number): Promise<Map<string, number>> {
  const days = await compareDays(db, now)
  const bySize = days.sort((one, other) => Number(sizeOf(one.parts) - sizeOf(other.parts)))
  return new Map(bySize.map(({ channel, parts }) => [channel, Number(parts) / 1e6]))
}

/** By month and channel, the newest first; with the invoice, and what it was said to be before. */
export async function readProviderCosts(db: Db) {
  const [days, bills] = await Promise.all([
    readDays(db, 0),
    db.db.select().from(providerBill).orderBy(desc(providerBill.revision)),
  ])
  const billed = Map.groupBy(bills, (bill) => `${bill.month} ${bill.channelId}`)
  // A month may have an invoice though nobody called.
  const none = addUp([])
  const empty = bills.map(({ channelId, month }) => ({
    ...{ ...none, channel: channelId, day: boundsOf(month).from / dayMs },
  }))
  return byMonth([...days, ...empty], names, (row) => row.channel).map((row) => {
    const history = billed.get(`${row.month} ${row.channel}`) ?? []
    const amount = history[0]?.amount ?? null
    return {
      ...{ month: row.month, channel: row.channel, ...describeSums(row) },
      invoice: amount === null ? null : formatUsd(amount),
      invoice_difference: amount === null ? null : percent(differenceOf(amount, row.buyCost)),
      revision: history[0]?.revision ?? 0,
      history: history.map((bill) => ({
        ...{ amount: bill.amount === null ? null : formatUsd(bill.amount), reason: bill.reason },
        ...{ by: bill.enteredBy, at: new Date(bill.enteredAt).toISOString() },
      })),
    }
  })
}

export interface WrittenBill {
  channel: string
  /** `2026-01`. */
  month: string
  /** Null: there is none after all. */
  amount: string | null
  reason: string
  /** The one that it corrects; 0: it is the first. */
  revision: number
}

/** Answers what was written before, null where nothing was. */
export async function enterBill(
  store: Store,
  { channel: channelId, month, amount, reason, revision }: WrittenBill,
  by: string,
  now: number,
): Promise<string | null> {
  const refuse = (param: string, message: string): never => {
    throw new AppError('invalid_request', { param, message })
  }
  const nano = amount === null ? null : parseUsd(amount, 'amount')
  if (!new RegExp(monthPattern).test(month) || boundsOf(month).from > now)
    refuse('month', 'A month that has begun, such as 2026-01.')
  const [known] = await store.db.select().from(channel).where(eq(channel.id, channelId))
  if (!known) refuse('channel', 'There is no such channel.')
  const [last] = await store.db
    .select()
    .from(providerBill)
    .where(and(eq(providerBill.channelId, channelId), eq(providerBill.month, month)))
    .orderBy(desc(providerBill.revision))
    .limit(1)
  if ((last?.revision ?? 0) !== revision) throw new AppError('changed_meanwhile')
  const row = { channelId, month, revision: revision + 1, amount: nano, reason }
  await store.write((db) => [
    must(
      db
        .insert(providerBill)
        .values({ ...row, enteredBy: by, enteredAt: now })
        .onConflictDoNothing(),
      'changed_meanwhile',
    ),
  ])
  return last?.amount == null ? null : formatUsd(last.amount)
}
