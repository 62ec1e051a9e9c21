/** What everything about people works with: made once by `app.ts`, passed down. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Config } from '../config.ts'
import type { Business } from '../legal/business.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { Store } from '../store/store.ts'
import type { Sessions } from './session.ts'

export interface People {
  config: Config
  clock: Clock
  log: Logger
  store: Store
  sealingKey: string
  sessions: Sessions
  outbox: Outbox
  business: Business
  /** Where customers reach it: the setting, else the operator's, else where it listens. Links begin with it. */
  publicUrl(): string
  /** To be called after a change of a user, a member or an account: the next call of any key reads them anew. */
  forgetKeys(): void
}
