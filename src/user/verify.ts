/**
 * What is proven by mail: that an address is hers, that she forgot her password, that a new address is hers [T2.4, T2.5]. The
 * links work once, for a while, and lead to the public address whatever the request's Host says.
 */
import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { identity, passkey, recoveryCode, user } from '../store/people.ts'
import { byHand, must, type Query, type Statement } from '../store/store.ts'
import { endSessions } from './login.ts'
import { checkPassword, hashPassword } from './password.ts'
import type { People } from './people.ts'
import { verifyLifeMs } from './register.ts'
import type { Visitor } from './session.ts'
import { dropTickets, issueTicket, readTicket, useTicket } from './ticket.ts'

const hourMs = 3_600_000

/** Confirms the address; accounts that the operator made for it and that have no member become hers. */
export async function confirmAddress(people: People, token: string): Promise<void> {
  const { store, clock, forgetKeys } = people
  const now = clock.now()
  const { userId } = await readTicket(store, 'verify', token, now)
  await store.write((db) => [
    useTicket(db, 'verify', token, now),
    db
      .update(user)
      .set({ emailVerifiedAt: now })
      .where(and(eq(user.id, userId ?? ''), isNull(user.emailVerifiedAt))),
    claimAccounts(userId ?? '', now),
  ])
  forgetKeys()
}

/** Of the address as it is now: two users never have the same. */
function claimAccounts(userId: string, now: number): Statement {
  return byHand(sql`INSERT INTO member (account_id, user_id, role, created_at)
    SELECT a.id, u.id, 'owner', ${now} FROM account a JOIN "user" u ON u.email = a.email
    WHERE u.id = ${userId} AND u.email_verified_at IS NOT NULL AND a.kind <> 'house' AND a.state <> 'closed'
      AND NOT EXISTS (SELECT 1 FROM member m WHERE m.account_id = a.id)`)
}

/** Sends the link again. Ends the same for unknown and confirmed addresses. */
export async function sendVerification(people: People, given: string): Promise<void> {
  const email = normaliseEmail(given)
  const row = await findUser(people, email)
  if (row?.state !== 'active' || row.emailVerifiedAt !== null) return
  await mailTicket(people, 'verify', row, verifyLifeMs, (secret) => ({
    kind: 'verify',
    path: `/verify?token=${secret}`,
  }))
}

/** Mails a link to set a new password. Ends the same for unknown addresses. */
export async function sendReset(people: People, given: string): Promise<void> {
  const row = await findUser(people, normaliseEmail(given))
  if (row?.state !== 'active') return
  await mailTicket(people, 'reset', row, hourMs, (secret) => ({
    kind: 'reset',
    path: `/reset/confirm?token=${secret}`,
  }))
}

/** The address is proven by the way; every session ends, and so does whatever was begun in one. */
export async function resetPassword(
  people: People,
  token: string,
  password: string,
): Promise<void> {
  const { store, clock, outbox } = people
  const now = clock.now()
  const { userId } = await readTicket(store, 'reset', token, now)
  const [row] = await store.db
    .select()
    .from(user)
    .where(eq(user.id, userId ?? ''))
  if (!row?.email || row.state !== 'active') throw new AppError('invalid_link', { param: 'token' })
  const { id, email, language } = row
  checkPassword(password, email)
  const passwordHash = await hashPassword(password)
  await store.write((db) => [
    useTicket(db, 'reset', token, now),
    dropTickets(db, null, id),
    ...(row.emailVerifiedAt === null ? dropFactors(db, id) : []),
    db
      .update(user)
      .set({ passwordHash, emailVerifiedAt: sql`COALESCE(email_verified_at, ${now})` })
      .where(eq(user.id, id)),
    claimAccounts(id, now),
    endSessions(db, id, null),
    outbox.queue(db, { to: email, language, kind: 'password_changed' }),
  ])
  people.forgetKeys()
}

/** Before the address was proven, whoever registered with it may have been someone else: no way in of hers stays. */
function dropFactors(db: Query, userId: string): Statement[] {
  const noApp = { totpSecret: null, totpConfirmedAt: null }
  return [
    ...[passkey, recoveryCode, identity].map((one) => db.delete(one).where(eq(one.userId, userId))),
    db.update(user).set(noApp).where(eq(user.id, userId)),
  ]
}

/** Mails a link to the new address. Whether it is taken is told by mail to whoever reads there, not here. */
export async function changeAddress(
  people: People,
  visitor: Visitor,
  given: string,
): Promise<void> {
  const { store, clock, outbox } = people
  const now = clock.now()
  const email = normaliseEmail(given)
  if (email === visitor.email) throw new AppError('email_taken', { param: 'email' })
  const { language, userId } = visitor
  const taken = await findUser(people, email)
  const { secret, statement } = issueTicket(
    { kind: 'change', userId, data: { email }, lifeMs: verifyLifeMs },
    now,
  )
  await store.write((db) => [
    dropTickets(db, 'change', userId),
    ...(taken
      ? [outbox.queue(db, { to: email, language, kind: 'already_registered', path: '/login' })]
      : [
          statement(db),
          outbox.queue(db, {
            to: email,
            language,
            kind: 'change_address',
            path: `/address?token=${secret}`,
          }),
        ]),
  ])
}

/** Tells the old address. Refuses with `email_taken` when someone has it meanwhile. */
export async function confirmChange(people: People, token: string): Promise<void> {
  const { store, clock, outbox, forgetKeys } = people
  const now = clock.now()
  const { userId, data } = await readTicket(store, 'change', token, now)
  const newAddress = String(data.email)
  const [row] = await store.db
    .select()
    .from(user)
    .where(eq(user.id, userId ?? ''))
  if (!row?.email || row.state !== 'active') throw new AppError('invalid_link', { param: 'token' })
  const { id, email: old, language } = row
  const free = sql`NOT EXISTS (SELECT 1 FROM "user" u WHERE u.email = ${newAddress})`
  await store.write((db) => [
    useTicket(db, 'change', token, now),
    must(
      db
        .update(user)
        .set({ email: newAddress, emailVerifiedAt: now })
        .where(and(eq(user.id, id), ne(user.state, 'closed'), free)),
      'email_taken',
    ),
    dropTickets(db, 'reset', id),
    outbox.queue(db, { to: old, language, kind: 'address_changed', newAddress }),
  ])
  forgetKeys()
}

type UserRow = typeof user.$inferSelect

async function findUser({ store }: People, email: string): Promise<UserRow | null> {
  const [row] = await store.db.select().from(user).where(eq(user.email, email))
  return row ?? null
}

async function mailTicket(
  { store, clock, outbox }: People,
  kind: 'verify' | 'reset',
  { id, email, language }: UserRow,
  lifeMs: number,
  letter: (secret: string) => { kind: 'verify' | 'reset'; path: string },
): Promise<void> {
  if (email === null) return
  const { secret, statement } = issueTicket({ kind, userId: id, lifeMs }, clock.now())
  await store.write((db: Query) => [
    dropTickets(db, kind, id),
    statement(db),
    outbox.queue(db, { to: email, language, ...letter(secret) }),
  ])
}
