/** Tells webhooks what is due, twenty at once. A webhook that was switched off is told no more. */
import { and, eq } from 'drizzle-orm'
import { afterFailure, takeDue } from '../store/due.ts'
import { delivery, webhook } from '../store/people.ts'
import type { People } from '../user/people.ts'
import { type Answer, post, type Way } from './target.ts'
import { signDelivery } from './webhook.ts'

const atOnce = 20
const longestError = 500

type Telling = Pick<People, 'store' | 'clock' | 'log' | 'config' | 'sealingKey'>
type DeliveryRow = typeof delivery.$inferSelect

/** `resolve`: how a name's addresses are found. */
export async function deliverEvents(telling: Telling, resolve?: Way['resolve']): Promise<void> {
  const due = await takeDue(telling.store, delivery, atOnce, telling.clock.now())
  const allowPrivate = telling.config.allowPrivateWebhooks
  const way = { allowPrivate, ...(resolve && { resolve }) }
  await Promise.all(due.map((row) => deliver(telling, row, way)))
}

async function deliver(
  { store, clock, log, sealingKey }: Telling,
  row: DeliveryRow,
  way: Way,
): Promise<void> {
  const { id, webhookId, kind, body } = row
  const [hook] = await store.db
    .select()
    .from(webhook)
    .where(and(eq(webhook.id, webhookId), eq(webhook.state, 'active')))
  const answer: Answer =
    hook === undefined
      ? { status: null, error: 'the webhook is off', final: true }
      : await post(
          hook.url,
          { headers: signDelivery(hook, sealingKey, row, clock.now()), body },
          way,
        )
  const attempts = row.attempts + 1
  const { status } = answer
  const error = answer.error?.slice(0, longestError) ?? null
  const after =
    error === null
      ? { state: 'sent' as const, attempts }
      : afterFailure(attempts, answer.final, clock.now())
  await store.write((db) => [
    db
      .update(delivery)
      .set({ ...after, status, error })
      .where(eq(delivery.id, id)),
  ])
  const told = { sent: 'webhook.sent', queued: 'webhook.delayed', failed: 'webhook.failed' }
  log.info(told[after.state], { delivery: id, kind, attempts, status })
}
