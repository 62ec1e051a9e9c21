/**
 * What the operator owes to customers: their balances, and what credit they bought in the last six months [T6.5]. As of now.
 */
import { and, asc, gt, ne, or, sql } from 'drizzle-orm'
import { shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { lot } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

type Db = Pick<Store, 'db'>

const sum = (amount: unknown) => sql`COALESCE(SUM(${amount}), 0)`.mapWith(BigInt)

/** Six calendar months before, at the same time of day; the last day of a month that is shorter. */
export function sixMonthsBefore(now: number): number {
  const at = new Date(now)
  const day = at.getUTCDate()
  at.setUTCDate(1)
  at.setUTCMonth(at.getUTCMonth() - 6)
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()
  return at.setUTCDate(Math.min(day, last))
}

const balance = sql`(${account.creditsPosted} - ${account.debitsPosted})`
const isCustomer = ne(account.kind, 'house')

/**
 * What is owed to customers. What of it is paid or promotional is known as far as debits were divided over lots, which
 * happens when a lot is looked at: `not_divided` counts the accounts that have moved since.
 */
export async function sumLiability({ db }: Db, now: number) {
  const over = sql`CASE WHEN ${balance} > 0 THEN ${balance} ELSE 0 END`
  const under = sql`CASE WHEN ${balance} < 0 THEN -${balance} ELSE 0 END`
  const behind = sql`CASE WHEN ${account.lotsSeq} < ${account.seq} THEN 1 ELSE 0 END`
  const [[sums], lots] = await Promise.all([
    db
      .select({
        ...{ owed: sum(over), debts: sum(under), held: sum(account.debitsPending) },
        behind: sql`COALESCE(SUM(${behind}), 0)`.mapWith(Number),
      })
      .from(account)
      .where(isCustomer),
    db
      .select({ kind: lot.kind, left: sum(sql`${lot.amount} - ${lot.spent}`) })
      .from(lot)
      .groupBy(lot.kind),
  ])
  const left = (kind: 'paid' | 'promotional') =>
    formatUsd(lots.find((one) => one.kind === kind)?.left ?? 0n)
  return {
    as_of: new Date(now).toISOString(),
    ...{ owed: formatUsd(sums?.owed ?? 0n), debts: formatUsd(sums?.debts ?? 0n) },
    held: formatUsd(sums?.held ?? 0n),
    ...{ paid_left: left('paid'), promotional_left: left('promotional') },
    not_divided: sums?.behind ?? 0,
  }
}

/** Accounts with a balance, or that bought credit in the last six months [T6.5], in the order of their ids. */
export async function listLiability(
  { db }: Db,
  now: number,
  { after = '', limit }: { after?: string | undefined; limit: number },
) {
  const bought = sql`COALESCE((SELECT SUM(t.credit) FROM top_up t WHERE t.account_id = account.id
    AND t.state = 'paid' AND t.paid_at >= ${sixMonthsBefore(now)}), 0)`
  const rows = await db
    .select({
      ...{ id: account.id, name: account.name, email: account.email, state: account.state },
      ...{ balance: balance.mapWith(BigInt), bought: bought.mapWith(BigInt) },
    })
    .from(account)
    .where(and(isCustomer, gt(account.id, after), or(sql`${balance} <> 0`, sql`${bought} > 0`)))
    .orderBy(asc(account.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  return {
    data: page.map((row) => ({
      ...{ account: row.id, name: shownName(row), state: row.state },
      ...{ balance: formatUsd(row.balance), bought_six_months: formatUsd(row.bought) },
    })),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}
