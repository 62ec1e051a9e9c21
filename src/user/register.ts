/**
 * Registration: who she is, that she is of age and may bind who she registers for [T2.1, T2.2], which documents she accepts
 * [T0.1], and a little work for her machine [T4.2]. It answers the same whether the address is known or not: a known one is
 * told by mail.
 */
import { eq } from 'drizzle-orm'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { currentDocuments, hashAddress, insertAcceptance } from '../legal/document.ts'
import { user } from '../store/people.ts'
import { must, type Query, type Statement, type Store, storable } from '../store/store.ts'
import { checkPassword, hashPassword } from './password.ts'
import type { People } from './people.ts'
import type { Origin } from './session.ts'
import { issueTicket } from './ticket.ts'

export interface NewAccount {
  kind: 'person' | 'entity'
  name: string
  country: string | null
  ownerId: string
}
/** Statements that make an account with its owner; written by `account/create.ts`, which is above. */
export type MakeAccount = (db: Query, account: NewAccount, now: number) => Statement[]

export interface Affirmation {
  /** 18 years or the age of majority. */
  adult: boolean
  /** For an entity: that she may bind it. */
  authority: boolean
  /** The ids of the documents that she was shown. */
  documents: readonly string[]
}

export interface Registration extends Affirmation {
  email: string
  /** Null for who signs in elsewhere. */
  password: string | null
  name: string
  language: 'en' | 'zh-TW'
  kind: 'person' | 'entity'
  accountName: string | null
  country: string | null
}

export const verifyLifeMs = 24 * 3_600_000

/** By e-mail and password. Always ends well for a well-formed registration. */
export async function register(
  people: People,
  makeAccount: MakeAccount,
  registration: Registration & { password: string },
  from: Origin,
): Promise<void> {
  const { store, outbox, clock } = people
  const now = clock.now()
  const email = normaliseEmail(registration.email)
  const names = cleanNames(registration)
  checkPassword(registration.password, email)
  await checkAffirmed(store, registration, now)
  // All before it is known whether the address is new: the time it takes tells nothing.
  const passwordHash = await hashPassword(registration.password)
  const { language } = registration
  const [known] = await store.db.select({ id: user.id }).from(user).where(eq(user.email, email))
  if (known) {
    await store.write((db) => [
      outbox.queue(db, { to: email, language, kind: 'already_registered', path: '/login' }),
    ])
    return
  }
  const id = newId('usr_', now)
  const { secret, statement } = issueTicket(
    { kind: 'verify', userId: id, lifeMs: verifyLifeMs },
    now,
  )
  try {
    await store.write((db) => [
      ...userStatements(
        db,
        people,
        { ...registration, ...names, email },
        { id, passwordHash, from },
        makeAccount,
        now,
      ),
      statement(db),
      outbox.queue(db, { to: email, language, kind: 'verify', path: `/verify?token=${secret}` }),
    ])
  } catch (cause) {
    // Two at once: the first has it.
    if (!(cause instanceof AppError && cause.code === 'email_taken')) throw cause
  }
}

interface Made {
  id: string
  passwordHash: string | null
  from: Origin
  verifiedAt?: number
}

/** The user, her account and what she accepted, in one write. Refuses with `email_taken`. */
export function userStatements(
  db: Query,
  { sealingKey }: Pick<People, 'sealingKey'>,
  registration: Omit<Registration, 'password'>,
  { id, passwordHash, from, verifiedAt }: Made,
  makeAccount: MakeAccount,
  now: number,
): Statement[] {
  const { email, language, kind, country, documents } = registration
  const { name, accountName } = cleanNames(registration)
  const row = {
    ...{ id, email, name, language, passwordHash, affirmedAt: now, createdAt: now },
    emailVerifiedAt: verifiedAt ?? null,
  }
  const addressHash = hashAddress(from.address, sealingKey)
  const accepted = { userId: id, addressHash, agent: from.agent?.slice(0, 300) ?? null }
  return [
    must(db.insert(user).values(row).onConflictDoNothing(), 'email_taken', { param: 'email' }),
    ...documents.map((documentId) => insertAcceptance(db, { ...accepted, documentId }, now)),
    ...makeAccount(db, { kind, name: accountName ?? (name || email), country, ownerId: id }, now),
  ]
}

/** An entity's account has its name; a person's is called as she is. */
function cleanNames({
  kind,
  name,
  accountName,
}: Pick<Registration, 'kind' | 'name' | 'accountName'>) {
  return {
    name: cleanName(name),
    accountName: kind === 'entity' ? cleanName(accountName ?? '', 'account_name') : null,
  }
}

/** Refuses with `not_affirmed`, naming what is missing. */
export async function checkAffirmed(
  store: Store,
  { adult, authority, documents, kind }: Affirmation & { kind: 'person' | 'entity' },
  now: number,
): Promise<void> {
  if (!adult) throw new AppError('not_affirmed', { param: 'adult' })
  if (kind === 'entity' && !authority) throw new AppError('not_affirmed', { param: 'authority' })
  const current = await currentDocuments(store, now)
  const all =
    current.every(({ id }) => documents.includes(id)) && documents.length === current.length
  if (!all) throw new AppError('not_affirmed', { param: 'documents' })
}

/** One line of at most 100 characters. */
export function cleanName(name: string, param = 'name'): string {
  const clean = storable(name).normalize('NFC').replace(/\s+/g, ' ').trim()
  if (clean.length > 100 || /\p{Cc}/u.test(clean)) {
    throw new AppError('invalid_request', { param, message: 'A name has at most 100 characters.' })
  }
  if (clean === '' && param !== 'name') {
    throw new AppError('invalid_request', { param, message: 'A name is needed.' })
  }
  return clean
}
