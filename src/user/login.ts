/**
 * Log-in by e-mail and password, then by the second factor where there is one. Unknown and known addresses get the same answer
 * in the same time; a session is opened only when every factor was shown.
 */
import { and, eq, ne, sql } from 'drizzle-orm'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { session, user } from '../store/people.ts'
import { type Factor, factorsOf, spendCode } from './factor.ts'
import { verifyPassword } from './password.ts'
import type { People } from './people.ts'
import type { Origin } from './session.ts'
import { blockOf, codeLimits, countTry, forgetTries, loginLimits } from './throttle.ts'
import { issueTicket, readTicket, useTicket } from './ticket.ts'

const secondLifeMs = 10 * 60_000

export type LoginStep =
  | { state: 'in'; cookie: string }
  | { state: 'second'; ticket: string; methods: Factor[] }

/** Refuses with `wrong_password`, whatever is wrong; a suspended user with `user_suspended` once her password was right. */
export async function logIn(
  people: People,
  { email: given, password }: { email: string; password: string },
  from: Origin,
): Promise<LoginStep> {
  const { store, clock } = people
  const email = normaliseEmail(given)
  return noted(people, from, async () => {
    await countTry(store, loginLimits(email, from.address), clock.now())
    const [row] = await store.db.select().from(user).where(eq(user.email, email))
    const right = await verifyPassword(password, row?.passwordHash ?? null)
    if (!row || !right) throw new AppError('wrong_password', { param: 'password' })
    if (row.state !== 'active') throw new AppError('user_suspended')
    await forgetTries(store, `login:${email}`)
    return enter(people, row.id, from)
  })
}

/** What was refused is on record, with its block of addresses; what was let in, `openSession` notes. */
async function noted<T>({ log }: People, from: Origin, tried: () => Promise<T>): Promise<T> {
  try {
    return await tried()
  } catch (cause) {
    if (cause instanceof AppError)
      log.info('login.refused', { code: cause.code, from: blockOf(from.address) })
    throw cause
  }
}

/** For whoever showed a first factor, here or at another service: a session, or the question for the second. */
export async function enter(people: People, userId: string, from: Origin): Promise<LoginStep> {
  const { store, clock } = people
  const methods = await factorsOf(store, userId)
  if (methods.length === 0) return { state: 'in', cookie: await openSession(people, userId, from) }
  const { secret, statement } = issueTicket(
    { kind: 'second', userId, lifeMs: secondLifeMs },
    clock.now(),
  )
  await store.write((db) => [statement(db)])
  return { state: 'second', ticket: secret, methods }
}

/** `code`: of the authenticator, or a recovery code. Refuses with `wrong_code`. */
export async function logInSecond(
  people: People,
  { ticket, code }: { ticket: string; code: string },
  from: Origin,
): Promise<string> {
  const { store, clock } = people
  const now = clock.now()
  return noted(people, from, async () => {
    const { userId } = await readTicket(store, 'second', ticket, now)
    if (userId === null) throw new AppError('invalid_link', { param: 'ticket' })
    await countTry(store, codeLimits(userId), now)
    if (!(await spendCode(people, userId, code, now)))
      throw new AppError('wrong_code', { param: 'code' })
    await store.write((db) => [useTicket(db, 'second', ticket, now)])
    await forgetTries(store, `code:${userId}`)
    return openSession(people, userId, from)
  })
}

/** A log-in from a browser and place not seen before is told by mail [T2.4]. */
export async function openSession(people: People, userId: string, from: Origin): Promise<string> {
  const { store, sessions, outbox, clock, log } = people
  const now = clock.now()
  const earlier = await store.db.select().from(session).where(eq(session.userId, userId)).limit(50)
  const seen = earlier.some(
    ({ address, agent }) =>
      agent === from.agent && blockOf(address ?? '') === blockOf(from.address),
  )
  const cookie = await sessions.open(userId, from)
  log.info('login.done', { user: userId, from: blockOf(from.address) })
  if (!seen && earlier.length > 0) {
    const [row] = await store.db.select().from(user).where(eq(user.id, userId))
    const { email, language } = row ?? {}
    if (email && language) {
      await store.write((db) => [
        outbox.queue(db, { to: email, language, kind: 'new_login', ...from, at: now }),
      ])
    }
  }
  return cookie
}

/** All of a user's sessions, but for one. */
export function endSessions(
  db: Parameters<Parameters<People['store']['write']>[0]>[0],
  userId: string,
  but: string | null,
) {
  const others = but === null ? sql`1 = 1` : ne(session.id, but)
  return db.delete(session).where(and(eq(session.userId, userId), others))
}
