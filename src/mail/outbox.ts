/**
 * Mails on their way: rendered and queued in the database in the write that they belong to, so that what failed is not mailed
 * and what happened is; delivered by the job `send-mail`; and a record of what was sent [T12.6].
 */
import type { Clock } from '../base/clock.ts'
import { newId } from '../base/id.ts'
import { mail } from '../store/people.ts'
import { type Query, type Statement, storable } from '../store/store.ts'
import type { Letter } from './letter.ts'
import { type Brand, renderLetter } from './render.ts'

export interface Outbox {
  /** The statement that queues a mail. With an `id` of the caller's, once however often it is asked. */
  queue(db: Query, letter: Letter, id?: string): Statement
}

/** `brand` is asked for each mail: links begin with the public URL, whatever a request's Host said. */
export function openOutbox(clock: Clock, brand: () => Brand): Outbox {
  return {
    queue: (db, letter, id) => {
      const now = clock.now()
      const { subject, text, html } = renderLetter(letter, brand())
      const queued = db.insert(mail).values({
        ...{ id: id ?? newId('mai_', now), kind: letter.kind, recipient: letter.to },
        ...{ subject: storable(subject), text: storable(text), html: storable(html) },
        ...{ nextAt: now, createdAt: now },
      })
      return id === undefined ? queued : queued.onConflictDoNothing()
    },
  }
}
