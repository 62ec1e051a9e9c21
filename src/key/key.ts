/** An API key as the request's path sees it: found by the hash of its secret, with its own and its account's limits. */
export interface Key {
  id: string
  /** SHA-256 of the secret in hex: how the key is addressed from outside. */
  hash: string
  accountId: string
  name: string
  state: 'active' | 'disabled' | 'revoked'
  /** Management keys make no calls. */
  purpose: 'inference' | 'management'
  expiresAt: number | null
  /** Credit in nano-USD a period; null without a limit. */
  creditLimit: bigint | null
  creditReset: 'daily' | 'weekly' | 'monthly' | null
  limits: Limits
  models: ReadonlySet<string> | null
  /** CIDR ranges; null from anywhere. */
  ips: readonly string[] | null
  createdAt: number
  /** Those under way that it is within: bodies of its calls are kept for them until they end [T4.4]. */
  investigations: readonly { id: string; endsAt: number }[]
  account: {
    id: string
    state: 'active' | 'suspended' | 'closed'
    limits: Limits
    /** False until an owner has confirmed an address, where that is asked for [T4.2]. */
    verified: boolean
    /** From when on calls wait for an owner to accept changed documents [T2.2]; null when all are. */
    termsFrom: number | null
    /** Whether calls may go where providers train on them [T5.2]. */
    training: boolean
    /** Days that bodies of its calls are kept; 0 for never [T5.3]. */
    bodyDays: number
  }
}

/** Requests and tokens a minute, requests at once; null without a limit. */
export interface Limits {
  rpm: number | null
  tpm: number | null
  concurrent: number | null
}
