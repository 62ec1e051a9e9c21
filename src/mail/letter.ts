/** What is mailed: each kind with what its text needs. `path` is appended to the public URL and may hold a one-time token. */
export type Letter = { to: string; language: 'en' | 'zh-TW' } & LetterBody

export type LetterBody =
  | { kind: 'verify'; path: string }
  | { kind: 'already_registered'; path: string }
  | { kind: 'reset'; path: string }
  | { kind: 'change_address'; path: string }
  | { kind: 'address_changed'; newAddress: string }
  | { kind: 'password_changed' }
  | { kind: 'new_login'; agent: string | null; address: string; at: number }
  | { kind: 'second_factor_on' | 'second_factor_off' | 'recovery_code_used' }
  | { kind: 'login_linked' | 'login_unlinked'; provider: string }
  | { kind: 'passkey_added' | 'passkey_removed'; name: string }
  | { kind: 'key_created'; keyName: string; suffix: string; accountName: string }
  | { kind: 'invitation'; path: string; accountName: string; inviter: string; role: string }
  | { kind: 'account_suspended' | 'account_reinstated'; accountName: string; reason: string }
  | { kind: 'account_closed'; accountName: string; refund: string | null }
  | { kind: 'account_terminated'; accountName: string; reason: string; refund: string | null }
  | { kind: 'user_suspended' | 'user_reinstated'; reason: string }
  | { kind: 'terms_changed'; path: string; title: string; summary: string; effectiveAt: number }
  | LowBalanceLetter
  | { kind: 'credit_expires'; path: string; accountName: string; amount: string; at: number }
  | { kind: 'key_budget'; path: string; keyName: string; percent: 80 | 100; limit: string }
  | { kind: 'price_rise'; path: string; accountName: string; rises: readonly ToldRise[] }
  | {
      kind: 'price_rise_called_off'
      path: string
      accountName: string
      rises: readonly CalledOffRise[]
    }
  | { kind: 'model_retires'; path: string; accountName: string; models: readonly ToldRetirement[] }
  | { kind: 'announcement' | 'maintenance'; path: string; title: string; text: string }
  | {
      kind: 'topup_paid' | 'topup_failed'
      path: string
      accountName: string
      credit: string
      total: string
    }
  | { kind: 'dispute_opened'; path: string; accountName: string; amount: string }
  | { kind: 'dispute_closed'; path: string; accountName: string; amount: string; won: boolean }
  | RefundLetter
  | (RechargeLetter & { path: string; accountName: string })

/** Of recharge [T3.5]. `method`: the saved way to pay, as who saved it knows it. `reason`: in its processor's words. */
export type RechargeLetter =
  | { kind: 'recharge_charged'; credit: string; total: string; method: string; balance: string }
  | { kind: 'recharge_declined'; credit: string; method: string; reason: string; nextAt: number }
  | { kind: 'recharge_capped'; cap: string; nextAt: number }
  | { kind: 'recharge_off'; method: string; why: RechargeEnd }
export type RechargeEnd = 'declined' | 'suspended' | 'refund' | 'limits' | 'unreconciled'

/** `path`: null where the account is closed. `amount`: credit in USD. `total`: what the payer gets, with its currency. */
type RefundLetter = { path: string | null; accountName: string; amount: string } & (
  | { kind: 'refund_asked' }
  | { kind: 'refund_approved'; total: string; reason: string }
  | { kind: 'refund_paid'; total: string }
  | { kind: 'refund_refused'; reason: string }
)

/** `days`: how long the balance lasts at the pace of the last week. `test`: it is only tried. */
interface LowBalanceLetter {
  kind: 'low_balance'
  path: string
  accountName: string
  balance: string
  days: number | null
  test: boolean
}

/** USD per 1,000,000 units of a class, before and from `at` on. */
export interface ToldRise {
  model: string
  at: number
  prices: readonly { unit: string; from: string; to: string }[]
}
/** What was told for `at` does not come. */
export interface CalledOffRise {
  model: string
  at: number
}
export interface ToldRetirement {
  model: string
  successor: string | null
  at: number
}
