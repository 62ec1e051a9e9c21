/** Mails on their way: rendered and queued in the database, delivered by a job, and a record of what was sent. */
import type { Clock } from '../base/clock.ts'
import type { Query, Statement, Store } from '../store/store.ts'
import type { Letter } from './letter.ts'

export interface Outbox {
  /** The statement that queues a mail, for the write that it belongs to: what failed to be written is not mailed. */
  queue(db: Query, letter: Letter): Statement
}

export function openOutbox(
  _store: Store,
  _clock: Clock,
  /** What the platform is called, and the public URL that links begin with: asked anew for each mail. */
  _brand: () => { platform: string; publicUrl: string },
): Outbox {
  throw new Error('to be written')
}
