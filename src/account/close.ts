/**
 * Closing by an owner [T8.1, T8.3] and termination by who runs the platform [T8.2]: keys and memberships end at once, what was paid and is left becomes a request for refund, and what is no
 * billing record is blanked. The ledger, usage, and who accepted what are kept. Who is left without any account is closed too.
 */
import { and, eq, inArray, isNull, ne, sql } from 'drizzle-orm'
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
  session,
  ticket,
  user,
  webhook,
} from '../store/people.ts'
import { account, key } from '../store/schema.ts'
import { byHand, must, type Query, type Statement, type Store, storable } from '../store/store.ts'
import type { People } from '../user/people.ts'
import type { Visitor } from '../user/session.ts'
import { readAccount, readContacts, shownName } from './account.ts'
import { lockAccount } from './member.ts'

/**
 * Answers the amount that is to be paid back, if any. `name`: of the account, typed again. Calls under way are cut; what they
 * hold at this moment is not part of the refund.
 */
export async function closeAccount(
  people: People,
  accountId: string,
  visitor: Pick<Visitor, 'userId' | 'email'>,
  { name, reason }: { name: string; reason: string },
): Promise<bigint | null> {
  const isHers = [eq(member.userId, visitor.userId), eq(member.role, 'owner')]
  const checkOwner = (db: Query) =>
    must(
      db
        .update(member)
        .set({ role: 'owner' })
        .where(and(eq(member.accountId, accountId), ...isHers)),
      'role_not_allowed',
    )
  const contact = { id: visitor.userId, email: visitor.email }
  return endAccount(people, accountId, { name, reason, contact, check: checkOwner }, (refund) => ({
    ...{ kind: 'account_closed', refund },
  }))
}

/** By who runs the platform: as closing, and the members read why. */
export async function terminateAccount(
  people: People,
  accountId: string,
  { name, reason }: { name: string; reason: string },
): Promise<bigint | null> {
  if (reason.trim() === '') {
    throw new AppError('invalid_request', { param: 'reason', message: 'A reason is needed.' })
  }
  const [contact = null] = await readContacts(people.store, accountId, 'owner')
  return endAccount(people, accountId, { name, reason, contact }, (refund) => ({
    ...{ kind: 'account_terminated', refund, reason },
  }))
}

interface End {
  name: string
  reason: string
  /** Who is written to about the refund. */
  contact: { id: string; email: string } | null
  check?(db: Query): Statement
}
type EndLetter =
  | { kind: 'account_closed'; refund: string | null }
  | { kind: 'account_terminated'; refund: string | null; reason: string }

const mostTries = 8

/** Its keys end first, so that what is left stands still; then all of the rest at once, with the mails that name what is left. */
async function endAccount(
  { store, outbox, clock, forgetKeys }: People,
  accountId: string,
  { name, reason, contact, check }: End,
  letter: (refund: string | null) => EndLetter,
): Promise<bigint | null> {
  const accountName = shownName(await readAccount(store, accountId))
  if (name.trim() !== accountName) {
    throw new AppError('invalid_request', {
      param: 'name',
      message: `Type the account's name: ${accountName}`,
    })
  }
  const may = (db: Query) => [lockAccount(db, accountId), ...(check ? [check(db)] : [])]
  await store.write((db) => [
    ...may(db),
    db.update(key).set({ state: 'revoked' }).where(eq(key.accountId, accountId)),
  ])
  forgetKeys()
  for (let tries = 1; ; tries++) {
    const contacts = await readContacts(store, accountId)
    const { language = 'en' } = contacts.find(({ id }) => id === contact?.id) ?? {}
    const amount = await foreseeRefund(store, accountId)
    const request = { accountId, amount, reason, contact: contact?.email ?? null, language }
    const told = letter(amount === null ? null : formatUsd(amount))
    try {
      await store.write((db) => [
        ...may(db),
        requestRefund(request, clock.now()),
        ...endStatements(db, accountId, clock.now()),
        ...closeUsers(
          db,
          contacts.map(({ id }) => id),
        ),
        ...contacts.map(({ email, language }) =>
          outbox.queue(db, { to: email, language, accountName, ...told }),
        ),
      ])
      return amount
    } catch (cause) {
      const again = cause instanceof AppError && cause.code === 'changed_meanwhile'
      if (!again || tries === mostTries) throw cause
    }
  }
}

function endStatements(db: Query, accountId: string, now: number): Statement[] {
  return [
    db
      .update(account)
      .set({
        ...{ state: 'closed', closedAt: now, stateReason: null, name: '', email: null },
        ...{ country: null, lowBalance: null, training: false, bodyDays: 0 },
      })
      .where(eq(account.id, accountId)),
    // One that was made meanwhile.
    db.update(key).set({ state: 'revoked' }).where(eq(key.accountId, accountId)),
    db.delete(invitation).where(eq(invitation.accountId, accountId)),
    // What an investigation keeps ends with it [T4.4]: nobody closes what she did.
    db.delete(body).where(and(eq(body.accountId, accountId), isNull(body.investigationId))),
    db.delete(buyer).where(eq(buyer.accountId, accountId)),
    db.update(webhook).set({ state: 'disabled' }).where(eq(webhook.accountId, accountId)),
    db.delete(member).where(eq(member.accountId, accountId)),
  ]
}

/**
 * Of what is free, at most what is left of lots that were paid: promotional credit is not paid back. What was spent since they
 * were divided may have been of them.
 */
const leftOver = (accountId: string) => sql`SELECT left_over.id AS account_id,
    CASE WHEN free < paid THEN free ELSE paid END AS amount
  FROM (
    SELECT a.id, a.credits_posted - a.debits_posted - a.debits_pending AS free,
      CAST(COALESCE((SELECT SUM(l.amount - l.spent) FROM lot l
          WHERE l.account_id = a.id AND l.kind = 'paid'), 0)
        - COALESCE((SELECT SUM(t.amount) FROM transfer t WHERE t.account_id = a.id
          AND t.seq > a.lots_seq AND t.debit_id = a.id
          AND (t.code <> 'usage' OR t.phase = 'post')), 0) AS BIGINT) AS paid
    FROM account a WHERE a.id = ${accountId}
  ) left_over WHERE free > 0 AND paid > 0`

interface RefundRequest {
  accountId: string
  amount: bigint | null
  reason: string
  contact: string | null
  language: string
}

/** Refuses with `changed_meanwhile` where another amount is left. */
function requestRefund(
  { accountId, amount, reason, contact, language }: RefundRequest,
  now: number,
): Statement {
  const given = sql`(${leftOver(accountId)}) given`
  const asForeseen =
    amount === null
      ? sql`UPDATE account SET state = state WHERE id = ${accountId} AND NOT EXISTS (SELECT 1 FROM ${given})`
      : sql`INSERT INTO refund_request (id, account_id, amount, reason, contact, language, created_at)
          SELECT ${newId('ref_', now)}, given.account_id, given.amount, ${storable(reason)}, ${contact},
            ${language}, ${now}
          FROM ${given} WHERE given.amount = ${amount}`
  return must(byHand(asForeseen), 'changed_meanwhile')
}

/** What ending the account now would ask to be paid back; null for nothing. */
export async function foreseeRefund(store: Store, accountId: string): Promise<bigint | null> {
  await divideLots(store, accountId)
  const [row] = await store.db
    .select({ amount: sql`given.amount`.mapWith(String) })
    .from(sql`(${leftOver(accountId)}) given`)
  return row ? BigInt(row.amount) : null
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
