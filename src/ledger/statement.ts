/**
 * An account's statement: every movement that changed its balance, newest first, each with the balance it left. Holds and
 * voids move nothing and are not on it. The balance runs back from the account's counters within one query, so a page
 * is right whatever is booked meanwhile.
 */
import { and, desc, eq, gt, inArray, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import { account, transfer } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

export interface StatementRow {
  seq: number
  id: string
  code: string
  /** Positive: credited to the account; negative: debited. */
  amount: bigint
  /** After this movement; without what is held. */
  balance: bigint
  /** The call that was paid, for code `usage`. */
  callId: string | null
  externalId: string | null
  correctsId: string | null
  reason: string | null
  createdAt: number
}

/** What of an account's chain is on its statement: transfers after `from`, up to `to`, by their numbers. */
export interface Span {
  from: number
  to: number
}

export function movesOf(accountId: string, span?: Span): SQL | undefined {
  return and(
    eq(transfer.accountId, accountId),
    inArray(transfer.phase, ['post', 'single']),
    or(eq(transfer.debitId, accountId), eq(transfer.creditId, accountId)),
    gt(transfer.amount, 0n),
    span && and(gt(transfer.seq, span.from), lte(transfer.seq, span.to)),
  )
}

/** How a transfer changes the account's balance. */
export const changeOf = (accountId: string): SQL =>
  sql`CASE WHEN ${transfer.creditId} = ${accountId} THEN ${transfer.amount} ELSE -${transfer.amount} END`

/**
 * `after`: the `seq` of the last row of the page before. `left`: the balance before that row, where it is known; else what
 * is newer is summed up.
 */
export async function readStatement(
  { db }: Pick<Store, 'db'>,
  accountId: string,
  { after, left, limit }: { after?: number; left?: bigint; limit: number },
): Promise<StatementRow[]> {
  const change = changeOf(accountId)
  const moves = movesOf(accountId)
  const posted = sql`(SELECT ${account.creditsPosted} - ${account.debitsPosted} FROM ${account} WHERE ${account.id} = ${accountId})`
  const newer =
    after === undefined
      ? sql`0`
      : sql`(SELECT COALESCE(SUM(${change}), 0) FROM ${transfer} WHERE ${moves} AND ${transfer.seq} >= ${after})`
  const rows = await db
    .select({
      seq: transfer.seq,
      id: transfer.id,
      code: transfer.code,
      amount: change.mapWith(BigInt),
      newest:
        left === undefined ? sql`${posted} - ${newer}`.mapWith(BigInt) : sql`0`.mapWith(BigInt),
      callId: transfer.pendingId,
      externalId: transfer.externalId,
      correctsId: transfer.correctsId,
      reason: transfer.reason,
      createdAt: transfer.createdAt,
    })
    .from(transfer)
    .where(and(moves, after === undefined ? undefined : lt(transfer.seq, after)))
    .orderBy(desc(transfer.seq))
    .limit(limit)
  let balance = left ?? rows[0]?.newest ?? 0n
  return rows.map(({ newest: _, ...row }) => {
    const shown = { ...row, balance }
    balance -= row.amount
    return shown
  })
}
