/**
 * Closing [T8.1, T8.3]: keys and memberships end at once, what was paid and is left becomes a request for refund, and what is no
 * billing record is blanked. The ledger, usage, and who accepted what are kept. Who is left without any account is closed too.
 */
import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { divideLots } from '../ledger/lot.ts'
import { buyer } from '../store/credit.ts'
import {
  body,
  identity,
  invitation,
  member,
  passkey,
  recoveryCode,
  refundRequest,
  session,
  ticket,
  user,
  webhook,
} from '../store/people.ts'
import { account, key } from '../store/schema.ts'
import { byHand, must, type Query, type Statement, storable } from '../store/store.ts'
import type { People } from '../user/people.ts'
import type { Visitor } from '../user/session.ts'
import { readAccount, readContacts, shownName } from './account.ts'
import { lockAccount } from './member.ts'

/**
 * Answers the amount that is to be paid back, if any. `name`: of the account, typed again. Calls under way are cut; what they
 * hold at this moment is not part of the refund.
 */
export async function closeAccount(
  { store, outbox, clock, forgetKeys }: People,
  accountId: string,
  visitor: Pick<Visitor, 'userId' | 'email'>,
  { name, reason }: { name: string; reason: string },
): Promise<bigint | null> {
  const now = clock.now()
  const accountName = shownName(await readAccount(store, accountId))
  if (name.trim() !== accountName) {
    throw new AppError('invalid_request', {
      param: 'name',
      message: `Type the account's name: ${accountName}`,
    })
  }
  const contacts = await readContacts(store, accountId)
  await divideLots(store, accountId)
  const { language = 'en' } = contacts.find(({ id }) => id === visitor.userId) ?? {}
  const owner = [eq(member.userId, visitor.userId), eq(member.role, 'owner')]
  const refundId = newId('ref_', now)
  await store.write((db) => [
    lockAccount(db, accountId),
    must(
      db
        .update(member)
        .set({ role: 'owner' })
        .where(and(eq(member.accountId, accountId), ...owner)),
      'role_not_allowed',
    ),
    requestRefund(
      { id: refundId, accountId, reason: storable(reason), contact: visitor.email, language },
      now,
    ),
    db
      .update(account)
      .set({
        ...{ state: 'closed', closedAt: now, stateReason: null, name: '', email: null },
        ...{ country: null, lowBalance: null, training: false, bodyDays: 0 },
      })
      .where(eq(account.id, accountId)),
    db.update(key).set({ state: 'revoked' }).where(eq(key.accountId, accountId)),
    db.delete(invitation).where(eq(invitation.accountId, accountId)),
    db.delete(body).where(eq(body.accountId, accountId)),
    db.delete(buyer).where(eq(buyer.accountId, accountId)),
    db.update(webhook).set({ state: 'disabled' }).where(eq(webhook.accountId, accountId)),
    db.delete(member).where(eq(member.accountId, accountId)),
    ...closeUsers(
      db,
      contacts.map(({ id }) => id),
    ),
  ])
  forgetKeys()
  const [request] = await store.db
    .select({ amount: refundRequest.amount })
    .from(refundRequest)
    .where(eq(refundRequest.id, refundId))
  const refund = request ? formatUsd(request.amount) : null
  await store.write((db) =>
    contacts.map(({ email, language }) =>
      outbox.queue(db, { to: email, language, kind: 'account_closed', accountName, refund }),
    ),
  )
  return request?.amount ?? null
}

/**
 * Of what is free, at most what is left of lots that were paid: promotional credit is not paid back. What was spent since they
 * were divided may have been of them.
 */
function requestRefund(
  row: { id: string; accountId: string; reason: string; contact: string; language: string },
  now: number,
): Statement {
  const { id, accountId, reason, contact, language } = row
  return byHand(sql`INSERT INTO refund_request
      (id, account_id, amount, reason, contact, language, created_at)
    SELECT ${id}, left_over.id, CASE WHEN free < paid THEN free ELSE paid END,
      ${reason}, ${contact}, ${language}, ${now}
    FROM (
      SELECT a.id, a.credits_posted - a.debits_posted - a.debits_pending AS free,
        CAST(COALESCE((SELECT SUM(l.amount - l.spent) FROM lot l
            WHERE l.account_id = a.id AND l.kind = 'paid'), 0)
          - COALESCE((SELECT SUM(t.amount) FROM transfer t WHERE t.account_id = a.id
            AND t.seq > a.lots_seq AND t.debit_id = a.id
            AND (t.code <> 'usage' OR t.phase = 'post')), 0) AS BIGINT) AS paid
      FROM account a WHERE a.id = ${accountId}
    ) left_over WHERE free > 0 AND paid > 0`)
}

/** Refuses with `last_owner` while an account would be left without one. Whoever runs the platform is not closed. */
export async function closeUser(
  { store, forgetKeys }: Pick<People, 'store' | 'forgetKeys'>,
  { userId, adminRole }: Pick<Visitor, 'userId' | 'adminRole'>,
): Promise<void> {
  if (adminRole !== null) throw new AppError('role_not_allowed')
  const own = eq(member.userId, userId)
  const accounts = await store.db.select({ id: member.accountId }).from(member).where(own)
  const needed = sql`EXISTS (SELECT 1 FROM member m WHERE m.user_id = ${userId} AND m.role = 'owner'
    AND NOT EXISTS (SELECT 1 FROM member o
      WHERE o.account_id = m.account_id AND o.role = 'owner' AND o.user_id <> ${userId}))`
  await store.write((db) => [
    ...accounts.map(({ id }) => lockAccount(db, id)),
    must(
      db
        .update(user)
        .set({ state: sql`state` })
        .where(and(eq(user.id, userId), sql`NOT ${needed}`)),
      'last_owner',
      { message: 'Close your accounts first, or make someone else an owner of them.' },
    ),
    db.delete(member).where(own),
    ...closeUsers(db, [userId]),
  ])
  forgetKeys()
}

/** Of those, who has no account any more and does not run the platform. Cannot be undone. */
function closeUsers(db: Query, ids: string[]): Statement[] {
  const meant = inArray(user.id, ids)
  const alone = sql`NOT EXISTS (SELECT 1 FROM member m WHERE m.user_id = ${user.id})`
  const closed = db
    .select({ id: user.id })
    .from(user)
    .where(and(meant, eq(user.state, 'closed')))
  return [
    // Waits for who is just making another account.
    db.update(user).set({ state: sql`state` }).where(meant),
    db
      .update(user)
      .set({
        ...{ state: 'closed', email: null, emailVerifiedAt: null, name: '', passwordHash: null },
        ...{ totpSecret: null, totpConfirmedAt: null },
      })
      .where(and(meant, ne(user.state, 'closed'), sql`admin_role IS NULL`, alone)),
    ...[session, identity, passkey, recoveryCode, ticket].map((table) =>
      db.delete(table).where(inArray(table.userId, closed)),
    ),
  ]
}
