/** Who of an account is told about its payments: members that may pay. */
import { and, eq, inArray } from 'drizzle-orm'
import { readAccount, shownName } from '../account/account.ts'
import type { LetterBody } from '../mail/letter.ts'
import { member, user } from '../store/people.ts'
import type { Statement } from '../store/store.ts'
import type { Billing } from './billing.ts'

/** Statements that queue a letter to each of them, for the commit that it belongs to. `write`: given the account's name. */
export async function mailPayers(
  { store, outbox }: Pick<Billing, 'store' | 'outbox'>,
  accountId: string,
  write: (accountName: string) => LetterBody,
): Promise<Statement[]> {
  const letter = write(shownName(await readAccount(store, accountId)))
  const paying = inArray(member.role, ['owner', 'admin', 'billing'])
  const rows = await store.db
    .select({ email: user.email, language: user.language })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(and(eq(member.accountId, accountId), paying))
  return rows.flatMap(({ email, language }) =>
    email === null ? [] : outbox.queue(store.db, { ...letter, to: email, language }),
  )
}
