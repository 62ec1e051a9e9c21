/** Who is told of a refund: members that may pay; once its account is closed, and its pages with it, the address that was left for it. */
import { eq } from 'drizzle-orm'
import type { LetterBody } from '../mail/letter.ts'
import { refundRequest } from '../store/people.ts'
import type { Statement } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { mailPayers } from './payer.ts'
import { topUpPath } from './top-up.ts'

/** Statements that queue a letter to each of them, for the commit that it belongs to. `write`: given the account's name and the order's page. */
export async function mailRefund(
  { store, outbox }: Pick<Billing, 'store' | 'outbox'>,
  { accountId, topUpId }: { accountId: string; topUpId?: string },
  write: (accountName: string, path: string | null) => LetterBody,
): Promise<Statement[]> {
  const left = await store.db
    .selectDistinct({ to: refundRequest.contact, language: refundRequest.language })
    .from(refundRequest)
    .where(eq(refundRequest.accountId, accountId))
  if (left.length === 0) {
    const path = topUpId ? `${topUpPath({ accountId, id: topUpId })}#refunds` : null
    return mailPayers({ store, outbox }, accountId, (accountName) => write(accountName, path))
  }
  return left.flatMap(({ to, language }) =>
    to === null ? [] : outbox.queue(store.db, { ...write(accountId, null), to, language }),
  )
}
