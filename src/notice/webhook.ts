/**
 * Signed webhooks (standardwebhooks): an account's own server is told what it wants to know. A target must be public and speak
 * TLS, by every address that its name has, and the address that was checked is the one that is called, so that a name
 * cannot point inside afterwards. No redirect is followed.
 */
import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { and, asc, desc, eq, lte } from 'drizzle-orm'
import { Webhook } from 'standardwebhooks'
import { isPrivateHost } from '../base/address.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { seal, unseal } from '../base/secret.ts'
import { delivery, webhook } from '../store/people.ts'
import { must, type Query, type Statement } from '../store/store.ts'
import type { People } from '../user/people.ts'

export type EventKind = 'low_balance' | 'key_budget' | 'test'

const mostWebhooks = 10
const timeoutMs = 15_000
const longestReply = 64 * 1024
const atOnce = 5
const mostTries = 8
const firstPauseMs = 30_000

type WebhookRow = typeof webhook.$inferSelect
type DeliveryRow = typeof delivery.$inferSelect

/** The secret is shown this once. Refuses with `invalid_request` about `url`. */
export async function addWebhook(
  { store, config, sealingKey, clock }: People,
  accountId: string,
  url: string,
): Promise<{ id: string; url: string; secret: string }> {
  const now = clock.now()
  const target = URL.parse(url)
  const refused = (message: string) => new AppError('invalid_request', { param: 'url', message })
  if (target === null || !/^https?:$/.test(target.protocol) || target.username || target.password) {
    throw refused('Give an address such as https://example.com/hooks/kkai.')
  }
  if (!config.allowPrivateWebhooks) {
    if (target.protocol !== 'https:') throw refused('The address must begin with https://.')
    if (isPrivateHost(target.hostname)) throw refused('The address must be public.')
  }
  const kept = await store.db.select().from(webhook).where(eq(webhook.accountId, accountId))
  if (kept.length >= mostWebhooks) throw refused(`An account has at most ${mostWebhooks} webhooks.`)
  const id = newId('whk_', now)
  const secret = `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')}`
  const row = {
    id,
    accountId,
    url: target.href,
    secret: seal(secret, sealingKey, id),
    createdAt: now,
  }
  await store.write((db) => [db.insert(webhook).values(row)])
  return { id, url: target.href, secret }
}

export async function listWebhooks({ store }: People, accountId: string) {
  const rows = await store.db
    .select()
    .from(webhook)
    .where(and(eq(webhook.accountId, accountId), eq(webhook.state, 'active')))
    .orderBy(asc(webhook.id))
  return rows.map(({ id, url, createdAt }) => ({
    ...{ id, url },
    created_at: new Date(createdAt).toISOString(),
  }))
}

/** What is queued for it is dropped. */
export async function removeWebhook({ store }: People, accountId: string, id: string) {
  await store.write((db) => [
    must(db.update(webhook).set({ state: 'disabled' }).where(isLive(accountId, id)), 'not_found'),
    db.delete(delivery).where(and(eq(delivery.webhookId, id), eq(delivery.state, 'queued'))),
  ])
}

export async function testWebhook({ store, clock }: People, accountId: string, id: string) {
  const [row] = await store.db.select().from(webhook).where(isLive(accountId, id))
  if (!row) throw new AppError('not_found')
  await store.write((db) => [queueEvent(db, row, 'test', { account_id: accountId }, clock.now())])
}

export async function listDeliveries({ store }: People, accountId: string, id: string) {
  const [row] = await store.db.select().from(webhook).where(isLive(accountId, id))
  if (!row) throw new AppError('not_found')
  const rows = await store.db
    .select()
    .from(delivery)
    .where(eq(delivery.webhookId, id))
    .orderBy(desc(delivery.createdAt))
    .limit(50)
  return rows.map(({ id, kind, state, attempts, status, error, createdAt }) => ({
    ...{ id, event: kind, state, attempts, status, error },
    created_at: new Date(createdAt).toISOString(),
  }))
}

const isLive = (accountId: string, id: string) =>
  and(eq(webhook.id, id), eq(webhook.accountId, accountId), eq(webhook.state, 'active'))

