/**
 * Users as those who run the platform see and change them, and who of them is an admin. Two rules are kept by the statements
 * themselves: only an owner touches an admin, and the platform always has an owner who can log in.
 */
import { and, count, desc, eq, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import { listAccounts } from '../account/session-routes.ts'
import { AppError } from '../base/error.ts'
import { identity, passkey, recoveryCode, session, user } from '../store/people.ts'
import { must, type Query, type Statement, type Store } from '../store/store.ts'
import { factorsOf } from '../user/factor.ts'
import { endSessions } from '../user/login.ts'
import type { People } from '../user/people.ts'
import type { AdminRole, Visitor } from '../user/session.ts'
import { contains } from './account-search.ts'

type UserRow = typeof user.$inferSelect

/** The newest first. */
export async function searchUsers(
  { db }: Pick<Store, 'db'>,
  { q: given = '', after, limit }: { q?: string; after?: string; limit: number },
) {
  const q = given.trim()
  const fits = or(eq(user.id, q), contains(user.email, q), contains(user.name, q))
  const rows = await db
    .select()
    .from(user)
    .where(and(q === '' ? undefined : fits, after === undefined ? undefined : lt(user.id, after)))
    .orderBy(desc(user.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  return {
    data: page.map(showRow),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}

function showRow(row: UserRow) {
  return {
    ...{ id: row.id, email: row.email, name: row.name, state: row.state, language: row.language },
    ...{ verified: row.emailVerifiedAt !== null, admin_role: row.adminRole },
    created_at: new Date(row.createdAt).toISOString(),
    logged_in_at: row.loggedInAt === null ? null : new Date(row.loggedInAt).toISOString(),
  }
}

export async function showUser(people: Pick<People, 'store'>, id: string) {
  const { store } = people
  const row = await readUser(store, id)
  const [factors, accounts, sessions, identities] = await Promise.all([
    factorsOf(store, id),
    listAccounts(people, id),
    store.db.select({ count: count() }).from(session).where(eq(session.userId, id)),
    store.db.select().from(identity).where(eq(identity.userId, id)),
  ])
  return {
    ...showRow(row),
    ...{ factors, accounts, sessions: sessions[0]?.count ?? 0 },
    has_password: row.passwordHash !== null,
    identities: identities.map(({ provider, email }) => ({ provider, email })),
  }
}

export async function readUser({ db }: Pick<Store, 'db'>, id: string): Promise<UserRow> {
  const [row] = await db.select().from(user).where(eq(user.id, id))
  if (!row) throw new AppError('not_found')
  return row
}

/** A suspended user is signed out at once and cannot log in. She is told why. Nobody suspends herself. */
export async function switchUser(
  { store, outbox, forgetKeys }: Pick<People, 'store' | 'outbox' | 'forgetKeys'>,
  id: string,
  by: Visitor,
  { state, reason }: { state: 'active' | 'suspended'; reason: string },
): Promise<void> {
  const { email, language } = await readUser(store, id)
  if (id === by.userId) throw new AppError('role_not_allowed')
  const [kind, from] =
    state === 'active'
      ? (['user_reinstated', 'suspended'] as const)
      : (['user_suspended', 'active'] as const)
  await store.write((db) => [
    lockOwners(db),
    touch(db, id, by),
    must(
      db
        .update(user)
        .set({ state })
        .where(and(eq(user.id, id), eq(user.state, from))),
      'changed_meanwhile',
      { message: `The user is ${state} already, or has left.` },
    ),
    ...(state === 'suspended' ? [checkOwnerLeft(db), endSessions(db, id, null)] : []),
    ...(email === null ? [] : [outbox.queue(db, { to: email, language, kind, reason })]),
  ])
  forgetKeys()
}

/** For who lost it: the app, its codes and every passkey go, and she is signed out. Her password alone lets her in. */
export async function resetFactor(
  { store, outbox }: Pick<People, 'store' | 'outbox'>,
  id: string,
  by: Visitor,
): Promise<void> {
  const { email, language } = await readUser(store, id)
  const none = { totpSecret: null, totpConfirmedAt: null, totpStep: 0 }
  await store.write((db) => [
    touch(db, id, by),
    must(
      db
        .update(user)
        .set(none)
        .where(and(eq(user.id, id), hasFactor)),
      'changed_meanwhile',
      { message: 'The user has no second factor.' },
    ),
    ...[passkey, recoveryCode].map((table) => db.delete(table).where(eq(table.userId, id))),
    endSessions(db, id, null),
    ...(email === null
      ? []
      : [outbox.queue(db, { to: email, language, kind: 'second_factor_off' })]),
  ])
}

const hasFactor = or(
  isNotNull(user.totpSecret),
  sql`EXISTS (SELECT 1 FROM ${passkey} WHERE user_id = ${user.id})`,
)

/** Only an owner touches an admin. */
function touch(db: Query, id: string, { adminRole }: Visitor): Statement {
  const may = adminRole === 'owner' ? undefined : isNull(user.adminRole)
  return must(
    db
      .update(user)
      .set({ state: sql`state` })
      .where(and(eq(user.id, id), may)),
    'role_not_allowed',
  )
}

export async function listAdmins({ store }: Pick<People, 'store'>) {
  const rows = await store.db.select().from(user).where(isNotNull(user.adminRole)).orderBy(user.id)
  return Promise.all(
    rows.map(async (row) => ({ ...showRow(row), factors: await factorsOf(store, row.id) })),
  )
}

/**
 * Null takes it away. Her sessions begin anew, but for one's own. Refuses with `email_unverified` who has not shown that the
 * address is hers, with `last_owner` what would leave the platform without one.
 */
export async function giveRole(
  { store }: Pick<People, 'store'>,
  id: string,
  by: Visitor,
  role: AdminRole | null,
): Promise<void> {
  await readUser(store, id)
  const proven = and(eq(user.state, 'active'), isNotNull(user.emailVerifiedAt))
  await store.write((db) => [
    lockOwners(db),
    must(
      db
        .update(user)
        .set({ adminRole: role })
        .where(and(eq(user.id, id), role === null ? undefined : proven)),
      'email_unverified',
      { param: 'role', message: 'That user is not active, or has not confirmed the address yet.' },
    ),
    checkOwnerLeft(db),
    endSessions(db, id, id === by.userId ? by.sessionId : null),
  ])
}

const isOwner = and(eq(user.adminRole, 'owner'), eq(user.state, 'active'))

/** Changes nothing: of two changes at once, the later one sees the earlier. */
const lockOwners = (db: Query): Statement =>
  db.update(user).set({ state: sql`state` }).where(isOwner)

const checkOwnerLeft = (db: Query): Statement =>
  must(db.update(user).set({ state: sql`state` }).where(isOwner), 'last_owner', {
    param: 'role',
    message: 'The platform needs an owner. Make someone else an owner first.',
  })
