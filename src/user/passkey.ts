/**
 * Passkeys: a log-in by itself, or a second factor after the password. A challenge is a ticket, used once; the counter of a
 * key moves forward only; the user must have been verified by her device.
 */

import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { and, desc, eq, sql } from 'drizzle-orm'
import { apart } from '../base/apart.ts'
import { AppError } from '../base/error.ts'
import { passkey, user } from '../store/people.ts'
import { must } from '../store/store.ts'
import { newCodes, recoveryCodesLeft, replaceCodes } from './factor.ts'
import { openSession } from './login.ts'
import type { People } from './people.ts'
import { cleanName } from './register.ts'
import type { Origin, Visitor } from './session.ts'
import { issueTicket, readTicket, useTicket } from './ticket.ts'

const lifeMs = 5 * 60_000
const load = async () =>
  (
    (await import(
      apart(new URL('./passkey-apart.ts', import.meta.url))
    )) as typeof import('./passkey-apart.ts')
  ).ceremonies

/** What the ceremony is bound to: the public address, or on this machine the name that it was called by. */
function site({ config, business, publicUrl }: People, request: Request) {
  const named = config.publicUrl ?? business.current.publicUrl
  const origin = named ?? `http://${request.headers.get('host') ?? new URL(publicUrl()).host}`
  return { origin, rpID: new URL(origin).hostname }
}

export async function listPasskeys({ store }: People, { userId }: Visitor) {
  const rows = await store.db
    .select()
    .from(passkey)
    .where(eq(passkey.userId, userId))
    .orderBy(desc(passkey.createdAt))
  return rows.map(({ id, name, createdAt, usedAt }) => ({
    ...{ id, name, created_at: new Date(createdAt).toISOString() },
    used_at: usedAt === null ? null : new Date(usedAt).toISOString(),
  }))
}

/** For `startRegistration` of the browser; `challenge` comes back with its answer. */
export async function startPasskey(people: People, visitor: Visitor, request: Request) {
  const { store, business, clock } = people
  const { rpID } = site(people, request)
  const rows = await store.db.select().from(passkey).where(eq(passkey.userId, visitor.userId))
  const options = await (await load()).startRegistration({
    ...{ rpName: business.current.platform, rpID, userName: visitor.email },
    userID: new TextEncoder().encode(visitor.userId),
    userDisplayName: visitor.name || visitor.email,
    excludeCredentials: rows.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  })
  return { options, challenge: await keep(people, visitor.userId, options.challenge, clock.now()) }
}

async function keep({ store }: People, userId: string | null, challenge: string, now: number) {
  const { secret, statement } = issueTicket(
    { kind: 'passkey', userId, data: { challenge }, lifeMs },
    now,
  )
  await store.write((db) => [statement(db)])
  return secret
}

/** Answers recovery codes with the first second factor; else none. Refuses with `wrong_code`. */
export async function addPasskey(
  people: People,
  visitor: Visitor,
  given: { name: string; challenge: string; response: RegistrationResponseJSON },
  request: Request,
): Promise<{ recovery_codes: string[] }> {
  const { store, outbox, clock } = people
  const now = clock.now()
  const { userId, email, language } = visitor
  const name = cleanName(given.name, 'passkey')
  const { origin, rpID } = site(people, request)
  const ticket = await readTicket(store, 'passkey', given.challenge, now)
  if (ticket.userId !== userId) throw new AppError('invalid_link', { param: 'challenge' })
  const proof = await (await load())
    .endRegistration({
      response: given.response,
      expectedChallenge: String(ticket.data.challenge),
      ...{ expectedOrigin: origin, expectedRPID: rpID },
    })
    .catch(() => ({ verified: false as const }))
  if (!proof.verified) throw new AppError('wrong_code', { param: 'passkey' })
  const { credential } = proof.registrationInfo
  const codes = (await recoveryCodesLeft(store, userId)) > 0 ? [] : newCodes()
  const row = {
    ...{ id: credential.id, userId, name, counter: credential.counter, createdAt: now },
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    transports: credential.transports ?? [],
  }
  await store.write((db) => [
    useTicket(db, 'passkey', given.challenge, now),
    must(db.insert(passkey).values(row).onConflictDoNothing(), 'already_exists'),
    ...(codes.length > 0 ? replaceCodes(db, userId, codes) : []),
    outbox.queue(db, { to: email, language, kind: 'passkey_added', name }),
  ])
  return { recovery_codes: codes }
}

export async function removePasskey(people: People, visitor: Visitor, id: string): Promise<void> {
  const { store, outbox } = people
  const { userId, email, language } = visitor
  const own = and(eq(passkey.id, id), eq(passkey.userId, userId))
  const [row] = await store.db.select().from(passkey).where(own)
  if (!row) throw new AppError('not_found')
  await store.write((db) => [
    must(db.delete(passkey).where(own), 'not_found'),
    outbox.queue(db, { to: email, language, kind: 'passkey_removed', name: row.name }),
  ])
}

/** `ticket`: of the password that was shown before; without it the passkey is all there is. */
export async function startPasskeyLogin(
  people: People,
  { ticket }: { ticket?: string },
  request: Request,
) {
  const { store, clock } = people
  const now = clock.now()
  const { rpID } = site(people, request)
  const userId =
    ticket === undefined ? null : (await readTicket(store, 'second', ticket, now)).userId
  const rows =
    userId === null ? [] : await store.db.select().from(passkey).where(eq(passkey.userId, userId))
  const options = await (await load()).startAuthentication({
    rpID,
    userVerification: 'required',
    allowCredentials: rows.map(({ id }) => ({ id })),
  })
  return { options, challenge: await keep(people, userId, options.challenge, now) }
}

/** Answers the cookie of the session. Refuses with `wrong_code` whatever is wrong. */
export async function logInByPasskey(
  people: People,
  given: { ticket?: string; challenge: string; response: AuthenticationResponseJSON },
  request: Request,
  from: Origin,
): Promise<string> {
  const { store, clock } = people
  const now = clock.now()
  const wrong = () => new AppError('wrong_code', { param: 'passkey' })
  const ticket = await readTicket(store, 'passkey', given.challenge, now)
  const [row] = await store.db
    .select({ passkey, user })
    .from(passkey)
    .innerJoin(user, eq(user.id, passkey.userId))
    .where(eq(passkey.id, given.response.id))
  if (!row || (ticket.userId !== null && ticket.userId !== row.user.id)) throw wrong()
  if (row.user.state !== 'active') throw new AppError('user_suspended')
  const { origin, rpID } = site(people, request)
  const proof = await (await load())
    .endAuthentication({
      response: given.response,
      expectedChallenge: String(ticket.data.challenge),
      ...{ expectedOrigin: origin, expectedRPID: rpID },
      credential: {
        id: row.passkey.id,
        publicKey: new Uint8Array(Buffer.from(row.passkey.publicKey, 'base64url')),
        counter: row.passkey.counter,
      },
    })
    .catch(() => null)
  if (!proof?.verified) throw wrong()
  const { newCounter } = proof.authenticationInfo
  const { ticket: second } = given
  await store.write((db) => [
    useTicket(db, 'passkey', given.challenge, now),
    ...(second === undefined ? [] : [useTicket(db, 'second', second, now)]),
    must(
      db
        .update(passkey)
        .set({ counter: newCounter, usedAt: now })
        .where(and(eq(passkey.id, row.passkey.id), sql`(counter < ${newCounter} OR counter = 0)`)),
      'wrong_code',
    ),
  ])
  return openSession(people, row.user.id, from)
}
