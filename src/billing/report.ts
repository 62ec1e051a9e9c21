/**
 * What the operator earns, collects and pays by month (UTC), the newest first. Revenue comes from the sums by the hour, so a call
 * counts in the month in which it began; tax from receipts and credit notes; fees from orders.
 */
import { and, eq, gt, isNotNull, or, sql } from 'drizzle-orm'
import { formatMinor, formatPercent, formatUsd } from '../base/amount.ts'
import { receipt, topUp } from '../store/credit.ts'
import { transfer, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

type Db = Pick<Store, 'db'>

export const dayMs = 24 * 3_600_000
export const dayOf = (time: unknown) => sql`${time} / ${sql.raw(String(dayMs))}`.mapWith(Number)
export const sum = (amount: unknown) => sql`COALESCE(SUM(${amount}), 0)`.mapWith(BigInt)
const count = sql`COUNT(*)`.mapWith(BigInt)

/**
 * Puts the days of a month together, and within it what has the same key: the database knows no calendar that SQLite and
 * PostgreSQL share. Of `names` it makes the sums; the rest is the same in all of them.
 */
export function byMonth<Name extends string, Row extends Record<Name, bigint> & { day: number }>(
  rows: readonly Row[],
  names: readonly Name[],
  keyOf: (row: Row) => string = () => '',
) {
  const monthOf = ({ day }: Row) => new Date(day * dayMs).toISOString().slice(0, 7)
  const groups = Map.groupBy(rows, (row) => `${monthOf(row)} ${keyOf(row)}`)
  const sums = (some: readonly Row[]) =>
    names.map((name) => [name, some.reduce((total, row) => total + row[name], 0n)])
  return [...groups]
    .sort(([one], [other]) => (one < other ? 1 : -1))
    .flatMap(([, some]) => some.slice(0, 1).map((row) => ({ row, some })))
    .map(({ row, some }) => ({
      ...row,
      month: monthOf(row),
      ...(Object.fromEntries(sums(some)) as Record<Name, bigint>),
    }))
}

/** What calls cost customers and the operator. excess: what was not charged, because nothing was left to charge it to. */
export async function readRevenue({ db }: Db) {
  const none = { calls: 0n, charged: 0n, cost: 0n, excess: 0n }
  const [used, beyond] = await Promise.all([
    db
      .select({
        ...{ day: dayOf(usageHour.hour), calls: sum(usageHour.calls) },
        ...{ charged: sum(usageHour.charged), cost: sum(usageHour.buyCost) },
      })
      .from(usageHour)
      .groupBy(dayOf(usageHour.hour)),
    db
      .select({ day: dayOf(transfer.createdAt), excess: sum(transfer.amount) })
      .from(transfer)
      // The second condition is that of the index.
      .where(and(eq(transfer.code, 'usage_excess'), isNotNull(transfer.externalId)))
      .groupBy(dayOf(transfer.createdAt)),
  ])
  const days = [...used, ...beyond].map((row) => ({ ...none, ...row }))
  return byMonth(days, ['calls', 'charged', 'cost', 'excess']).map((row) => ({
    ...{ month: row.month, calls: Number(row.calls), charged: formatUsd(row.charged) },
    ...{ written_off: formatUsd(row.excess), buy_cost: formatUsd(row.cost) },
    margin: formatUsd(row.charged - row.cost),
  }))
}

/** By the buyer's country, rate and currency. taxable: what was sold less what was taken back, without the tax. */
export async function readTax({ db }: Db) {
  const of = (kind: string, amount: unknown) =>
    sql`CASE WHEN ${receipt.kind} = ${kind} THEN ${amount} ELSE 0 END`
  const net = sql`${receipt.total} - ${receipt.tax}`
  const { taxCountry, taxRate, currency } = topUp
  const day = dayOf(receipt.createdAt)
  const rows = await db
    .select({
      ...{ day, taxCountry, taxRate, currency },
      taxable: sum(sql`${of('receipt', net)} - ${of('credit_note', net)}`),
      collected: sum(of('receipt', receipt.tax)),
      given: sum(of('credit_note', receipt.tax)),
    })
    .from(receipt)
    .innerJoin(topUp, eq(topUp.id, receipt.topUpId))
    .where(or(isNotNull(taxRate), gt(topUp.tax, 0n)))
    .groupBy(day, taxCountry, taxRate, currency)
  const names = ['taxable', 'collected', 'given'] as const
  const sameTax = (row: (typeof rows)[number]) => `${row.taxCountry} ${row.taxRate} ${row.currency}`
  return byMonth(rows, names, sameTax).map((row) => ({
    ...{ month: row.month, country: row.taxCountry },
    // None where it is by more than one.
    rate: row.taxRate === null ? null : formatPercent(BigInt(row.taxRate)),
    ...{ currency: row.currency, taxable: formatMinor(row.taxable, row.currency) },
    collected: formatMinor(row.collected, row.currency),
    given_back: formatMinor(row.given, row.currency),
    due: formatMinor(row.collected - row.given, row.currency),
  }))
}

/** What processors kept for themselves. unknown: payments of which the processor has not said it. */
export async function readFees({ db }: Db) {
  const { processor, currency, processorFee } = topUp
  const day = dayOf(topUp.paidAt)
  const unknown = sum(sql`CASE WHEN ${processorFee} IS NULL THEN 1 ELSE 0 END`)
  const rows = await db
    .select({
      day,
      processor,
      currency,
      count,
      total: sum(topUp.total),
      fee: sum(processorFee),
      unknown,
    })
    .from(topUp)
    .where(eq(topUp.state, 'paid'))
    .groupBy(day, processor, currency)
  const names = ['count', 'total', 'fee', 'unknown'] as const
  const same = (row: (typeof rows)[number]) => `${row.processor} ${row.currency}`
  return byMonth(rows, names, same).map((row) => ({
    ...{ month: row.month, processor: row.processor, currency: row.currency },
    ...{ payments: Number(row.count), total: formatMinor(row.total, row.currency) },
    ...{ fee: formatMinor(row.fee, row.currency), unknown: Number(row.unknown) },
  }))
}
