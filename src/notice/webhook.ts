/**
 * Webhooks: an account's own server is told of its events, signed as Standard Webhooks so that any library of theirs checks
 * it. The secret is shown once and kept sealed.
 */
import { randomBytes } from 'node:crypto'
import { and, asc, desc, eq, sql } from 'drizzle-orm'
import { Webhook } from 'standardwebhooks'
import { lockAccount } from '../account/member.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { seal, unseal } from '../base/secret.ts'
import type { Prices } from '../catalog/history.ts'
import { delivery, webhook } from '../store/people.ts'
import { byHand, must, type Query, type Statement, type Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { readTarget } from './target.ts'

/** What a receiver reads. Amounts are USD, as exact decimals. */
export type WebhookEvent =
  | { type: 'test'; data: { account_id: string } }
  | { type: 'low_balance'; data: LowBalance }
  | { type: 'key_budget'; data: KeyBudget }
  | { type: 'price_rise'; data: PriceRise }
  | {
      type: 'price_rise_called_off'
      data: Pick<PriceRise, 'account_id' | 'model' | 'effective_at'>
    }
  | { type: 'model_retires'; data: ModelRetires }
  | { type: 'announcement'; data: Announced }

interface LowBalance {
  account_id: string
  balance: string
  threshold: string | null
  /** Whole days that the balance lasts at the pace of the last week. */
  runway_days: number | null
  /** Sent by the button: nothing is low. */
  test?: true
}
interface KeyBudget {
  account_id: string
  key_id: string
  key_name: string
  percent: 80 | 100
  spent: string
  limit: string
}
/** USD per 1,000,000 units, of the classes that change. */
interface PriceRise {
  account_id: string
  model: string
  from: Prices
  to: Prices
  effective_at: string
}
interface ModelRetires {
  account_id: string
  model: string
  successor: string | null
  retires_at: string
}
export interface Announced {
  id: string
  kind: 'announcement' | 'maintenance'
  title: InBoth
  text: InBoth
  shows_at: string
  ends_at: string | null
}
export type InBoth = Record<'en' | 'zh-TW', string>

const mostWebhooks = 10
const mostListed = 50

/** The secret is shown this once. Refuses with `invalid_request` a URL that may not be called, and an eleventh. */
export async function addWebhook(
  { store, clock, config, sealingKey }: People,
  accountId: string,
  written: string,
): Promise<{ id: string; url: string; secret: string }> {
  const now = clock.now()
  const url = readTarget(written, config.allowPrivateWebhooks).href
  const id = newId('whk_', now)
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const sealed = seal(secret, sealingKey, id)
  await store.write((db) => [
    lockAccount(db, accountId),
    must(
      byHand(sql`INSERT INTO webhook (id, account_id, url, secret, created_at)
        SELECT ${id}, id, ${url}, ${sealed}, ${now} FROM account WHERE id = ${accountId}
          AND (SELECT COUNT(*) FROM webhook WHERE account_id = ${accountId}) < ${mostWebhooks}`),
      'invalid_request',
      { param: 'url', message: `An account has at most ${mostWebhooks} webhooks.` },
    ),
  ])
  return { id, url, secret }
}

export async function listWebhooks({ db }: Store, accountId: string) {
  const rows = await db
    .select()
    .from(webhook)
    .where(eq(webhook.accountId, accountId))
    .orderBy(asc(webhook.id))
  return rows.map(({ id, url, createdAt }) => ({
    ...{ id, url },
    created_at: new Date(createdAt).toISOString(),
  }))
}

/** With what was sent to it and what is queued for it. */
export async function removeWebhook(store: Store, accountId: string, id: string): Promise<void> {
  await requireWebhook(store, accountId, id)
  await store.write((db) => [
    db.delete(delivery).where(eq(delivery.webhookId, id)),
    must(db.delete(webhook).where(eq(webhook.id, id)), 'not_found'),
  ])
}

/** Queues an event of no meaning. Nobody is flooded by a button: refused while the one before is under way. */
export async function testWebhook(
  { store, clock }: Pick<People, 'store' | 'clock'>,
  accountId: string,
  id: string,
): Promise<void> {
  await requireWebhook(store, accountId, id)
  const now = clock.now()
  const body = writeEvent({ type: 'test', data: { account_id: accountId } }, now)
  await store.write(() => [
    must(
      byHand(sql`INSERT INTO delivery (id, webhook_id, kind, body, next_at, created_at)
        SELECT ${newId('dlv_', now)}, id, 'test', ${body}, ${now}, ${now} FROM webhook
        WHERE id = ${id} AND NOT EXISTS (SELECT 1 FROM delivery
          WHERE webhook_id = ${id} AND kind = 'test' AND state = 'queued')`),
      'too_many_attempts',
      { message: 'The test before this one is still under way.' },
    ),
  ])
}

/** The newest first. */
export async function listDeliveries(store: Store, accountId: string, id: string) {
  await requireWebhook(store, accountId, id)
  const rows = await store.db
    .select()
    .from(delivery)
    .where(eq(delivery.webhookId, id))
    .orderBy(desc(delivery.createdAt), desc(delivery.id))
    .limit(mostListed)
  return rows.map(({ id, kind, state, attempts, status, error, createdAt }) => ({
    ...{ id, event: kind, state, attempts, status, error },
    created_at: new Date(createdAt).toISOString(),
  }))
}

/** Of that account: a webhook never changes hands. */
async function requireWebhook({ db }: Store, accountId: string, id: string): Promise<void> {
  const own = and(eq(webhook.id, id), eq(webhook.accountId, accountId))
  const [row] = await db.select({ id: webhook.id }).from(webhook).where(own)
  if (row === undefined) throw new AppError('not_found')
}

/** The statements that tell webhooks of an event, for the write that it belongs to. */
export function queueEvent(
  db: Query,
  webhooks: readonly { id: string }[],
  event: WebhookEvent,
  now: number,
): Statement[] {
  const body = writeEvent(event, now)
  return webhooks.map(({ id }) =>
    db.insert(delivery).values({
      ...{ id: newId('dlv_', now), webhookId: id, kind: event.type, body },
      ...{ nextAt: now, createdAt: now },
    }),
  )
}

export function writeEvent({ type, data }: WebhookEvent, now: number): string {
  return JSON.stringify({ type, timestamp: new Date(now).toISOString(), data })
}

/** The headers of a delivery. Its id stays the same for every try, so that a receiver knows one that came twice. */
export function signDelivery(
  { id, secret }: { id: string; secret: string },
  sealingKey: string,
  message: { id: string; body: string },
  now: number,
): Record<string, string> {
  const signing = new Webhook(unseal(secret, sealingKey, id))
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': signing.sign(message.id, new Date(now), message.body),
  }
}
