/**
 * One seed of the simulation: the ledger, the limiter, the relay and the simulated provider in one process under a clock and
 * chance of the seed's, with people who call, pay, take back and leave, and crashes between any two steps. The same seed is
 * the same run, to the last hash of the ledger.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { eq, or } from 'drizzle-orm'
import { openParts } from '../../src/app.ts'
import { silentLog } from '../../src/base/log.ts'
import { expireCredit } from '../../src/billing/expire.ts'
import { reconcile } from '../../src/billing/reconcile.ts'
import { refuseRefund } from '../../src/billing/refund-decide.ts'
import { payDueRefunds } from '../../src/billing/refund-pay.ts'
import { createBatch } from '../../src/billing/voucher-batch.ts'
import { applyCatalog } from '../../src/catalog/apply.ts'
import { readSettings } from '../../src/config.ts'
import { simulate as openProvider } from '../../src/demo/simulator/simulator.ts'
import { createKey } from '../../src/key/issue.ts'
import { refund } from '../../src/store/credit.ts'
import { member, user } from '../../src/store/people.ts'
import { account, key } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { give, live, operate, takeBack, work } from './actors.ts'
import { openBank } from './bank.ts'
import { offers } from './call.ts'
import { findTroubles } from './check.ts'
import { openPlatform, type Platform, room, sealing, settings } from './life.ts'
import { type Customer, draw, type Scene, usd } from './scene.ts'
import { inSimulatedTime, type Time } from './time.ts'

export interface Run {
  seed: number
  /** Over everything that was seen, and when, and the ledger's last hashes. */
  trace: string
  /** How often what happened. */
  seen: Map<string, number>
  troubles: string[]
}

/** What every run begins with, made once. */
export interface Template {
  file: string
  customers: Customer[]
  remove(): void
}

/** Nano-USD a token, in and out. */
export const price = 2_000_000n
const accounts = ['acc_ann', 'acc_bob', 'acc_cy']
const unlimited = {
  ...{ name: 'key', expiresAt: null, creditLimit: null, creditReset: null, rpm: null, tpm: null },
  ...{ concurrent: null, models: null, ips: null },
}

export function makeTemplate(): Promise<Template> {
  const data = mkdtempSync(join(room, 'kkai-sim-template-'))
  return inSimulatedTime(0, (time) => {
    // No clock that jumps back is before its prices.
    time.jump(-dayMs)
    return finish(time, () => fillTemplate(data, time))
  })
}

async function fillTemplate(data: string, time: Time): Promise<Template> {
  const { config } = readSettings({ ...settings, ...sealing, data }, {})
  const parts = await openParts(config, silentLog, { clock: time, held: { release: () => {} } })
  const { store, catalog: book, sealingKey } = parts
  const place = { base_url: 'http://provider.test/v1', credential: 'sk-sim', allow_private: true }
  const channels = ['openai', 'anthropic', 'flaky', 'second', 'down', 'breaks']
  const file = {
    channels: channels.map((id) => ({
      ...{ id, ...place },
      provider: id === 'anthropic' ? 'simulated-anthropic' : 'simulated',
    })),
    models: Object.entries(offers).map(([id, offer]) => ({
      ...{ id, kind: 'chat', context_length: 100_000, max_output: 4096 },
      price: { input: '2000', output: '2000' },
      channels: offer.channels.map((channel, priority) => ({
        ...{ channel, priority, model: channel === 'second' ? 'sim-chat' : offer.upstream },
      })),
    })),
  }
  await applyCatalog({ store, book, sealingKey }, JSON.stringify(file), 'test', time.now())
  await parts.business.change({ topUpMin: '1' }, 'test', time.now())
  const customers: Customer[] = []
  for (const id of accounts) {
    await addOwned(store, id, time.now())
    const keys = []
    for (let at = 0; at < 2; at++) keys.push(await createKey(store, id, unlimited, time.now()))
    customers.push({ account: id, keys })
  }
  await parts.close()
  return {
    ...{ file: join(data, 'kkai.db'), customers },
    remove: () => rmSync(data, { recursive: true, force: true }),
  }
}

/** An account with an owner whose address is confirmed. */
function addOwned(store: Store, id: string, now: number): Promise<void> {
  const name = id.slice(4)
  const owner = {
    id: name,
    name,
    email: `${name}@example.com`,
    emailVerifiedAt: now,
    createdAt: now,
  }
  return store.write((db) => [
    db.insert(user).values(owner),
    db.insert(account).values({ id, kind: 'entity', name, createdAt: now }),
    db.insert(member).values({ accountId: id, userId: name, role: 'owner', createdAt: now }),
  ])
}

/** Lets `work` happen in simulated time; `platform`: starts it anew whenever it dies. */
async function finish<T>(
  time: Time,
  work: () => Promise<T>,
  platform: Platform | null = null,
): Promise<T> {
  const end: { outcome: { value: T } | { cause: unknown } | null } = { outcome: null }
  work().then(
    (value) => {
      end.outcome = { value }
    },
    (cause) => {
      end.outcome = { cause }
    },
  )
  for (;;) {
    await time.runUntil(() => end.outcome !== null || platform?.dying || !!platform?.broken)
    if (platform?.broken) throw platform.broken
    if (end.outcome === null) platform?.restart()
    else if ('cause' in end.outcome) throw end.outcome.cause
    else return end.outcome.value
  }
}

