/**
 * Sessions of the dashboard, by Lucia over our own adapter: the cookie holds a random id of which the database knows only the
 * hash. A session ends after two weeks without use and after ninety days in any case; it is read anew for every request,
 * so that a suspension or a sign-out elsewhere counts at once.
 */
import { and, eq, gt, lte, or } from 'drizzle-orm'
import { type Adapter, Lucia, TimeSpan } from 'lucia'
import type { Clock } from '../base/clock.ts'
import { randomText, sha256 } from '../base/secret.ts'
import type { Config } from '../config.ts'
import { session, user } from '../store/people.ts'
import type { Store } from '../store/store.ts'

export type AdminRole = 'owner' | 'operator' | 'support' | 'finance' | 'auditor'

/** Who is signed in, as a route sees her. */
export interface Visitor {
  sessionId: string
  userId: string
  email: string
  name: string
  language: 'en' | 'zh-TW'
  /** Whether her address is confirmed. */
  verified: boolean
  adminRole: AdminRole | null
  /** When she last proved who she is: password, second factor, passkey or a log-in elsewhere. */
  recentAt: number
}

/** From where a session is opened. */
export interface Origin {
  address: string
  agent: string | null
  /** The browser is at another name than the public one, without TLS: where a platform is set up before its proxy stands. */
  plain?: boolean
}

export interface Sessions {
  /** Opens a session and answers the `Set-Cookie` value. Called only once every factor was checked. */
  open(userId: string, from: Origin): Promise<string>
  /** The visitor whose cookie the request carries; null when there is none, or it ended, or the user may not sign in. */
  find(request: Request): Promise<Visitor | null>
  /** Notes that the user has just proved who she is. A new session id: answers the `Set-Cookie` value. */
  renew(visitor: Visitor, from: Origin): Promise<string>
  end(sessionId: string): Promise<void>
  /** Deletes those that have ended. */
  sweep(): Promise<void>
  /** The `Set-Cookie` value that removes the cookie. */
  readonly blank: string
}

declare module 'lucia' {
  interface Register {
    Lucia: Lucia<Facts>
    DatabaseSessionAttributes: Facts
    DatabaseUserAttributes: Record<string, never>
  }
}
interface Facts {
  recentAt: number
  address: string | null
  agent: string | null
}

const dayMs = 86_400_000
const idleDays = 14
const longestMs = 90 * dayMs
const noteMs = 60_000
const idChars = 43

/** `publicUrl` may change while the server runs: the first set-up names it. */
export function openSessions(
  store: Store,
  config: Config,
  clock: Clock,
  publicUrl: () => string | null = () => config.publicUrl,
): Sessions {
  const adapter = storeAdapter(store, clock)
  const [plain, secured] = [false, true].map(
    (secure) =>
      new Lucia(adapter, {
        sessionExpiresIn: new TimeSpan(idleDays, 'd'),
        getSessionAttributes: (facts) => facts,
        sessionCookie: {
          // A browser takes the prefix from TLS only; a demo on this machine has none.
          name: secure ? '__Host-kkai' : 'kkai',
          attributes: { sameSite: 'lax', path: '/', secure },
        },
      }),
  ) as [Lucia<Facts>, Lucia<Facts>]
  const lucia = () => (publicUrl()?.startsWith('https:') ? secured : plain)
  const readCookie = ({ headers }: Request) => {
    const cookies = headers.get('cookie') ?? ''
    const elsewhere = isElsewhere(`http://${headers.get('host')}`, publicUrl())
    return (
      lucia().readSessionCookie(cookies) ?? (elsewhere ? plain.readSessionCookie(cookies) : null)
    )
  }

  async function open(userId: string, from: Origin, recentAt: number): Promise<string> {
    const token = randomText(idChars)
    const facts = { recentAt, address: from.address, agent: from.agent?.slice(0, 300) ?? null }
    await plain.createSession(userId, facts, { sessionId: token })
    return (from.plain ? plain : lucia()).createSessionCookie(token).serialize()
  }

  return {
    get blank() {
      return lucia().createBlankSessionCookie().serialize()
    },
    open: (userId, from) => open(userId, from, clock.now()),
    find: async (request) => {
      const token = readCookie(request)
      if (token === null || token.length !== idChars) return null
      // Lucia lengthens what is used after half of its time; what it says no to is gone.
      const { session: found } = await plain.validateSession(token)
      return found === null ? null : readVisitor(store, sha256(token), clock.now())
    },
    renew: async (visitor, from) => {
      const cookie = await open(visitor.userId, from, clock.now())
      await endSession(store, visitor.sessionId)
      return cookie
    },
    end: (sessionId) => endSession(store, sessionId),
    sweep: () => plain.deleteExpiredSessions(),
  }
}