/** For the write that the event belongs to. */
export function queueEvent(
  db: Query,
  { id }: Pick<WebhookRow, 'id'>,
  kind: EventKind,
  data: Record<string, unknown>,
  now: number,
): Statement {
  const body = JSON.stringify({ type: kind, timestamp: new Date(now).toISOString(), data })
  const row = { id: newId('dlv_', now), webhookId: id, kind, body, nextAt: now, createdAt: now }
  return db.insert(delivery).values(row)
}

/** Sends what is due: again after half a minute, then ever later, eight times. */
export async function deliverEvents(people: People): Promise<void> {
  const { store, clock, log } = people
  const now = clock.now()
  const due = await store.db
    .select({ delivery, webhook })
    .from(delivery)
    .innerJoin(webhook, eq(webhook.id, delivery.webhookId))
    .where(and(eq(delivery.state, 'queued'), lte(delivery.nextAt, now)))
    .orderBy(asc(delivery.nextAt))
    .limit(atOnce)
  await Promise.all(
    due.map(async ({ delivery: row, webhook: to }) => {
      if (!(await takeInHand(people, row, now))) return
      const { status, error } = await send(people, to, row)
      const attempts = row.attempts + 1
      const sent = error === null
      const state = sent ? 'sent' : attempts >= mostTries ? 'failed' : 'queued'
      const nextAt = now + firstPauseMs * 4 ** (attempts - 1)
      await store.write((db) => [
        db
          .update(delivery)
          .set({ state, attempts, status, error, nextAt })
          .where(eq(delivery.id, row.id)),
      ])
      if (!sent) log.info('webhook.refused', { webhook: to.id, attempts, status })
    }),
  )
}

/** Several nodes deliver: who moves the time has it. */
function takeInHand({ store }: People, { id, nextAt }: DeliveryRow, now: number): Promise<boolean> {
  const still = and(eq(delivery.id, id), eq(delivery.state, 'queued'), eq(delivery.nextAt, nextAt))
  return store
    .write((db) => [
      must(
        db
          .update(delivery)
          .set({ nextAt: now + 4 * timeoutMs })
          .where(still),
        'not_found',
      ),
    ])
    .then(
      () => true,
      () => false,
    )
}

async function send(
  { config, sealingKey, clock }: People,
  to: WebhookRow,
  { id, body }: DeliveryRow,
): Promise<{ status: number | null; error: string | null }> {
  try {
    const url = new URL(to.url)
    const address = await publicAddress(url, config.allowPrivateWebhooks)
    const at = new Date(clock.now())
    const signature = new Webhook(unseal(to.secret, sealingKey, to.id)).sign(id, at, body)
    const headers = {
      ...{ 'content-type': 'application/json', 'user-agent': 'kkai-webhook' },
      'content-length': String(Buffer.byteLength(body)),
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    }
    const status = await post(url, address, headers, body)
    return { status, error: status >= 200 && status < 300 ? null : `It answered ${status}.` }
  } catch (cause) {
    return { status: null, error: (cause as Error).message.slice(0, 200) }
  }
}

interface Address {
  address: string
  family: number
}

/** Refuses a name of which any address is private. */
async function publicAddress({ hostname }: URL, allowPrivate: boolean): Promise<Address> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const found = await lookup(host, { all: true })
  const inside = found.some(({ address }) => isPrivateHost(address))
  if (!allowPrivate && (inside || isPrivateHost(hostname)))
    throw new Error('The address is private.')
  const [first] = found
  if (!first) throw new Error('The name has no address.')
  return first
}

function post(
  url: URL,
  { address, family }: Address,
  headers: Record<string, string>,
  body: string,
): Promise<number> {
  const { request } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        ...{ method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) },
        // The address that was checked, not whatever the name says by now.
        lookup: (_host, options, answer) =>
          options.all ? answer(null, [{ address, family }]) : answer(null, address, family),
      },
      (reply) => {
        let length = 0
        reply.on('data', (piece: Buffer) => {
          length += piece.length
          if (length > longestReply) asked.destroy(new Error('The answer is too long.'))
        })
        reply.on('end', () => resolve(reply.statusCode ?? 0))
        reply.on('error', reject)
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}
