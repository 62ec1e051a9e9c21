/**
 * Setting up a new platform in the browser: without an admin, each start prints an address that works once, for half an hour.
 * Who has it becomes the first admin; from then on it is her session that counts. There is no default user.
 */
import { and, eq, gt, isNotNull, sql } from 'drizzle-orm'
import { newAccount } from '../account/create.ts'
import { normaliseEmail } from '../base/email.ts'
import { newId } from '../base/id.ts'
import { sha256 } from '../base/secret.ts'
import { isSold } from '../catalog/book.ts'
import { setting, ticket, user } from '../store/people.ts'
import { channel, usage } from '../store/schema.ts'
import { must, type Query, type Statement, type Store } from '../store/store.ts'
import { checkPassword, hashPassword } from '../user/password.ts'
import type { People } from '../user/people.ts'
import { checkAffirmed, userStatements } from '../user/register.ts'
import type { Origin } from '../user/session.ts'
import { issueTicket, readTicket } from '../user/ticket.ts'
import type { Parts } from './parts.ts'

const lifeMs = 30 * 60_000

/** The path of a new one-time address, in place of any before; null once there is an admin. */
export async function offerSetup({ store, clock }: People): Promise<string | null> {
  if (await hasAdmin(store)) return null
  const { secret, statement } = issueTicket({ kind: 'setup', userId: null, lifeMs }, clock.now())
  await store.write((db) => [dropOffers(db), statement(db)])
  return `/setup?token=${secret}`
}

export async function hasAdmin({ db }: Store): Promise<boolean> {
  const admins = db.select({ id: user.id }).from(user).where(isNotNull(user.adminRole))
  return (await admins.limit(1)).length > 0
}

/** Refuses with `invalid_link` what is wrong, expired or used. */
export async function checkOffer({ store, clock }: People, token: string): Promise<void> {
  await readTicket(store, 'setup', token, clock.now())
}

/** For whoever becomes an admin in another way. */
export function dropOffers(db: Query): Statement {
  return db.delete(ticket).where(eq(ticket.kind, 'setup'))
}

export interface FirstAdmin {
  email: string
  password: string
  name: string
  language: 'en' | 'zh-TW'
  adult: boolean
  /** The ids of the documents that she was shown. */
  documents: readonly string[]
}

/** Makes the first admin, with an account of her own, and opens her session: answers the `Set-Cookie` value. */
export async function createFirstAdmin(
  people: People,
  token: string,
  admin: FirstAdmin,
  from: Origin,
): Promise<string> {
  const { store, clock, sessions } = people
  const now = clock.now()
  await checkOffer(people, token)
  const email = normaliseEmail(admin.email)
  checkPassword(admin.password, email)
  const affirmed = { ...admin, kind: 'person' as const, authority: true }
  await checkAffirmed(store, affirmed, now)
  const passwordHash = await hashPassword(admin.password)
  const id = newId('usr_', now)
  const registration = { ...affirmed, email, accountName: null, country: null }
  const made = { id, passwordHash, from, verifiedAt: now }
  await store.write((db) => [
    useOffer(db, token, now),
    ...userStatements(db, people, registration, made, newAccount, now),
    db.update(user).set({ adminRole: 'owner' }).where(eq(user.id, id)),
  ])
  people.forgetKeys()
  return sessions.open(id, from)
}

/** Of many uses at once one counts, and none once there is an admin. */
function useOffer(db: Query, token: string, now: number): Statement {
  const noAdmin = sql`NOT EXISTS (SELECT 1 FROM ${user} WHERE ${user.adminRole} IS NOT NULL)`
  const offer = and(
    eq(ticket.id, sha256(token)),
    eq(ticket.kind, 'setup'),
    gt(ticket.expiresAt, now),
    noAdmin,
  )
  return must(db.delete(ticket).where(offer), 'invalid_link', { param: 'token' })
}

/** What is done already, as the database knows it. */
export async function readSteps({ store, catalog, clock }: Parts) {
  const { db } = store
  const [admin, brands, channels, calls] = await Promise.all([
    hasAdmin(store),
    db.select({ name: setting.name }).from(setting).where(eq(setting.name, 'platform')),
    db.select({ id: channel.id }).from(channel).limit(1),
    db.select({ id: usage.id }).from(usage).where(eq(usage.outcome, 'complete')).limit(1),
  ])
  return {
    admin,
    brand: brands.length > 0,
    provider: channels.length > 0,
    prices: [...catalog.current.models.values()].some((model) => isSold(model, clock.now())),
    test: calls.length > 0,
  }
}
