/**
 * An account's statement: every movement that changed its balance, newest first, each with the balance it left. Holds and
 * voids move nothing and are not on it. The balance runs back from the account's counters within one query, so a page
 * is right whatever is booked meanwhile.
 */
import { and, desc, eq, gt, inArray, lt, or, sql } from 'drizzle-orm'
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

/** `after`: the `seq` of the last row of the page before. */
export function readStatement(
  { db }: Pick<Store, 'db'>,
  accountId: string,
  { after, limit }: { after?: number; limit: number },
): Promise<StatementRow[]> {
  const change = sql`CASE WHEN ${transfer.creditId} = ${accountId} THEN ${transfer.amount} ELSE -${transfer.amount} END`
  const newer = sql`SUM(${change}) OVER (ORDER BY ${transfer.seq} DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const posted = sql`(SELECT ${account.creditsPosted} - ${account.debitsPosted} FROM ${account} WHERE ${account.id} = ${accountId})`
  const statement = db
    .select({
      seq: transfer.seq,
      id: transfer.id,
      code: transfer.code,
      amount: sql`${change}`.mapWith(BigInt).as('change'),
      balance: sql`${posted} - COALESCE(${newer}, 0)`.mapWith(BigInt).as('balance'),
      callId: transfer.pendingId,
      externalId: transfer.externalId,
      correctsId: transfer.correctsId,
      reason: transfer.reason,
      createdAt: transfer.createdAt,
    })
    .from(transfer)
    .where(
      and(
        eq(transfer.accountId, accountId),
        inArray(transfer.phase, ['post', 'single']),
        or(eq(transfer.debitId, accountId), eq(transfer.creditId, accountId)),
        gt(transfer.amount, 0n),
      ),
    )
    .as('statement')
  return db
    .select()
    .from(statement)
    .where(after === undefined ? undefined : lt(statement.seq, after))
    .orderBy(desc(statement.seq))
    .limit(limit)
}