/** Whether what a browser asks is served by another name than the public one. */
export function isElsewhere(asked: string, publicUrl: string | null): boolean {
  return publicUrl !== null && URL.parse(asked)?.hostname !== new URL(publicUrl).hostname
}

async function readVisitor(store: Store, id: string, now: number): Promise<Visitor | null> {
  const [row] = await store.db
    .select({ session, user })
    .from(session)
    .innerJoin(user, eq(user.id, session.userId))
    .where(and(eq(session.id, id), eq(user.state, 'active'), gt(session.endsAt, now)))
  if (!row || row.user.email === null) return null
  if (now - row.session.seenAt > noteMs) {
    await store.write((db) => [db.update(session).set({ seenAt: now }).where(eq(session.id, id))])
  }
  const { email, name, language, adminRole, emailVerifiedAt } = row.user
  return {
    ...{ sessionId: id, userId: row.user.id, email, name, language, adminRole },
    verified: emailVerifiedAt !== null,
    recentAt: row.session.recentAt,
  }
}

async function endSession(store: Store, id: string): Promise<void> {
  await store.write((db) => [db.delete(session).where(eq(session.id, id))])
}

function storeAdapter(store: Store, clock: Clock): Adapter {
  // Lucia asks the machine's clock: what it reads and writes is moved to ours and back.
  const ahead = () => Date.now() - clock.now()
  const shown = ({ userId, expiresAt, recentAt, address, agent }: typeof session.$inferSelect) => ({
    ...{ userId, expiresAt: new Date(expiresAt + ahead()) },
    attributes: { recentAt, address, agent },
  })
  return {
    getSessionAndUser: async (token) => {
      const [row] = await store.db
        .select()
        .from(session)
        .where(eq(session.id, sha256(token)))
      if (!row) return [null, null]
      return [
        { ...shown(row), id: token },
        { id: row.userId, attributes: {} },
      ]
    },
    getUserSessions: async (userId) => {
      const rows = await store.db.select().from(session).where(eq(session.userId, userId))
      return rows.map((row) => ({ ...shown(row), id: row.id }))
    },
    setSession: async ({ id, userId, expiresAt, attributes }) => {
      const now = clock.now()
      const times = { createdAt: now, seenAt: now, endsAt: now + longestMs }
      await store.write((db) => [
        db.insert(session).values({
          id: sha256(id),
          userId,
          expiresAt: expiresAt.getTime() - ahead(),
          ...attributes,
          ...times,
        }),
        db.update(user).set({ loggedInAt: now }).where(eq(user.id, userId)),
      ])
    },
    updateSessionExpiration: async (token, expiresAt) => {
      await store.write((db) => [
        db
          .update(session)
          .set({ expiresAt: expiresAt.getTime() - ahead() })
          .where(eq(session.id, sha256(token))),
      ])
    },
    deleteSession: (token) => endSession(store, sha256(token)),
    deleteUserSessions: async (userId) => {
      await store.write((db) => [db.delete(session).where(eq(session.userId, userId))])
    },
    deleteExpiredSessions: async () => {
      const now = clock.now()
      await store.write((db) => [
        db.delete(session).where(or(lte(session.expiresAt, now), lte(session.endsAt, now))),
      ])
    },
  }
}
