/**
 * Kills the executable at named points of a call, of a payment and of a refund, seen from outside: by what the provider was asked and has
 * sent, by what is in the database's file, or by holding its write lock, so that a commit is just about to happen. Whatever
 * the point, the next start leaves nothing held, charges no more than was sent, credits each payment once and pays each refund
 * back once.
 */
import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StripeSimulator, startStripe } from '../../src/demo/payments/stripe.ts'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import { type Simulator, startSimulator } from '../../src/demo/simulator/simulator.ts'
import { type Answered, ask } from '../money/client.ts'
import { makeOrders, paymentSettings, secrets } from './callback.ts'
import type { Outcome } from './case.ts'
import { mostFor } from './kill.ts'
import { furnish, openFile, type Process, startProcess, verifyData } from './process.ts'
import { type Approving, askBack, countBooked, letTimePass, paidBackAt } from './refund.ts'

interface Scene {
  server: Process
  simulator: Simulator
  stripe: StripeSimulator
  order: string
  refund: Approving | null
  /** Resolves once there is one more of these rows than before the point's call, payment or refund. */
  more(rows: Rows): Promise<void>
  /** Lets nobody else write from now on. */
  lock(): void
}

type Rows = 'held' | 'settled' | 'paid' | 'asked back'

interface Point {
  name: string
  /** The call that is made; none where it is a payment or a refund. */
  model: string | null
  refunds?: true
  /** Resolves at the point. */
  reach(scene: Scene): Promise<void>
}

const pause = () => Bun.sleep(30)

// biome-ignore format: a table is read by its rows
const points: readonly Point[] = [
  { name: 'before the hold is written', model: 'late', reach: async ({ lock }) => { lock(); await pause() } },
  { name: 'after the hold', model: 'late', reach: ({ more }) => more('held') },
  { name: 'after the provider is asked', model: 'late', reach: ({ simulator }) => sentBy(simulator, () => true) },
  { name: 'after the provider’s first words', model: 'slow', reach: ({ simulator }) => sentBy(simulator, ({ frames }) => frames > 1) },
  { name: 'in the middle of a stream', model: 'slow', reach: ({ simulator }) => sentBy(simulator, ({ frames }) => frames > 25) },
  { name: 'after the last chunk, before it is settled', model: 'slow', reach: async ({ simulator, lock }) => {
    await sentBy(simulator, ({ frames }) => frames > 30)
    lock()
    await sentBy(simulator, ({ outcome }) => outcome === 'complete')
    await pause()
  } },
  { name: 'after it is settled', model: 'slow', reach: ({ more }) => more('settled') },
  { name: 'in a callback, before it is booked', model: null, reach: async ({ stripe, order, lock }) => {
    const before = stripe.journal.length
    lock()
    stripe.control.pay({ order })
    await until(() => stripe.journal.slice(before).some(({ method }) => method === 'GET'))
    await pause()
  } },
  { name: 'in a callback, after it is booked', model: null, reach: ({ more, stripe, order }) => {
    stripe.control.pay({ order })
    return more('paid')
  } },
  { name: 'in a refund, before the processor is asked', model: null, refunds: true, reach: ({ more, server, refund }) => {
    refund?.approve(server.url)
    return more('asked back')
  } },
  { name: 'in a refund, after the processor paid it, before it is booked', model: null, refunds: true, reach: async ({ more, server, stripe, refund, lock }) => {
    refund?.approve(server.url)
    await more('asked back')
    lock()
    await until(() => paidBackAt(stripe, refund?.id ?? '').length > 0)
    await pause()
  } },
]
export const pointNames = points.map(({ name }) => name)

const models = { late: 'sim-chat@silence=400', slow: 'sim-chat@ttft=10,tps=200,tokens=40' }
const patienceMs = 30_000

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + patienceMs; !isSo(); await Bun.sleep(1)) {
    if (Date.now() > end) throw new Error('the point is not reached')
  }
}

function sentBy({ journal }: Simulator, isSo: (entry: Entry) => boolean): Promise<void> {
  return until(() => journal.entries().some(isSo))
}

function countRows(data: string): Record<Rows, bigint> {
  const file = openFile(data)
  const count = (from: string) =>
    file.query<{ n: bigint }, []>(`SELECT COUNT(*) AS n FROM ${from}`).get()?.n ?? 0n
  const counts = {
    held: count('hold'),
    settled: count('usage'),
    paid: count("top_up WHERE state = 'paid'"),
    'asked back': count('refund WHERE asking_at IS NOT NULL'),
  }
  file.close()
  return counts
}

