/**
 * Kills the executable while payment callbacks are under way, again and again on one data directory. Payers pay at the simulated
 * Stripe, which calls back, and goes on calling back when nobody answers; what dies within is booked at the next start, by a
 * callback that comes again or by the job that asks. No credit may be lost or doubled.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openParts } from '../../src/app.ts'
import { silentLog } from '../../src/base/log.ts'
import { createTopUp } from '../../src/billing/top-up.ts'
import { readSettings } from '../../src/config.ts'
import { startStripe } from '../../src/demo/payments/stripe.ts'
import { account } from '../../src/store/schema.ts'
import { randomFrom } from '../money/draw.ts'
import { openFile, startProcess, verifyData } from './process.ts'

const ordersEach = 4
const credit = 25_000_000_000n
const longestMs = 120
export const secrets = { secretKey: 'sk_test_kill', webhookSecret: 'whsec_kill' }

export interface KilledRound {
  afterMs: number
  /** Of the round's orders, those that were credited when it died. */
  credited: number
}

export interface Outcome {
  orders: number
  troubles: string[]
}

/** Kills `rounds` times, reports each, and answers what is wrong in the end. */
export async function killInCallbacks(
  rounds: number,
  seed: number,
  report: (round: KilledRound, at: number) => void,
): Promise<Outcome> {
  const data = mkdtempSync(join(tmpdir(), 'kkai-callback-'))
  const random = randomFrom(seed)
  const at: { url: string | null } = { url: null }
  const simulator = startStripe({
    ...{ hostname: '127.0.0.1', port: 0, ...secrets, retryMs: [20, 200] },
    webhookUrl: () => (at.url === null ? null : `${at.url}/api/payments/stripe`),
  })
  const { settings, environment } = paymentSettings(simulator.url)
  try {
    for (let round = 1; round <= rounds; round++) {
      const orders = await makeOrders(data, settings, round, ordersEach)
      const server = await startProcess(data, environment)
      at.url = server.url
      for (const order of orders) simulator.control.pay({ order })
      const afterMs = Math.floor(random() * longestMs)
      await Bun.sleep(afterMs)
      server.kill('SIGKILL')
      await server.exited
      report({ afterMs, credited: countPaid(data, orders) }, round)
    }
    return await settleAndCompare(data, environment, rounds * ordersEach)
  } finally {
    await simulator.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

/** As settings, and as the executable's environment. */
export function paymentSettings(stripeUrl: string) {
  const settings = {
    ...{ payments: 'test', stripe_url: stripeUrl },
    ...{ stripe_secret_key: secrets.secretKey, stripe_webhook_secret: secrets.webhookSecret },
  }
  const named = Object.entries(settings).map(([name, value]) => [
    `KKAI_${name.toUpperCase()}`,
    value,
  ])
  return { settings, environment: Object.fromEntries(named) as Record<string, string> }
}

/** Orders of a new account with their checkouts, made while no server runs. */
export async function makeOrders(
  data: string,
  settings: Record<string, string>,
  round: number,
  count: number,
): Promise<string[]> {
  const parts = await openParts(readSettings({ data, ...settings }, {}).config, silentLog)
  const accountId = `acc_${round}`
  const row = { id: accountId, kind: 'person' as const, createdAt: 0 }
  await parts.store.write((db) => [db.insert(account).values(row)])
  const ids: string[] = []
  for (let at = 0; at < count; at++) {
    const { id } = await createTopUp(parts, {
      ...{ accountId, userId: null, origin: 'customer', processor: 'stripe', method: 'card' },
      ...{ credit, once: `${at}` },
    })
    ids.push(id)
  }
  await parts.close()
  return ids
}

function countPaid(data: string, orders: readonly string[]): number {
  const file = openFile(data)
  const paid = file
    .query<{ id: string }, []>("SELECT id FROM top_up WHERE state = 'paid'")
    .all()
    .filter(({ id }) => orders.includes(id))
  file.close()
  return paid.length
}

const patienceMs = 20_000

/** One more start, nobody pays: all that was paid must be credited, each order by one transfer. */
async function settleAndCompare(
  data: string,
  environment: Record<string, string>,
  orders: number,
): Promise<Outcome> {
  const server = await startProcess(data, environment)
  const file = openFile(data)
  const count = (text: string) => Number(file.query<{ n: bigint }, []>(text).get()?.n)
  const paid = () => count("SELECT COUNT(*) AS n FROM top_up WHERE state = 'paid'")
  for (const end = Date.now() + patienceMs; paid() < orders && Date.now() < end; ) {
    await Bun.sleep(50)
  }
  server.kill('SIGTERM')
  await server.exited
  const facts = {
    'orders paid': paid(),
    transfers: count("SELECT COUNT(*) AS n FROM transfer WHERE code = 'topup'"),
    receipts: count("SELECT COUNT(*) AS n FROM receipt WHERE kind = 'receipt'"),
    'the last receipt’s number': count('SELECT MAX(number) AS n FROM receipt'),
    'credit in orders': count(
      `SELECT SUM(credits_posted) / ${credit} AS n FROM account WHERE kind = 'person'`,
    ),
  }
  file.close()
  const troubles = Object.entries(facts)
    .filter(([, found]) => found !== orders)
    .map(([what, found]) => `${what}: ${found} instead of ${orders}`)
  const wrong = await verifyData(data)
  return { orders, troubles: wrong === null ? troubles : [...troubles, wrong] }
}
