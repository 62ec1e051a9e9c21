/**
 * Proves that each movement of a payment, a refund, a dispute or a voucher is told by one row of theirs, and each such row by
 * one movement: so what every clearing account still holds, beside what its processor's payments say, is nothing. What an
 * operator books by command has no row: its actor says so.
 */
import type { Snapshot } from '../store/snapshot.ts'
import type { Link } from './chain.ts'

type NotePayment = (check: 'payments' | 'clearing', what: string) => void

const told: ReadonlySet<string> = new Set(['topup', 'refund', 'dispute', 'dispute_won', 'voucher'])

interface Claim {
  id: string
  account: string
  code: string
  transfer: string
  amount: bigint
  house: string
}

export type Booked = Omit<Claim, 'id'> & { byCommand: boolean }

/** Null for what is no movement of these. */
export function readBooked(link: Link): Booked | null {
  if (link.code === 'usage' || !told.has(link.code)) return null
  const { id: transfer, accountId: account, phase, code, amount, debitId, creditId, actor } = link
  if (phase === 'pending' || phase === 'void') return null
  const house = debitId === account ? creditId : debitId
  return { account, code, transfer, amount, house, byCommand: actor === 'command' }
}

const claims = `
  SELECT id, account_id AS account, 'topup' AS code, transfer_id AS transfer, credit AS amount,
    'clearing:' || processor AS house
  FROM top_up WHERE transfer_id IS NOT NULL
  UNION ALL SELECT r.id, r.account_id, 'refund', r.transfer_id, COALESCE(r.approved, r.amount), 'clearing:' || t.processor
  FROM refund r JOIN top_up t ON t.id = r.top_up_id WHERE r.transfer_id IS NOT NULL
  UNION ALL SELECT id, account_id, 'refund', transfer_id, by_hand, 'clearing:manual'
  FROM refund_request WHERE transfer_id IS NOT NULL
  UNION ALL SELECT id, account_id, 'dispute', transfer_id, amount, 'disputes' FROM dispute
  UNION ALL SELECT id, account_id, 'dispute_won', won_id, amount, 'disputes' FROM dispute WHERE won_id IS NOT NULL
  UNION ALL SELECT v.batch_id, v.account_id, 'voucher', v.transfer_id, b.credit, 'promo'
  FROM voucher v JOIN voucher_batch b ON b.id = v.batch_id WHERE v.transfer_id IS NOT NULL`

/** Answers how many rows there are. `booked`: by their transfers; `houses`: what the ledger says of each. */
export async function checkPayments(
  snapshot: Snapshot,
  booked: Map<string, Booked>,
  houses: ReadonlyMap<string, bigint>,
  note: NotePayment,
): Promise<number> {
  let count = 0
  const cleared = new Map(houses)
  const clear = ({ house, code, amount }: Pick<Claim, 'house' | 'code' | 'amount'>) =>
    cleared.set(house, (cleared.get(house) ?? 0n) + (code === 'topup' ? amount : -amount))
  for await (const page of snapshot.pages<Claim>(claims)) {
    for (const claim of page) {
      count++
      clear(claim)
      const found = booked.get(claim.transfer)
      booked.delete(claim.transfer)
      if (!found || !isSame(claim, found)) note('payments', `${claim.code} ${claim.id}`)
    }
  }
  for (const movement of booked.values()) {
    if (movement.byCommand) clear(movement)
    else note('payments', `${movement.code} ${movement.transfer}`)
  }
  for (const [house, left] of cleared) {
    if (house.startsWith('clearing:') && left !== 0n) note('clearing', house)
  }
  return count
}

function isSame(claim: Claim, booked: Booked): boolean {
  return (['account', 'code', 'amount', 'house'] as const).every(
    (name) => claim[name] === booked[name],
  )
}