/** Every name of a point where the platform may die. */
export const points = [
  ...['hold', 'extension', 'note', 'settlement', 'transfer'].flatMap((verb) => [
    ...[`before ${verb}`, `after ${verb}`],
  ]),
  ...['before a write', 'after a write', 'upstream headers', 'chunk', 'last chunk'],
  ...['bank asked', 'bank paid back'],
]

export async function simulate(seed: number, template: Template): Promise<Run> {
  const seen = new Map<string, number>()
  const troubles: string[] = []
  const trace = new Bun.CryptoHasher('sha256')
  const facts = await inSimulatedTime(seed, async (time) => {
    const saw = (what: string, times = 1) => {
      if (times === 0) return
      seen.set(what, (seen.get(what) ?? 0) + times)
      trace.update(`${time.elapsed()} ${time.now()} ${what} ${times}\n`)
    }
    const fates = drawFates(time)
    const dies = (point: string) => {
      const left = fates.get(point)
      if (left === undefined || !scene?.open) return false
      fates.set(point, left - 1)
      return left === 1
    }
    const provider = openProvider({ seed, journalEntries: 10_000 })
    const bank = openBank((what) => platform.point(what))
    const platform: Platform = openPlatform({ time, provider, bank, dies, saw }, template.file)
    const scene: Scene = {
      ...{ time, platform, provider, bank, saw, customers: template.customers, open: false },
      ...{ told: [], grants: [], vouchers: [], orders: [], refunds: [], forms: 0 },
    }
    try {
      await finish(time, () => play(scene), platform)
    } catch (cause) {
      troubles.push(cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause))
    }
    time.dropTimers()
    return scene
  })
  if (troubles.length === 0) troubles.push(...(await findTroubles(facts, { price, trace, seen })))
  facts.platform.close()
  return { seed, trace: trace.digest('hex'), seen, troubles }
}

/** None to two crashes: at which of the points, and the how many-th time that it is reached. */
function drawFates({ random }: Time): Map<string, number> {
  const fates = new Map<string, number>()
  for (let left = Math.floor(random() * 3); left > 0; left--) {
    const point = points[Math.floor(random() * points.length)] as string
    const rare = /bank|transfer|extension/.test(point)
    fates.set(point, 1 + Math.floor(random() * (rare ? 3 : 12)))
  }
  return fates
}

const acts = 14
const quietMs = 90_000
const dayMs = 24 * 3_600_000

async function play(scene: Scene): Promise<void> {
  const { time, platform, customers } = scene
  await prepare(scene)
  scene.open = true
  const others = [operate, takeBack, work].map((one) => one(scene))
  await Promise.all(customers.map((customer) => live(scene, customer, acts)))
  scene.open = false
  await Promise.all(others)
  await time.later(quietMs)
  const { parts, gateway } = await platform.life()
  await gateway.running.idle()
  // Whatever was told or not: everyone is asked once more, and what is asked for is decided.
  await reconcile(parts)
  time.jump(dayMs)
  await payDueRefunds(parts)
  const waits = or(eq(refund.state, 'asked'), eq(refund.state, 'failed'))
  for (const { id } of await parts.store.db.select().from(refund).where(waits)) {
    await refuseRefund(parts, id, { reason: 'test', actor: 'olga' })
  }
  // What could not be booked beside a refund that was under way.
  await reconcile(parts)
  await expireCredit(parts)
}

/** Limits, first credit and vouchers, as the seed has them. */
async function prepare(scene: Scene): Promise<void> {
  const { customers, platform } = scene
  const { parts } = await platform.life()
  const limits = () => ({
    creditLimit: draw(scene, 3) === 0 ? BigInt(1 + draw(scene, 3000)) * price : null,
    rpm: draw(scene, 4) === 0 ? 1 + draw(scene, 6) : null,
    concurrent: draw(scene, 4) === 0 ? 1 + draw(scene, 2) : null,
  })
  const changed = customers.flatMap(({ keys }) => keys.map(({ id }) => ({ id, ...limits() })))
  await parts.store.write((db) =>
    changed.map(({ id, ...limit }) => db.update(key).set(limit).where(eq(key.id, id))),
  )
  parts.forgetKeys()
  const batch = {
    ...{ name: 'Spring', credit: usd / 2n, count: 3, perAccount: 3, creditDays: null },
    ...{ expiresAt: null, createdBy: 'olga' },
  }
  const { codes } = await createBatch(parts, batch)
  for (const { account } of customers) await give(scene, account, 4 + draw(scene, 8))
  for (const code of codes) {
    scene.vouchers.push({ code, amount: batch.credit, winners: new Set(), tried: false })
  }
}
