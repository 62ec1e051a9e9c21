/**
 * Tickets: one-time proofs in links and forms. The other side holds the secret, the database its hash; using one deletes it
 * in the same write as what it allows, so that of many uses at once one counts.
 */
import { and, eq, gt } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { randomText, sha256 } from '../base/secret.ts'
import { ticket } from '../store/people.ts'
import { must, type Query, type Statement, type Store } from '../store/store.ts'

export type TicketKind = (typeof ticket.$inferSelect)['kind']

export interface NewTicket {
  kind: TicketKind
  userId: string | null
  data?: Record<string, unknown>
  lifeMs: number
}

/** The secret to hand out, and the statement that keeps its hash. */
export function issueTicket({ kind, userId, data = {}, lifeMs }: NewTicket, now: number) {
  const secret = randomText(43)
  const row = { id: sha256(secret), kind, userId, data, createdAt: now, expiresAt: now + lifeMs }
  return { secret, statement: (db: Query): Statement => db.insert(ticket).values(row) }
}

/** Refuses with `invalid_link` what is wrong, expired or used. */
export async function readTicket(store: Store, kind: TicketKind, secret: string, now: number) {
  const [row] = await store.db
    .select()
    .from(ticket)
    .where(isOpen(kind, secret, now))
  if (!row) throw new AppError('invalid_link', { param: 'token' })
  return row
}

/** For the write that the ticket allows: refuses all of it when the ticket is used meanwhile. */
export function useTicket(db: Query, kind: TicketKind, secret: string, now: number): Statement {
  return must(db.delete(ticket).where(isOpen(kind, secret, now)), 'invalid_link', {
    param: 'token',
  })
}

/** Those of a user that a new one replaces; of every kind when what they were begun with counts no more. */
export function dropTickets(db: Query, kind: TicketKind | null, userId: string): Statement {
  const same = kind === null ? undefined : eq(ticket.kind, kind)
  return db.delete(ticket).where(and(same, eq(ticket.userId, userId)))
}

const isOpen = (kind: TicketKind, secret: string, now: number) =>
  and(eq(ticket.id, sha256(secret)), eq(ticket.kind, kind), gt(ticket.expiresAt, now))
