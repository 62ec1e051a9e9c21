/** What a user sees and changes of herself: name, language, password, sessions; and proving anew who she is. */
import { and, desc, eq, ne } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { identity, passkey, session, user } from '../store/people.ts'
import { must } from '../store/store.ts'
import { recoveryCodesLeft, spendCode } from './factor.ts'
import { endSessions } from './login.ts'
import { checkPassword, hashPassword, verifyPassword } from './password.ts'
import type { People } from './people.ts'
import { cleanName } from './register.ts'
import type { Origin, Visitor } from './session.ts'
import { codeLimits, countTry, forgetTries } from './throttle.ts'
import { dropTickets } from './ticket.ts'

export async function readProfile({ store }: People, { userId }: Visitor) {
  const { db } = store
  const [row] = await db.select().from(user).where(eq(user.id, userId))
  if (!row) throw new AppError('session_required')
  const identities = await db.select().from(identity).where(eq(identity.userId, userId))
  const passkeys = await db
    .select({ id: passkey.id })
    .from(passkey)
    .where(eq(passkey.userId, userId))
  return {
    id: row.id,
    email: row.email ?? '',
    verified: row.emailVerifiedAt !== null,
    name: row.name,
    language: row.language,
    has_password: row.passwordHash !== null,
    totp: row.totpConfirmedAt !== null,
    passkeys: passkeys.length,
    recovery_codes_left: await recoveryCodesLeft(store, userId),
    identities: identities.map(({ provider, email }) => ({ provider, email })),
    created_at: new Date(row.createdAt).toISOString(),
  }
}

export async function changeProfile(
  { store }: People,
  { userId }: Visitor,
  some: { name?: string; language?: 'en' | 'zh-TW' },
): Promise<void> {
  const { name, language } = some
  const changes = {
    ...(name !== undefined && { name: cleanName(name) }),
    ...(language !== undefined && { language }),
  }
  if (Object.keys(changes).length === 0) return
  await store.write((db) => [db.update(user).set(changes).where(eq(user.id, userId))])
}

/** The other sessions end, and so do links that were asked for. */
export async function changePassword(
  { store, outbox }: People,
  { userId, email, language, sessionId }: Visitor,
  password: string,
): Promise<void> {
  checkPassword(password, email)
  const passwordHash = await hashPassword(password)
  await store.write((db) => [
    db.update(user).set({ passwordHash }).where(eq(user.id, userId)),
    endSessions(db, userId, sessionId),
    dropTickets(db, null, userId),
    outbox.queue(db, { to: email, language, kind: 'password_changed' }),
  ])
}

export async function listSessions({ store }: People, { userId, sessionId }: Visitor) {
  const rows = await store.db
    .select()
    .from(session)
    .where(eq(session.userId, userId))
    .orderBy(desc(session.seenAt))
  return rows.map(({ id, createdAt, seenAt, address, agent }) => ({
    // The hash would be enough to end it, not to be it; its beginning tells sessions apart.
    id: id.slice(0, 16),
    current: id === sessionId,
    created_at: new Date(createdAt).toISOString(),
    seen_at: new Date(seenAt).toISOString(),
    address,
    agent,
  }))
}

/** Refuses with `not_found` what is no session of hers. */
export async function endOwnSession({ store }: People, { userId }: Visitor, shown: string) {
  const own = await store.db.select().from(session).where(eq(session.userId, userId))
  const found = own.find(({ id }) => id.slice(0, 16) === shown)
  if (!found) throw new AppError('not_found')
  await store.write((db) => [
    must(
      db.delete(session).where(and(eq(session.id, found.id), eq(session.userId, userId))),
      'not_found',
    ),
  ])
}

export async function endOtherSessions({ store }: People, { userId, sessionId }: Visitor) {
  await store.write((db) => [
    db.delete(session).where(and(eq(session.userId, userId), ne(session.id, sessionId))),
  ])
}

/** By password or code: answers the cookie of a new session that takes the old one's place. */
export async function proveAgain(
  people: People,
  visitor: Visitor,
  { password, code }: { password?: string; code?: string },
  from: Origin,
): Promise<string> {
  const { store, sessions, clock } = people
  const now = clock.now()
  await countTry(store, codeLimits(visitor.userId), now)
  const [row] = await store.db.select().from(user).where(eq(user.id, visitor.userId))
  if (code !== undefined) {
    if (!(await spendCode(people, visitor.userId, code, now))) {
      throw new AppError('wrong_code', { param: 'code' })
    }
  } else if (!(await verifyPassword(password ?? '', row?.passwordHash ?? null))) {
    throw new AppError('wrong_password', { param: 'password' })
  }
  await forgetTries(store, `code:${visitor.userId}`)
  return sessions.renew(visitor, from)
}
