/** Who is told of a refund: members that may pay; once its account is closed, the address that was left for it. */
import { eq } from 'drizzle-orm'
import type { LetterBody } from '../mail/letter.ts'
import { refundRequest } from '../store/people.ts'
import type { Statement } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { mailPayers } from './payer.ts'

/** Statements that queue a letter to each of them, for the commit that it belongs to. */
export async function mailRefund(
  { store, outbox }: Pick<Billing, 'store' | 'outbox'>,
  { accountId }: { accountId: string },
  write: (accountName: string) => LetterBody,
): Promise<Statement[]> {
  const left = await store.db
    .selectDistinct({ to: refundRequest.contact, language: refundRequest.language })
    .from(refundRequest)
    .where(eq(refundRequest.accountId, accountId))
  if (left.length === 0) return mailPayers({ store, outbox }, accountId, write)
  return left.flatMap(({ to, language }) =>
    to === null ? [] : outbox.queue(store.db, { ...write(accountId), to, language }),
  )
}