function findUnpaid(data: string, stripe: StripeSimulator, { id }: Approving): string | null {
  const [paid, booked] = [paidBackAt(stripe, id).length, countBooked(data, id)]
  return paid === 1 && booked === 1 ? null : `${id} paid ${paid} times, booked ${booked} times`
}

/** Kills at each of the points so often. */
export async function killAtPoints(times: number): Promise<Outcome> {
  const data = mkdtempSync(join(tmpdir(), 'kkai-points-'))
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0 })
  const at: { url: string | null } = { url: null }
  const stripe = startStripe({
    ...{ hostname: '127.0.0.1', port: 0, ...secrets, retryMs: [20, 200] },
    webhookUrl: () => (at.url === null ? null : `${at.url}/api/payments/stripe`),
  })
  const { settings, environment } = paymentSettings(stripe.url)
  const troubles: string[] = []
  let kills = 0
  try {
    const first = await startProcess(data, environment)
    const { key } = await furnish(first, simulator.url, models)
    await end(first)
    for (const point of points) {
      for (let round = 1; round <= times; round++) {
        const [order = ''] = point.model ? [] : await makeOrders(data, settings, ++kills, 1)
        const refund = point.refunds ? await askBack(data, settings, stripe, order) : null
        simulator.journal.clear()
        const server = await startProcess(data, environment)
        at.url = server.url
        const lock = openLock(data)
        const before = countRows(data)
        const more = (rows: Rows) => until(() => countRows(data)[rows] > before[rows])
        const call = point.model ? ask({ url: server.url, key }, callOf(point.model)) : null
        await point.reach({ server, simulator, stripe, order, refund, more, lock: lock.take })
        await end(server)
        lock.release()
        if (refund) letTimePass(data)
        const again = await startProcess(data, environment)
        at.url = again.url
        if (order !== '') await until(() => isPaid(data, order))
        if (refund) await until(() => countBooked(data, refund.id) > 0)
        const told = await call
        await end(again)
        const wrong = [
          ...findWrong(data, { entry: simulator.journal.entries()[0], told, order }),
          refund && findUnpaid(data, stripe, refund),
          await verifyData(data),
        ]
        for (const what of wrong) if (what !== null) troubles.push(`${point.name}: ${what}`)
      }
    }
  } finally {
    await simulator.stop()
    await stripe.stop()
    rmSync(data, { recursive: true, force: true })
  }
  return { figures: `${points.length} points, ${times} kills at each`, troubles }
}

const callOf = (model: string) => ({ model, stream: true, stream_options: { include_usage: true } })

async function end(server: Process): Promise<void> {
  server.kill('SIGKILL')
  await server.exited
}

function openLock(data: string) {
  const file = new Database(join(data, 'kkai.db'), { readwrite: true })
  file.run('PRAGMA busy_timeout = 2000')
  return {
    take: () => {
      file.run('BEGIN IMMEDIATE')
    },
    release: () => file.close(),
  }
}

function isPaid(data: string, order: string): boolean {
  const file = openFile(data)
  const row = file.query("SELECT 1 FROM top_up WHERE id = ? AND state = 'paid'").get(order)
  file.close()
  return row !== null
}

interface Known {
  entry: Entry | undefined
  told: Answered | null
  order: string
}

function findWrong(data: string, { entry, told, order }: Known): string[] {
  const file = openFile(data)
  const held = file.query('SELECT id FROM hold').all().length
  const credited = file
    .query('SELECT t.id FROM transfer t JOIN top_up o ON o.transfer_id = t.id WHERE o.id = ?')
    .all(order).length
  const call = file
    .query<{ charged: bigint; posts: bigint }, [string]>(
      `SELECT charged, (SELECT COUNT(*) FROM transfer WHERE pending_id = usage.id) AS posts
      FROM usage WHERE id = ?`,
    )
    .get(entry?.caller ?? told?.id ?? '')
  file.close()
  const most = entry ? mostFor(entry, undefined) : 0n
  return [
    ...(held > 0 ? [`${held} left held`] : []),
    ...(order !== '' && credited !== 1 ? [`${order} credited ${credited} times`] : []),
    ...(entry && call === null ? ['asked of the provider without a record'] : []),
    ...(call && (call.posts !== 1n || call.charged > most)
      ? [`charged ${call.charged} of at most ${most}, resolved ${call.posts} times`]
      : []),
    ...(told?.cost && told.cost !== call?.charged ? ['told another cost than is charged'] : []),
  ]
}
