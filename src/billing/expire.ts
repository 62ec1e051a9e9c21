/**
 * Promotional credit ends at its time: what is left of it is booked back, but for what calls hold just then; that goes, or
 * what they leave of it, the next time. What is left is only known for a chain that stands still, so the booking is refused
 * where anything was booked since it was looked at, and tried again.
 */
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { divideLots } from '../ledger/lot.ts'
import { lot } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { must, type Store } from '../store/store.ts'
import type { Billing } from './billing.ts'

type Expiring = Pick<Billing, 'store' | 'ledger' | 'clock' | 'log'>

const mostTries = 50

export async function expireCredit(billing: Expiring): Promise<void> {
  const { store, clock, log } = billing
  const due = await store.db
    .select({ id: lot.id, accountId: lot.accountId })
    .from(lot)
    .where(and(lte(lot.expiresAt, clock.now()), gt(lot.amount, lot.spent)))
    .orderBy(asc(lot.expiresAt), asc(lot.id))
  for (const one of due) {
    // An account whose calls leave no moment between them, or one in trouble: the next run tries again.
    const facts = { lot: one.id, account: one.accountId }
    try {
      if (!(await expireLot(billing, one))) log.warn('credit.not_expired', facts)
    } catch (cause) {
      log.error('credit.not_expired', { ...facts, cause })
    }
  }
}

interface Due {
  id: string
  accountId: string
}

/** Whether nothing of it is left that no call holds. */
async function expireLot({ store, ledger, clock }: Expiring, due: Due): Promise<boolean> {
  const { id: lotId, accountId } = due
  for (let tries = 0; tries < mostTries; tries++) {
    const { seq } = await readLeft(store, due)
    await divideLots(store, accountId)
    const { amount } = await readLeft(store, due)
    if (amount <= 0n) return true
    const now = clock.now()
    const booked = ledger.transfer(
      {
        ...{ id: newId('tfr_', now), accountId, code: 'expiry', amount, correctsId: lotId },
        externalId: `expiry:${lotId}:${seq}`,
      },
      now,
      [stoodStill(store, accountId, seq)],
    )
    const done = await booked.catch((cause) => {
      if (cause instanceof AppError && cause.code === 'changed_meanwhile') return null
      throw cause
    })
    if (done !== null) return true
  }
  return false
}

const left = sql`${lot.amount} - ${lot.spent}`
const free = sql`${account.creditsPosted} - ${account.debitsPosted} - ${account.debitsPending}`

/** The last link, and what may be booked back: what is left of the lot, of it what no call holds. */
async function readLeft({ db }: Pick<Store, 'db'>, { id, accountId }: Due) {
  const [row] = await db
    .select({
      seq: account.seq,
      amount: sql`CASE WHEN ${left} < ${free} THEN ${left} ELSE ${free} END`.mapWith(BigInt),
    })
    .from(lot)
    .innerJoin(account, eq(account.id, lot.accountId))
    .where(and(eq(lot.id, id), eq(lot.accountId, accountId)))
  return row ?? { seq: 0, amount: 0n }
}

/** The expiry is the only link since, and no call has held more meanwhile. */
function stoodStill({ db }: Pick<Store, 'db'>, accountId: string, seq: number) {
  const still = and(eq(account.id, accountId), eq(account.seq, seq + 1), sql`${free} >= 0`)
  return must(
    db
      .update(account)
      .set({ seq: seq + 1 })
      .where(still),
    'changed_meanwhile',
  )
}
