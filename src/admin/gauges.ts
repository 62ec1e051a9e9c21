/**
 * What an operator watches beside the calls: the books, what waits, the machine, the channels. Each is read when Prometheus
 * asks, from an index or the file system, and at most every few seconds however many ask.
 */
import { statfsSync, statSync } from 'node:fs'
import { eq, gt, sql } from 'drizzle-orm'
import { readDifferences } from '../billing/report-provider.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Metrics } from '../http/metrics.ts'
import { account, instance } from '../store/schema.ts'
import type { Query } from '../store/store.ts'
import type { Parts, State } from './parts.ts'

const freshMs = 5_000
/** For what looks at many rows. */
const slowlyFreshMs = 60_000

export function showGauges(parts: Parts, state: State, gateway: Gateway, metrics: Metrics): void {
  metrics.show('kkai_calls_running', 'Calls under way.', () => gateway.running.size)
  showChecks(parts, state, metrics)
  showWaiting(parts, metrics)
  showMachine(parts, metrics)
  showProviderCost(parts, metrics)
  showChannels(parts, gateway, metrics)
}

function showChecks({ clock }: Parts, state: State, { show }: Metrics): void {
  const startedAt = clock.now()
  const since = (at: number) => (clock.now() - at) / 1000
  show('kkai_ledger_verified', 'Whether the last check found the ledger in order.', () =>
    state.verified === null ? null : Number(state.verified),
  )
  show('kkai_ledger_verified_age_seconds', 'Since that check, or the start.', () =>
    since(state.verifiedAt ?? startedAt),
  )
  show('kkai_backup_age_seconds', 'Since the last backup that is known of.', () =>
    state.backedUpAt === undefined ? null : since(state.backedUpAt),
  )
}

function showWaiting({ clock, store }: Parts, { show, showBy }: Metrics): void {
  const counts = remember(clock, freshMs, () => countWaiting(store.db))
  const of = (kind: string) => async () => (await counts()).get(kind) ?? new Map()
  showBy('queue', 'kkai_outbox_length', 'What is to be sent, or sent again.', of('outbox'))
  showBy('state', 'kkai_payments_unsettled', 'Orders that may still be paid.', of('payment'))
  showBy('state', 'kkai_refunds_waiting', 'To decide, to pay, or failed.', of('refund'))
  show(
    'kkai_accounts_below_zero',
    'Customers who owe the platform.',
    remember(clock, slowlyFreshMs, () => countBelowZero(store.db)),
  )
}

function showMachine(parts: Parts, { show }: Metrics): void {
  const { clock, config, store } = parts
  const write = remember(clock, freshMs, () => timeWrite(parts))
  show('kkai_database_write_seconds', 'One write, durable, now.', write)
  show('kkai_disk_free_bytes', 'Room in the data directory.', () => {
    const { bavail, bsize } = statfsSync(config.data)
    return bavail * bsize
  })
  if (store.kind !== 'sqlite') return
  const log = `${store.path}-wal`
  show('kkai_database_wal_bytes', "SQLite's write-ahead log.", () => statSync(log).size)
}

function showProviderCost({ clock, store }: Parts, { showBy }: Metrics): void {
  showBy(
    'channel',
    'kkai_provider_cost_difference',
    'What a provider says beyond what we reckon, as a share: the larger of today and yesterday.',
    remember(clock, slowlyFreshMs, () => readDifferences(store, clock.now())),
  )
}

const severity = { closed: 0, probing: 1, open: 2 } as const

function showChannels({ catalog, clock }: Parts, { breakers }: Gateway, { showBy }: Metrics): void {
  showBy('channel', 'kkai_channel_breaker', '0 closed, 1 probing, 2 open: left alone.', () => {
    const now = clock.elapsed()
    const routes = [...catalog.current.models.values()].flatMap((model) => model.routes)
    return new Map(
      routes.map(({ channel }) => [channel.id, severity[breakers.state(channel, now)]]),
    )
  })
}

/** Answers what was read at most `ms` ago; a failure is not kept. */
function remember<T>(clock: Parts['clock'], ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; reading: Promise<T> } | null = null
  return () => {
    const now = clock.elapsed()
    if (last === null || now - last.at >= ms) {
      const reading = read()
      last = { at: now, reading }
      reading.catch(() => {
        last = null
      })
    }
    return last.reading
  }
}

/** States as words, not parameters: only so do the partial indexes serve. */
async function countWaiting(db: Query): Promise<Map<string, Map<string, number>>> {
  const rows = await db.all<[kind: string, of: string, count: unknown]>(sql`
    SELECT 'outbox', 'mail', COUNT(*) FROM mail WHERE state = 'queued'
    UNION ALL SELECT 'outbox', 'webhook', COUNT(*) FROM delivery WHERE state = 'queued'
    UNION ALL SELECT 'outbox', 'invoice', COUNT(*) FROM invoice WHERE state = 'queued'
    UNION ALL SELECT 'payment', state, COUNT(*) FROM top_up
      WHERE state = 'open' OR state = 'pending' GROUP BY state
    UNION ALL SELECT 'refund', state, COUNT(*) FROM refund
      WHERE state = 'asked' OR state = 'approved' OR state = 'failed' GROUP BY state`)
  const counts = new Map<string, Map<string, number>>()
  for (const [kind, of, count] of rows) {
    counts.set(kind, (counts.get(kind) ?? new Map()).set(of, Number(count)))
  }
  return counts
}

async function countBelowZero(db: Query): Promise<number> {
  const [row] = await db
    .select({ count: sql`COUNT(*)`.mapWith(Number) })
    .from(account)
    .where(gt(account.debitsPosted, account.creditsPosted))
  return row?.count ?? 0
}

/** Our own row is written as it is: it waits for the other writes and for the disk as a call does. */
async function timeWrite({ store, clock, instanceId }: Parts): Promise<number> {
  const start = clock.elapsed()
  await store.write((db) => [
    db.update(instance).set({ startedAt: sql`started_at` }).where(eq(instance.id, instanceId)),
  ])
  return (clock.elapsed() - start) / 1000
}
