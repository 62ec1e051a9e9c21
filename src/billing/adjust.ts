/** A correction of an account's balance by the operator, in either direction, with a reason that stays with it. */
import { readAccount } from '../account/account.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import type { Billing } from './billing.ts'

export interface Adjustment {
  accountId: string
  way: 'credit' | 'debit'
  /** Nano-USD. */
  amount: bigint
  reason: string
  /** A user's id. */
  actor: string
  /** What has the same is booked once. */
  once: string
}

/**
 * Answers the movement's id, null where it was booked before. What is taken may leave the balance below zero: it is a debt then.
 * Refuses with `invalid_request` what has no reason, and with `not_found`.
 */
export async function adjustBalance(
  { store, ledger, clock }: Pick<Billing, 'store' | 'ledger' | 'clock'>,
  { accountId, once, reason, ...movement }: Adjustment,
): Promise<string | null> {
  if (reason.trim() === '') {
    throw new AppError('invalid_request', { param: 'reason', message: 'Give a reason.' })
  }
  await readAccount(store, accountId)
  const now = clock.now()
  const id = newId('tfr_', now)
  const externalId = `${accountId}:${once}`
  const booked = await ledger.transfer(
    { id, accountId, code: 'adjustment', externalId, reason, ...movement },
    now,
  )
  return booked ? id : null
}
