/** An API key as the request's path sees it: found by the hash of its secret, with its own and its account's limits. */
export interface Key {
  id: string
  /** SHA-256 of the secret in hex: how the key is addressed from outside. */
  hash: string
  accountId: string
  name: string
  state: 'active' | 'disabled' | 'revoked'
  expiresAt: number | null
  /** Credit in nano-USD a period; null without a limit. */
  creditLimit: bigint | null
  creditReset: 'daily' | 'weekly' | 'monthly' | null
  limits: Limits
  models: ReadonlySet<string> | null
  /** CIDR ranges; null from anywhere. */
  ips: readonly string[] | null
  createdAt: number
  account: { id: string; state: 'active' | 'suspended' | 'closed'; limits: Limits }
}

/** Requests and tokens a minute, requests at once; null without a limit. */
export interface Limits {
  rpm: number | null
  tpm: number | null
  concurrent: number | null
}
