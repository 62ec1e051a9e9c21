/**
 * An account's statement of a month (UTC): what it opened with, every movement, and what it closed with. A month is a span of
 * the account's chain, and spans of two months never overlap nor leave a gap, so opening + movements = closing, exactly, and
 * one month closes with what the next opens with.
 */
import { and, desc, eq, gt, lt, ne, sql } from 'drizzle-orm'
import {
  changeOf,
  movesOf,
  readStatement,
  type Span,
  type StatementRow,
} from '../ledger/statement.ts'
import { account, transfer } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

type Db = Pick<Store, 'db'>

/** How a month is written: `2026-01`. */
export const monthPattern = '^\\d{4}-(0[1-9]|1[0-2])$'

/** From its first moment to before the next month's. */
export function boundsOf(month: string): { from: number; to: number } {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return { from: Date.UTC(year, number - 1), to: Date.UTC(year, number) }
}

export async function findMonth(store: Db, accountId: string, month: string): Promise<Span> {
  const { from, to } = boundsOf(month)
  const [before, last] = await Promise.all([
    findLastBefore(store, accountId, from),
    findLastBefore(store, accountId, to),
  ])
  return { from: before, to: last }
}

/**
 * The number of the last transfer of a chain before that time; 0 for none. Halving steps over the chain, whose numbers have no
 * gaps: as many look-ups as the number has digits, and the same answer however long the chain has grown since.
 */
async function findLastBefore({ db }: Db, accountId: string, time: number): Promise<number> {
  const stepped = sql`EXISTS (SELECT 1 FROM ${transfer} WHERE ${transfer.accountId} = ${accountId}
    AND ${transfer.seq} = at + step AND ${transfer.createdAt} < ${time})`
  const [row] = await db.values<[number | bigint | string]>(sql`
    WITH RECURSIVE search (at, step) AS (
      SELECT CAST(0 AS BIGINT), CAST(1099511627776 AS BIGINT)
      UNION ALL
      SELECT CASE WHEN ${stepped} THEN at + step ELSE at END, step / 2 FROM search WHERE step > 0)
    SELECT at FROM search WHERE step = 0`)
  return Number(row?.[0] ?? 0)
}

export interface MonthSums {
  opening: bigint
  closing: bigint
  /** By what it was for; calls by the day too. */
  sums: { code: string; count: number; amount: bigint }[]
  calls: { day: string; count: number; amount: bigint }[]
}

const dayMs = 24 * 3_600_000

export async function sumMonth(store: Db, accountId: string, span: Span): Promise<MonthSums> {
  const { db } = store
  const change = changeOf(accountId)
  const day = sql<number>`${transfer.createdAt} / ${sql.raw(String(dayMs))}`.mapWith(Number)
  const count = sql`COUNT(*)`.mapWith(Number)
  const amount = sql`SUM(${change})`.mapWith(BigInt)
  const moves = movesOf(accountId, span)
  const [opening, sums, days] = await Promise.all([
    readBalance(store, accountId, span.from),
    db
      .select({ code: transfer.code, count, amount })
      .from(transfer)
      .where(moves)
      .groupBy(transfer.code),
    db
      .select({ day, count, amount })
      .from(transfer)
      .where(and(moves, eq(transfer.code, 'usage')))
      .groupBy(day),
  ])
  const calls = days
    .sort((one, other) => other.day - one.day)
    .map((row) => ({ ...row, day: new Date(row.day * dayMs).toISOString().slice(0, 10) }))
  return { opening, sums, calls, closing: sums.reduce((sum, row) => sum + row.amount, opening) }
}

/** What the balance was after that number of its chain: back from the counters, within one query. */
async function readBalance({ db }: Db, accountId: string, seq: number): Promise<bigint> {
  const later = sql`(SELECT COALESCE(SUM(${changeOf(accountId)}), 0) FROM ${transfer}
    WHERE ${and(movesOf(accountId), gt(transfer.seq, seq))})`
  const balance = sql`${account.creditsPosted} - ${account.debitsPosted} - ${later}`
  const [row] = await db
    .select({ balance: balance.mapWith(BigInt) })
    .from(account)
    .where(eq(account.id, accountId))
  return row?.balance ?? 0n
}

/** What moved beside calls, the newest first. `after`: the `seq` of the last one of the page before. */
export async function listMoves(
  { db }: Db,
  accountId: string,
  span: Span,
  { after = span.to + 1, limit }: { after?: number; limit: number },
) {
  const { seq, id, code, correctsId, reason, createdAt } = transfer
  const rows = await db
    .select({
      seq,
      id,
      code,
      correctsId,
      reason,
      createdAt,
      amount: changeOf(accountId).mapWith(BigInt),
    })
    .from(transfer)
    .where(and(movesOf(accountId, span), ne(code, 'usage'), lt(seq, after)))
    .orderBy(desc(seq))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  return { rows: page, next: rows.length > limit ? String(page.at(-1)?.seq) : null }
}

/** Every movement of a month, or of the account, the newest first, page by page. */
export async function* eachMovement(store: Db, accountId: string, month: string | undefined) {
  const limit = 1000
  const whole = { from: 0, to: Number.MAX_SAFE_INTEGER - 1 }
  const { from, to } = month === undefined ? whole : await findMonth(store, accountId, month)
  let next: { after: number; left?: bigint } | null = { after: to + 1 }
  while (next !== null) {
    const page: StatementRow[] = await readStatement(store, accountId, { ...next, limit })
    const last = page.at(-1)
    yield page.filter(({ seq }) => seq > from)
    const ended = last === undefined || page.length < limit || last.seq <= from
    next = ended ? null : { after: last.seq, left: last.balance - last.amount }
  }
}
