/** Credit that the operator gives, with a reason that stays with it. */
import { readAccount } from '../account/account.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import type { Billing } from './billing.ts'

export interface Grant {
  accountId: string
  /** Nano-USD. */
  amount: bigint
  reason: string
  /** A user's id, or `command`. */
  actor: string
  expiresAt: number | null
  /** What has the same is granted once to an account. */
  reference: string | null
}

/**
 * Answers the movement's id, null where that reference was granted before. Refuses with `invalid_request` what has no reason
 * or no amount, and with `not_found`.
 */
export async function grantCredit(
  { store, ledger, clock }: Pick<Billing, 'store' | 'ledger' | 'clock'>,
  { accountId, amount, reason, actor, expiresAt, reference }: Grant,
): Promise<string | null> {
  if (amount === 0n || reason.trim() === '') {
    const param = amount === 0n ? 'amount' : 'reason'
    throw new AppError('invalid_request', {
      param,
      message: `Give ${amount === 0n ? 'an amount above zero' : 'a reason'}.`,
    })
  }
  await readAccount(store, accountId)
  const id = newId('tfr_', clock.now())
  const booked = await ledger.transfer(
    {
      ...{ id, accountId, code: 'grant', amount, reason, actor, expiresAt },
      ...(reference !== null && { externalId: `${accountId}:${reference}` }),
    },
    clock.now(),
  )
  return booked ? id : null
}
