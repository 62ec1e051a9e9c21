/**
 * Invitations into an account: a link by mail, good for seven days and once, and only for who has proven the address that it was
 * sent to. Inviting an address again makes a new link and ends the old one.
 */
import { and, desc, eq, gt, sql } from 'drizzle-orm'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { randomText, sha256 } from '../base/secret.ts'
import { invitation, member, user } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { must, type Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import type { Visitor } from '../user/session.ts'
import { readAccount, shownName } from './account.ts'
import type { Role } from './guard.ts'
import { checkActor, lockAccount } from './member.ts'

const lifeMs = 7 * 86_400_000

type InvitationRow = typeof invitation.$inferSelect

/** Those that can still be accepted, and those that ran out unanswered. */
export async function listInvitations({ db }: Store, accountId: string, now: number) {
  const rows = await db
    .select({ invitation, inviter: user.name })
    .from(invitation)
    .leftJoin(user, eq(user.id, invitation.invitedBy))
    .where(and(eq(invitation.accountId, accountId), eq(invitation.state, 'open')))
    .orderBy(desc(invitation.id))
  return rows.map(({ invitation: { id, email, role, createdAt, expiresAt }, inviter }) => ({
    ...{ id, email, role, inviter: inviter ?? '', expired: expiresAt <= now },
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  }))
}

/** Answers the invitation's id. Refuses with `already_exists` who is a member, and an owner's by whoever is none. */
export async function inviteMember(
  { store, outbox, clock }: People,
  accountId: string,
  inviter: Pick<Visitor, 'userId' | 'name' | 'email' | 'language'>,
  { email: given, role }: { email: string; role: Role },
): Promise<string> {
  const now = clock.now()
  const email = normaliseEmail(given)
  const [known] = await store.db.select().from(user).where(eq(user.email, email))
  if (known && (await isMember(store, accountId, known.id))) {
    throw new AppError('already_exists', { param: 'email' })
  }
  const accountName = shownName(await readAccount(store, accountId))
  const token = randomText(43)
  const row = {
    ...{ id: newId('inv_', now), hash: sha256(token), accountId, email, role },
    ...{ invitedBy: inviter.userId, createdAt: now, expiresAt: now + lifeMs },
  }
  const earlier = and(eq(invitation.accountId, accountId), eq(invitation.email, email))
  await store.write((db) => [
    lockAccount(db, accountId),
    checkActor(db, { accountId, actorId: inviter.userId }, role),
    db
      .update(invitation)
      .set({ state: 'revoked' })
      .where(and(earlier, eq(invitation.state, 'open'))),
    db.insert(invitation).values(row),
    outbox.queue(db, {
      ...{ to: email, language: known?.language ?? inviter.language, kind: 'invitation' },
      ...{ path: `/invitation?token=${token}`, accountName, role },
      inviter: inviter.name || inviter.email,
    }),
  ])
  return row.id
}

export async function revokeInvitation(store: Store, accountId: string, id: string): Promise<void> {
  const own = and(eq(invitation.id, id), eq(invitation.accountId, accountId))
  await store.write((db) => [
    must(
      db
        .update(invitation)
        .set({ state: 'revoked' })
        .where(and(own, eq(invitation.state, 'open'))),
      'not_found',
    ),
  ])
}

/** What the page of the link shows before anyone logs in. Refuses with `invalid_link`. */
export async function readInvitation({ db }: Store, token: string, now: number) {
  const [row] = await db
    .select({ invitation, account, inviter: user.name, from: user.email })
    .from(invitation)
    .innerJoin(account, eq(account.id, invitation.accountId))
    .leftJoin(user, eq(user.id, invitation.invitedBy))
    .where(isOpen(token, now))
  if (!row || row.account.state === 'closed') throw new AppError('invalid_link', { param: 'token' })
  return {
    invitation: row.invitation,
    accountName: shownName(row.account),
    inviter: row.inviter || row.from || '',
  }
}

/** Answers the account's id. Of many at once one is accepted, the others meet `invalid_link`. */
export async function acceptInvitation(
  { store, clock, forgetKeys }: People,
  visitor: Visitor,
  token: string,
): Promise<string> {
  const now = clock.now()
  const { invitation: row } = await readInvitation(store, token, now)
  requireInvited(row, visitor)
  const { accountId, role } = row
  const { userId } = visitor
  const proven = sql`EXISTS (SELECT 1 FROM "user" u WHERE u.id = ${userId}
    AND u.email = ${row.email} AND u.email_verified_at IS NOT NULL AND u.state = 'active')`
  await store.write((db) => [
    lockAccount(db, accountId),
    must(
      db
        .update(invitation)
        .set({ state: 'accepted' })
        .where(and(isOpen(token, now), proven)),
      'invalid_link',
      { param: 'token' },
    ),
    must(
      db.insert(member).values({ accountId, userId, role, createdAt: now }).onConflictDoNothing(),
      'already_exists',
    ),
  ])
  forgetKeys()
  return accountId
}

function requireInvited({ email }: InvitationRow, visitor: Visitor): void {
  if (visitor.email !== email) throw new AppError('invitation_for_other')
  if (!visitor.verified) throw new AppError('email_unverified')
}

async function isMember({ db }: Store, accountId: string, userId: string): Promise<boolean> {
  const [row] = await db
    .select({ role: member.role })
    .from(member)
    .where(and(eq(member.accountId, accountId), eq(member.userId, userId)))
  return row !== undefined
}

const isOpen = (token: string, now: number) =>
  and(
    eq(invitation.hash, sha256(token)),
    eq(invitation.state, 'open'),
    gt(invitation.expiresAt, now),
  )
