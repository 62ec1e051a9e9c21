/**
 * Clears away what has ended: sessions, tickets, solved puzzles, counted tries, investigations, bodies, old records of what was
 * sent.
 */
import { and, lt, ne } from 'drizzle-orm'
import { endOverdue } from '../admin/investigation.ts'
import { body, delivery, mail, spent, ticket } from '../store/people.ts'
import { sweepTries } from '../user/throttle.ts'
import type { Job } from './job.ts'

const dayMs = 86_400_000
const mailMs = 90 * dayMs
const deliveryMs = 30 * dayMs

export const expire: Job = {
  name: 'expire',
  everyMs: 3_600_000,
  run: async ({ store, clock, sessions }) => {
    const now = clock.now()
    await sessions.sweep()
    await sweepTries(store, now)
    await endOverdue({ store, clock })
    await store.write((db) => [
      db.delete(ticket).where(lt(ticket.expiresAt, now)),
      db.delete(spent).where(lt(spent.expiresAt, now)),
      db.delete(body).where(lt(body.expiresAt, now)),
      db.delete(mail).where(and(ne(mail.state, 'queued'), lt(mail.createdAt, now - mailMs))),
      db
        .delete(delivery)
        .where(and(ne(delivery.state, 'queued'), lt(delivery.createdAt, now - deliveryMs))),
    ])
  },
}
