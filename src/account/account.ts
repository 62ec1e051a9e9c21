/**
 * What owns credit and keys. An account is addressed by its id; its e-mail address is kept in one form, so that no one has
 * two accounts by writing it differently.
 */
import { and, eq, ne } from 'drizzle-orm'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { account } from '../store/schema.ts'
import { must, type Store } from '../store/store.ts'

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

/** A suspended account makes no calls; its running streams end at their next extension. The reason is kept. */
export async function suspendAccount(store: Store, id: string, reason: string): Promise<void> {
  await setState(store, id, 'suspended', reason)
}

export async function reinstateAccount(store: Store, id: string, reason: string): Promise<void> {
  await setState(store, id, 'active', reason)
}

async function setState(
  store: Store,
  id: string,
  state: 'active' | 'suspended',
  reason: string,
): Promise<void> {
  if (reason.trim() === '') {
    throw new AppError('invalid_request', { param: 'reason', message: 'A reason is needed.' })
  }
  const open = and(isCustomer(id), ne(account.state, 'closed'))
  await store.write((db) => [
    must(
      db.update(account).set({ state, stateReason: reason.trim() }).where(open),
      'not_found',
      noAccount(id),
    ),
  ])
}

const isCustomer = (id: string) => and(eq(account.id, id), ne(account.kind, 'house'))

const noAccount = (id: string) => ({
  message: `There is no account ${id}, or it is closed. An account's id begins with acc_.`,
})
