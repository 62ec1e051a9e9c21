/**
 * What waits in the database to be sent somewhere: mails, what webhooks are told, and e-invoices. The oldest first, each in the
 * hands of one process; again after a minute, then ever later, ten times.
 */
import { and, asc, eq, lte, sql } from 'drizzle-orm'
import type { invoice } from './credit.ts'
import type { delivery, mail } from './people.ts'
import { must, type Store } from './store.ts'

type Queue = typeof mail | typeof delivery | typeof invoice

const mostTries = 10
const minuteMs = 60_000
const longestPauseMs = 6 * 60 * minuteMs
/** How long what is in hand is left alone: longer than any try takes. */
const inHandMs = 2 * minuteMs

/** Takes what is due in hand, at most so many. On PostgreSQL several nodes ask: who moves the time has it. */
export async function takeDue<Q extends Queue>(
  store: Store,
  queue: Q,
  most: number,
  now: number,
): Promise<Q['$inferSelect'][]> {
  // One of them stands for all: their columns of waiting are the same.
  const table = queue as unknown as typeof delivery
  // By its own words: a value that is bound meets no index of these rows only.
  const queued = sql`${table.state} = 'queued'`
  const due = await store.db
    .select()
    .from(table)
    .where(and(queued, lte(table.nextAt, now)))
    .orderBy(asc(table.nextAt), asc(table.id))
    .limit(most)
  const taken = await Promise.all(
    due.map(({ id, nextAt }) => {
      const still = and(eq(table.id, id), queued, eq(table.nextAt, nextAt))
      return store
        .write((db) => [
          must(
            db
              .update(table)
              .set({ nextAt: now + inHandMs })
              .where(still),
            'not_found',
          ),
        ])
        .then(
          () => true,
          () => false,
        )
    }),
  )
  return due.filter((_, at) => taken[at])
}

/** What becomes of it after the failed try number `attempts`. `final`: another would end the same. */
export function afterFailure(attempts: number, final: boolean, now: number) {
  const pauseMs = Math.min(minuteMs * 2 ** (attempts - 1), longestPauseMs)
  const state = final || attempts >= mostTries ? ('failed' as const) : ('queued' as const)
  return { state, attempts, nextAt: now + pauseMs }
}
