/** The closed lists of the ledger: its house accounts and what a movement may be for. A code is one line here. */

export type House =
  | 'income'
  | 'promo'
  | 'writeoff'
  | 'disputes'
  | 'tax'
  | `clearing:${string}`
  | `upstream:${string}`

/** What a movement on a customer's account is for: which way it goes, and the house account on its other side. */
export const codes = {
  topup: { way: 'credit', house: 'clearing:' },
  refund: { way: 'debit', house: 'clearing:' },
  dispute: { way: 'debit', house: 'disputes' },
  dispute_won: { way: 'credit', house: 'disputes' },
  grant: { way: 'credit', house: 'promo' },
  voucher: { way: 'credit', house: 'promo' },
  expiry: { way: 'debit', house: 'promo' },
  adjustment: { way: 'either', house: 'income' },
  writeoff: { way: 'credit', house: 'writeoff' },
} as const satisfies Record<string, { way: 'debit' | 'credit' | 'either'; house: string }>

/** Codes booked by themselves; `usage` and `usage_excess` come only from a call's settlement. */
export type Code = keyof typeof codes
