/** What an operator's commands, the jobs and the server work on: made once by `app.ts`, passed down, never global. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { CatalogBook } from '../catalog/book.ts'
import type { Config } from '../config.ts'
import type { KeyRing } from '../key/ring.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Store } from '../store/store.ts'

export interface Parts {
  config: Config
  clock: Clock
  log: Logger
  store: Store
  ledger: Ledger
  catalog: CatalogBook
  keys: KeyRing
  sealingKey: string
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
