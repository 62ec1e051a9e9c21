/** Clears away what has ended: sessions, tickets, solved puzzles, counted tries, bodies. */
import { lt } from 'drizzle-orm'
import { body, spent, ticket } from '../store/people.ts'
import { sweepTries } from '../user/throttle.ts'
import type { Job } from './job.ts'

export const expire: Job = {
  name: 'expire',
  everyMs: 3_600_000,
  run: async ({ store, clock, sessions }) => {
    const now = clock.now()
    await sessions.sweep()
    await sweepTries(store, now)
    await store.write((db) => [
      db.delete(ticket).where(lt(ticket.expiresAt, now)),
      db.delete(spent).where(lt(spent.expiresAt, now)),
      db.delete(body).where(lt(body.expiresAt, now)),
    ])
  },
}
