/**
 * Who someone is that logged in elsewhere: the user whose identity it is, by the provider's subject and never by an address. An
 * address that has a user already is not hers to enter by: she logs in her own way and links the other in her settings,
 * or someone who registered the victim's address first would share her account. A newcomer still affirms and accepts.
 */
import { and, eq, sql } from 'drizzle-orm'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { identity, user } from '../store/people.ts'
import { must } from '../store/store.ts'
import { enter, type LoginStep } from './login.ts'
import type { ProviderId, Stranger } from './oauth.ts'
import type { People } from './people.ts'
import { checkAffirmed, type MakeAccount, type Registration, userStatements } from './register.ts'
import type { Origin } from './session.ts'
import { issueTicket, readTicket, useTicket } from './ticket.ts'

const newcomerLifeMs = 30 * 60_000

export type Arrival =
  | LoginStep
  | { state: 'new'; ticket: string }
  | { state: 'refused'; code: 'link_needed' | 'email_unverified' | 'user_suspended' }

export async function arrive(
  people: People,
  provider: ProviderId,
  stranger: Stranger,
  from: Origin,
): Promise<Arrival> {
  const { store, clock } = people
  const [known] = await store.db
    .select({ id: user.id, state: user.state })
    .from(identity)
    .innerJoin(user, eq(user.id, identity.userId))
    .where(and(eq(identity.provider, provider), eq(identity.subject, stranger.subject)))
  if (known) {
    if (known.state !== 'active') return { state: 'refused', code: 'user_suspended' }
    return enter(people, known.id, from)
  }
  if (stranger.email === null) return { state: 'refused', code: 'email_unverified' }
  const email = normaliseEmail(stranger.email)
  const [taken] = await store.db.select({ id: user.id }).from(user).where(eq(user.email, email))
  if (taken) return { state: 'refused', code: 'link_needed' }
  const data = { provider, subject: stranger.subject, email, name: stranger.name }
  const { secret, statement } = issueTicket(
    { kind: 'link', userId: null, data, lifeMs: newcomerLifeMs },
    clock.now(),
  )
  await store.write((db) => [statement(db)])
  return { state: 'new', ticket: secret }
}

/** What the form for a newcomer begins with. */
export async function readNewcomer({ store, clock }: People, ticket: string) {
  const { data } = await readTicket(store, 'link', ticket, clock.now())
  return { email: String(data.email), name: String(data.name), provider: String(data.provider) }
}

/** The address is the provider's, verified there. Answers the cookie of the session. */
export async function registerNewcomer(
  people: People,
  makeAccount: MakeAccount,
  { ticket, ...registration }: Omit<Registration, 'password' | 'email'> & { ticket: string },
  from: Origin,
): Promise<LoginStep> {
  const { store, clock, business } = people
  const now = clock.now()
  if (!business.current.openRegistration) throw new AppError('not_found')
  const { data } = await readTicket(store, 'link', ticket, now)
  await checkAffirmed(store, registration, now)
  const id = newId('usr_', now)
  const { provider, subject, email } = data as Record<string, string>
  const row = {
    provider: provider ?? '',
    subject: subject ?? '',
    userId: id,
    email,
    createdAt: now,
  }
  const made = { id, passwordHash: null, from, verifiedAt: now }
  await store.write((db) => [
    useTicket(db, 'link', ticket, now),
    ...userStatements(db, people, { ...registration, email: email ?? '' }, made, makeAccount, now),
    must(db.insert(identity).values(row).onConflictDoNothing(), 'already_exists'),
  ])
  return enter(people, id, from)
}

/** To a user who is signed in and has just proven who she is. */
export async function linkIdentity(
  { store, outbox, clock }: People,
  userId: string,
  provider: ProviderId,
  { subject, email }: Stranger,
): Promise<void> {
  const [row] = await store.db.select().from(user).where(eq(user.id, userId))
  if (!row?.email) throw new AppError('session_required')
  const { email: to, language } = row
  const linked = { provider, subject, userId, email, createdAt: clock.now() }
  await store.write((db) => [
    must(db.insert(identity).values(linked).onConflictDoNothing(), 'already_exists', {
      message: 'That log-in is linked already.',
    }),
    outbox.queue(db, { to, language, kind: 'login_linked', provider }),
  ])
}

/** Refuses where it is the only way in. */
export async function unlinkIdentity(
  { store, outbox }: People,
  { userId, email: to, language }: { userId: string; email: string; language: 'en' | 'zh-TW' },
  provider: string,
): Promise<void> {
  const other = sql`(EXISTS (SELECT 1 FROM "user" u WHERE u.id = ${userId} AND u.password_hash IS NOT NULL)
    OR EXISTS (SELECT 1 FROM passkey p WHERE p.user_id = ${userId})
    OR EXISTS (SELECT 1 FROM identity i WHERE i.user_id = ${userId} AND i.provider <> ${provider}))`
  const own = and(eq(identity.userId, userId), eq(identity.provider, provider))
  const [row] = await store.db.select().from(identity).where(own)
  if (!row) throw new AppError('not_found')
  await store.write((db) => [
    must(db.delete(identity).where(and(own, other)), 'invalid_request', {
      message: 'This is your only way to log in. Set a password first.',
    }),
    outbox.queue(db, { to, language, kind: 'login_unlinked', provider }),
  ])
}
