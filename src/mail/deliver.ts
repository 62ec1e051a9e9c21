/**
 * Delivers what is due in the outbox, oldest first, twenty in a turn; what the server refuses for good is not tried again. Once
 * a mail is delivered or given up, its words are blanked: they hold one-time links.
 */
import { eq } from 'drizzle-orm'
import type { Logger } from '../base/log.ts'
import { afterFailure, takeDue } from '../store/due.ts'
import { mail } from '../store/people.ts'
import type { Store } from '../store/store.ts'
import type { Mailer, Undelivered } from './send-apart.ts'

const atOnce = 20
const longestError = 500

type MailRow = typeof mail.$inferSelect

export async function deliverDue(
  store: Store,
  log: Logger,
  mailer: () => Promise<Mailer>,
  from: string,
  now: number,
): Promise<void> {
  const due = await takeDue(store, mail, atOnce, now)
  if (due.length === 0) return
  const open = await mailer()
  await Promise.all(due.map((row) => deliver(store, log, open, from, row, now)))
}

async function deliver(
  store: Store,
  log: Logger,
  mailer: Mailer,
  from: string,
  row: MailRow,
  now: number,
): Promise<void> {
  const { id, kind, recipient: to, subject, nextAt } = row
  const attempts = row.attempts + 1
  const blank = { text: null, html: null }
  const record = (facts: Partial<MailRow>) =>
    store.write((db) => [db.update(mail).set(facts).where(eq(mail.id, id))])
  try {
    await mailer.send({ id, from, to, subject, text: row.text ?? '', html: row.html ?? '' })
    await record({ state: 'sent', sentAt: now, attempts, error: null, ...blank })
    log.info('mail.sent', { mail: id, kind, waited_ms: now - nextAt })
  } catch (cause) {
    const { message, permanent } = cause as Undelivered
    const after = afterFailure(attempts, permanent, now)
    const failed = after.state === 'failed'
    const error = String(message).slice(0, longestError)
    await record({ ...after, error, ...(failed && blank) })
    log.warn(failed ? 'mail.failed' : 'mail.delayed', { mail: id, kind, attempts })
  }
}
