/** What an operator's commands, the jobs and the server work on: made once by `app.ts`, passed down, never global. */
import type { CatalogBook } from '../catalog/book.ts'
import type { KeyRing } from '../key/ring.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { People } from '../user/people.ts'

export interface Parts extends People {
  ledger: Ledger
  catalog: CatalogBook
  keys: KeyRing
  /** Where this server listens. */
  place: { url: string }
  /** Whose holds are this process's. */
  instanceId: string
  /** Gives the data directory back. */
  close(): Promise<void>
}

/** What the server knows of itself while it runs; jobs write it, readiness reads it. */
export interface State {
  draining: boolean
  /** The ledger's last check: null until there was one. */
  verified: boolean | null
}
