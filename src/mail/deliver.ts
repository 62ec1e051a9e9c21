/**
 * Delivers what is due in the outbox, oldest first, five at once: again after a minute, then ever later, ten times; what the
 * server refuses for good is not tried again. Once delivered, a mail's words are blanked: they hold one-time links.
 */
import { and, asc, eq, lte } from 'drizzle-orm'
import type { Logger } from '../base/log.ts'
import { mail } from '../store/people.ts'
import { must, type Store } from '../store/store.ts'
import type { Mailer, Undelivered } from './send-apart.ts'

const atOnce = 5
const mostTries = 10
const minuteMs = 60_000
const longestPauseMs = 6 * 60 * minuteMs
/** How long a mail in hand is left alone by other nodes. */
const inHandMs = 2 * minuteMs

type MailRow = typeof mail.$inferSelect

export async function deliverDue(
  store: Store,
  log: Logger,
  mailer: () => Promise<Mailer>,
  from: string,
  now: number,
): Promise<void> {
  const due = await store.db
    .select()
    .from(mail)
    .where(and(eq(mail.state, 'queued'), lte(mail.nextAt, now)))
    .orderBy(asc(mail.nextAt), asc(mail.id))
    .limit(atOnce)
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
  if (!(await takeInHand(store, row, now))) return
  try {
    await mailer.send({ id, from, to, subject, text: row.text ?? '', html: row.html ?? '' })
    await record(store, id, {
      state: 'sent',
      sentAt: now,
      attempts,
      text: null,
      html: null,
      error: null,
    })
    log.info('mail.sent', { mail: id, kind, waited_ms: now - nextAt })
  } catch (cause) {
    const { message, permanent } = cause as Undelivered
    const failed = permanent || attempts >= mostTries
    const pauseMs = Math.min(minuteMs * 2 ** (attempts - 1), longestPauseMs)
    await record(store, id, {
      ...{ state: failed ? 'failed' : 'queued', attempts, nextAt: now + pauseMs },
      error: String(message).slice(0, 500),
      ...(failed && { text: null, html: null }),
    })
    log.warn(failed ? 'mail.failed' : 'mail.delayed', { mail: id, kind, attempts })
  }
}

/** On PostgreSQL several nodes deliver: who moves the time has it. */
async function takeInHand(store: Store, { id, nextAt }: MailRow, now: number): Promise<boolean> {
  const still = and(eq(mail.id, id), eq(mail.state, 'queued'), eq(mail.nextAt, nextAt))
  return store
    .write((db) => [
      must(
        db
          .update(mail)
          .set({ nextAt: now + inHandMs })
          .where(still),
        'not_found',
      ),
    ])
    .then(
      () => true,
      () => false,
    )
}

async function record(store: Store, id: string, facts: Partial<MailRow>): Promise<void> {
  await store.write((db) => [db.update(mail).set(facts).where(eq(mail.id, id))])
}
