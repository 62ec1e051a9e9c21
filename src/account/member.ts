/**
 * Who may act in an account. Two rules are kept by the statements themselves, so that no two at once get around them: an
 * account has an owner, and only owners make or unmake owners. Every change first touches the account's row: those of one
 * account happen one after the other, and in a closed one none.
 */
import { and, asc, eq, ne, or, type SQL, sql } from 'drizzle-orm'
import type { ErrorCode } from '../base/error.ts'
import { invitation, member, user } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { must, type Query, type Statement, type Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { mayRole, type Role } from './guard.ts'

export async function listMembers({ db }: Store, accountId: string) {
  const rows = await db
    .select({ id: user.id, name: user.name, email: user.email, member })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(eq(member.accountId, accountId))
    .orderBy(asc(member.createdAt), asc(user.id))
  return rows.map(({ id, name, email, member: { role, createdAt } }) => ({
    ...{ id, name, email: email ?? '', role },
    created_at: new Date(createdAt).toISOString(),
  }))
}

export interface Target {
  accountId: string
  userId: string
  /** The member who does it. */
  actorId: string
}

/** Refuses with `not_found`, `role_not_allowed` or `last_owner`. */
export async function changeRole(
  { store, forgetKeys }: Pick<People, 'store' | 'forgetKeys'>,
  target: Target,
  role: Role,
): Promise<void> {
  const { accountId, userId } = target
  await store.write((db) => [
    lockAccount(db, accountId),
    ...checkTarget(db, target, role),
    ...(role === 'owner' ? [] : [checkOtherOwner(db, target)]),
    db.update(member).set({ role }).where(isMember(accountId, userId)),
    ...(mayRole(role, 'manage') ? [] : [revokeInvitationsBy(db, target)]),
  ])
  forgetKeys()
}

/** Also leaving oneself, which every role may. Refuses as `changeRole` does. */
export async function removeMember(
  { store, forgetKeys }: Pick<People, 'store' | 'forgetKeys'>,
  target: Target,
): Promise<void> {
  const { accountId, userId, actorId } = target
  await store.write((db) => [
    lockAccount(db, accountId),
    ...(userId === actorId ? [] : checkTarget(db, target, 'read-only')),
    checkOtherOwner(db, target),
    must(db.delete(member).where(isMember(accountId, userId)), 'not_found'),
    revokeInvitationsBy(db, target),
  ])
  forgetKeys()
}

/** Waits for other changes of the account, and refuses those of a closed one. */
export function lockAccount(db: Query, accountId: string): Statement {
  const open = and(eq(account.id, accountId), ne(account.state, 'closed'))
  return must(db.update(account).set({ state: sql`state` }).where(open), 'not_found')
}

/** Refuses unless the actor is an owner, or an admin and `role` is not owner. */
export function checkActor(
  db: Query,
  { accountId, actorId }: Omit<Target, 'userId'>,
  role: Role,
): Statement {
  const admin = role === 'owner' ? undefined : eq(member.role, 'admin')
  const may = or(eq(member.role, 'owner'), admin)
  return checkMember(db, and(isMember(accountId, actorId), may), 'role_not_allowed')
}

function checkTarget(db: Query, target: Target, role: Role): Statement[] {
  const { accountId, userId, actorId } = target
  const byOwner = sql`EXISTS (SELECT 1 FROM member a
    WHERE a.account_id = ${accountId} AND a.user_id = ${actorId} AND a.role = 'owner')`
  const mayTouch = or(ne(member.role, 'owner'), byOwner)
  return [
    checkActor(db, target, role),
    checkMember(db, isMember(accountId, userId), 'not_found'),
    checkMember(db, and(isMember(accountId, userId), mayTouch), 'role_not_allowed'),
  ]
}

function checkOtherOwner(db: Query, { accountId, userId }: Target): Statement {
  const other = and(eq(member.role, 'owner'), ne(member.userId, userId))
  return checkMember(db, and(eq(member.accountId, accountId), other), 'last_owner')
}

/** Changes nothing, but counts as touching the members that are meant: none refuses the write. */
function checkMember(db: Query, which: SQL | undefined, code: ErrorCode): Statement {
  return must(db.update(member).set({ role: sql`role` }).where(which), code)
}

/** Who may invite no more has no open invitations. */
function revokeInvitationsBy(db: Query, { accountId, userId }: Target): Statement {
  const own = and(eq(invitation.accountId, accountId), eq(invitation.invitedBy, userId))
  return db
    .update(invitation)
    .set({ state: 'revoked' })
    .where(and(own, eq(invitation.state, 'open')))
}

const isMember = (accountId: string, userId: string) =>
  and(eq(member.accountId, accountId), eq(member.userId, userId))
