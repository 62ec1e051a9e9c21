/** Tells an account, a week before, that credit of it will expire: once of each lot, several in one mail. */
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import { shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { divideLots } from '../ledger/lot.ts'
import { lot } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { byHand } from '../store/store.ts'
import { remember } from './alert.ts'
import { dayMs, type Telling, tell } from './tell.ts'

const kind = 'credit_expires'
const aheadMs = 7 * dayMs
/** What is worth less is no reason for a mail. */
const leastNano = 1_000_000_000n

export async function tellExpiring(telling: Telling): Promise<void> {
  const { store } = telling
  const now = telling.clock.now()
  await store.write(() => [
    byHand(sql`DELETE FROM alert WHERE kind = ${kind} AND subject IN (
      SELECT id FROM lot WHERE expires_at <= ${now})`),
  ])
  const accounts = await store.db
    .selectDistinct({ id: lot.accountId })
    .from(lot)
    .innerJoin(account, and(eq(account.id, lot.accountId), eq(account.state, 'active')))
    .where(untold(now))
  for (const { id } of accounts) await tellOne(telling, id, now)
}

async function tellOne(telling: Telling, accountId: string, now: number): Promise<void> {
  const { store } = telling
  await divideLots(store, accountId)
  const rows = await store.db
    .select({ lot, account })
    .from(lot)
    .innerJoin(account, eq(account.id, lot.accountId))
    .where(and(eq(lot.accountId, accountId), untold(now)))
    .orderBy(asc(lot.expiresAt))
  const left = rows.reduce((sum, { lot: { amount, spent } }) => sum + amount - spent, 0n)
  const [first] = rows
  if (!first || left < leastNano) return
  await tell(
    telling,
    {
      // Who does not want to hear of a low balance does not want to hear of this.
      ...{ accountId, kind: 'low_balance', daily: kind, events: [] },
      letter: {
        ...{ kind, path: `/accounts/${accountId}/billing`, amount: formatUsd(left) },
        ...{ accountName: shownName(first.account), at: first.lot.expiresAt ?? now },
      },
    },
    (db) => rows.map(({ lot: { id } }) => remember(db, accountId, kind, id, now)),
  )
}

/** Lots that expire within a week and were not told of, of accounts that had no such mail today. */
function untold(now: number) {
  return and(
    ...[gt(lot.amount, lot.spent), gt(lot.expiresAt, now), lte(lot.expiresAt, now + aheadMs)],
    sql`NOT EXISTS (SELECT 1 FROM alert WHERE alert.kind = ${kind} AND alert.subject = ${lot.id})`,
    sql`NOT EXISTS (SELECT 1 FROM told WHERE told.account_id = ${lot.accountId} AND told.kind = ${kind}
      AND told.told_at > ${now - dayMs})`,
  )
}
