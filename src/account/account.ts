/**
 * What owns credit and keys. An account is addressed by its id; its e-mail address is kept in one form, so that no one has
 * two accounts by writing it differently.
 */
import { and, eq, ne } from 'drizzle-orm'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { member, user } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { must, type Store } from '../store/store.ts'
import type { People } from '../user/people.ts'

export type AccountRow = typeof account.$inferSelect

/** Answers the new account's id. Refuses with `already_exists` where the address has one. */
export async function createAccount(
  store: Store,
  { email, tier }: { email: string; tier: string },
  now: number,
): Promise<string> {
  const id = newId('acc_', now)
  const row = { id, kind: 'person', email: normaliseEmail(email), tier, createdAt: now } as const
  await store.write((db) => [
    must(db.insert(account).values(row).onConflictDoNothing(), 'already_exists', {
      message: `There is an account with the address ${row.email} already.`,
    }),
  ])
  return id
}

/** A customer's account; the operator's own ("house") ones are not found here. */
export async function readAccount(store: Store, id: string): Promise<AccountRow> {
  const [row] = await store.db.select().from(account).where(isCustomer(id))
  if (!row) throw new AppError('not_found', noAccount(id))
  return row
}

/** What its members and mails call it. */
export function shownName({ name, email, id }: Pick<AccountRow, 'id' | 'name' | 'email'>): string {
  return name || email || id
}

type Told = Pick<People, 'store' | 'outbox' | 'forgetKeys'>

/**
 * A suspended account makes no calls; its running streams end at their next extension. The reason is kept, and mailed to the
 * owners [T8.2], once: what is suspended already is refused with `changed_meanwhile`.
 */
export async function suspendAccount(told: Told, id: string, reason: string): Promise<void> {
  await setState(told, id, 'suspended', reason)
}

export async function reinstateAccount(told: Told, id: string, reason: string): Promise<void> {
  await setState(told, id, 'active', reason)
}

async function setState(
  { store, outbox, forgetKeys }: Told,
  id: string,
  state: 'active' | 'suspended',
  given: string,
): Promise<void> {
  const reason = given.trim()
  if (reason === '') {
    throw new AppError('invalid_request', { param: 'reason', message: 'A reason is needed.' })
  }
  const row = await readAccount(store, id)
  if (row.state === 'closed') throw new AppError('not_found', noAccount(id))
  const accountName = shownName(row)
  const owners = await readContacts(store, id, 'owner')
  const from = state === 'active' ? 'suspended' : 'active'
  const kind = state === 'active' ? 'account_reinstated' : 'account_suspended'
  await store.write((db) => [
    must(
      db
        .update(account)
        .set({ state, stateReason: reason })
        .where(and(eq(account.id, id), eq(account.state, from))),
      'changed_meanwhile',
      { message: `The account is ${state} already.` },
    ),
    ...owners.map(({ email, language }) =>
      outbox.queue(db, { to: email, language, kind, accountName, reason }),
    ),
  ])
  forgetKeys()
}

/** Whom an account's mails go to. */
export async function readContacts({ db }: Store, accountId: string, role?: 'owner') {
  const ofRole = role && eq(member.role, role)
  const rows = await db
    .select({ id: user.id, email: user.email, language: user.language })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(and(eq(member.accountId, accountId), ofRole))
  return rows.flatMap(({ email, ...row }) => (email === null ? [] : { ...row, email }))
}

const isCustomer = (id: string) => and(eq(account.id, id), ne(account.kind, 'house'))

const noAccount = (id: string) => ({
  message: `There is no account ${id}, or it is closed. An account's id begins with acc_.`,
})
