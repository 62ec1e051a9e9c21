/** The closed lists of the ledger: its house accounts and what a movement may be for. A code is one line here. */

import type { Outcome } from './ledger.ts'

export type House =
  | 'income'
  | 'promo'
  | 'writeoff'
  | 'disputes'
  | 'tax'
  | `clearing:${string}`
  | `upstream:${string}`

/**
 * What a movement on a customer's account is for: which way it goes, the house account on its other side, and what lot its
 * credit becomes: paid, which may be paid back, or promotional.
 */
export const codes = {
  topup: { way: 'credit', house: 'clearing:', lot: 'paid' },
  refund: { way: 'debit', house: 'clearing:', lot: null },
  dispute: { way: 'debit', house: 'disputes', lot: null },
  dispute_won: { way: 'credit', house: 'disputes', lot: 'paid' },
  grant: { way: 'credit', house: 'promo', lot: 'promotional' },
  voucher: { way: 'credit', house: 'promo', lot: 'promotional' },
  expiry: { way: 'debit', house: 'promo', lot: null },
  adjustment: { way: 'either', house: 'income', lot: 'paid' },
  writeoff: { way: 'credit', house: 'writeoff', lot: 'promotional' },
} as const satisfies Record<string, Rule>

interface Rule {
  way: 'debit' | 'credit' | 'either'
  house: string
  lot: 'paid' | 'promotional' | null
}

/** Codes booked by themselves; `usage` and `usage_excess` come only from a call's settlement. */
export type Code = keyof typeof codes

/** What counts as a failed call in an hour's sums. */
export const failures: readonly Outcome[] = ['failed', 'broken', 'refused']
export const hourMs = 3_600_000
