/** What an operator's commands, the jobs and the server work on: made once by `app.ts`, passed down, never global. */

import type { Billing } from '../billing/billing.ts'
import type { CatalogBook } from '../catalog/book.ts'
import type { KeyRing } from '../key/ring.ts'

export interface Parts extends Billing {
  catalog: CatalogBook
  keys: KeyRing
  /** Where this server listens. */
  place: { url: string }
  /** Whose holds are this process's. */
  instanceId: string
  /** Gives the data directory back. */
  close(): Promise<void>
}

export interface JobRun {
  everyMs: number
  /** When it ended. */
  at: number
  ms: number
  failed: boolean
}

/** What the server knows of itself while it runs; jobs write it, readiness reads it. */
export interface State {
  draining: boolean
  /** The ledger's last check: null until there was one. */
  verified: boolean | null
  verifiedAt?: number
  /** When the last backup was made: not there until one is known. */
  backedUpAt?: number
  /** How each job's last run went; without those that have not run yet. */
  jobs?: Map<string, JobRun>
}
