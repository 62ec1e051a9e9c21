/** What must have happened in a run of many seeds: a simulation that never meets a fault proves nothing of it. */
import { points } from './simulate.ts'

const sometimes = [
  ...['hold extended', 'hold clamped', 'booked: usage_excess single', 'ended: cut'],
  ...['ended: complete', 'ended: client_left', 'ended: broken', 'ended: failed', 'ended: refused'],
  ...['ended: crashed', 'crash charged', 'holds recovered', 'asked again after a crash'],
  ...['usage: provider', 'usage: counted', 'log: upstream.failed', 'breaker opened'],
  ...[
    'refused: rate_limit_exceeded',
    'refused: key_limit_reached',
    'refused: insufficient_credits',
  ],
  ...['refused: account_suspended', 'suspended', 'clock jumped', 'voucher refused'],
  ...['callback lost', 'paid after it failed', 'refunded outside', 'disputed'],
  ...['booked: dispute_won single', 'refund frozen', 'booked: refund pending'],
  ...['booked: refund post', 'booked: refund void', 'booked: refund single'],
  ...['booked: topup single', 'booked: voucher single', 'booked: expiry single'],
  ...points.map((point) => `crash: ${point}`),
]

export function neverSeen(total: ReadonlyMap<string, number>): string[] {
  return sometimes.filter((what) => !total.has(what))
}
