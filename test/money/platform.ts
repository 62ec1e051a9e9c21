/**
 * The whole platform in the test's own process, through real HTTP: on either database, with a clock of the test's, over
 * the simulated provider or a scripted one. What a test reads of its money, it reads from the store itself.
 */
import { afterAll } from 'bun:test'
import { eq } from 'drizzle-orm'
import { createAccount } from '../../src/account/account.ts'
import type { Parts } from '../../src/admin/parts.ts'
import { openParts, type Server, startServer } from '../../src/app.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/id.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { silentLog } from '../../src/base/log.ts'
import { applyCatalog } from '../../src/catalog/apply.ts'
import { readSettings } from '../../src/config.ts'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import { type Simulator, startSimulator } from '../../src/demo/simulator/simulator.ts'
import { createKey, type KeyTerms } from '../../src/key/issue.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { account, hold, key, usage } from '../../src/store/schema.ts'
import { newDirectory } from '../helpers/database.ts'
import { createDatabase, startPostgres } from '../helpers/postgres.ts'

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean()
})

const postgres = startPostgres()

/** For `describe.each`: which databases can be had, and the setting that chooses them. */
export const stores: [name: string, settings: () => Promise<Record<string, string>>][] = [
  ['SQLite', async () => ({})],
  ...(postgres === null
    ? []
    : [['PostgreSQL', () => newPostgres(postgres)] satisfies (typeof stores)[number]]),
]

async function newPostgres(server: string): Promise<Record<string, string>> {
  const database = await createDatabase(server)
  cleanups.push(database.drop)
  return { database: database.url }
}

export interface Customer {
  account: string
  keyId: string
  /** The key's secret. */
  key: string
}

export interface Platform {
  url: string
  parts: Parts
  simulator: Simulator
  /** Applies a catalogue file. */
  apply(file: JsonObject): Promise<void>
  /** Sells one model of the simulated provider; answers its id. */
  sell(id: string, upstream: string, more?: JsonObject): Promise<string>
  /** An account with that much credit, and a key. */
  customer(credit: bigint, terms?: Partial<KeyTerms>): Promise<Customer>
  record(id: string): Promise<Usage | undefined>
  records(): Promise<Usage[]>
  counters(
    customer: Customer,
  ): Promise<{ free: bigint; pending: bigint; spent: bigint; keyHeld: bigint }>
  openHolds(): Promise<number>
  /** Resolves once nothing is held; the calls' clients may be gone before that. */
  settled(): Promise<void>
  /** The provider's entries of each call, in order. */
  journal(): Map<string, Entry[]>
  /** The names of the checks that fail. */
  failedChecks(): Promise<string[]>
  stop(): Promise<void>
}

export type Usage = typeof usage.$inferSelect

const noTerms: KeyTerms = {
  ...{ name: 'test', expiresAt: null, creditLimit: null, creditReset: null },
  ...{ rpm: null, tpm: null, concurrent: null, models: null, ips: null },
}

export async function openPlatform(
  settings: Record<string, string> = {},
  clock: Clock = systemClock,
  journalEntries = 20_000,
): Promise<Platform> {
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journalEntries })
  const data = newDirectory()
  const { config } = readSettings({ data, listen: '127.0.0.1:0', ...settings }, {})
  const parts = await openParts(config, silentLog, { clock })
  const server: Server = await startServer(parts)
  const { store, ledger } = parts
  let stopped: Promise<void> | null = null
  const stop = () => {
    stopped ??= server.stop().then(parts.close).then(simulator.stop)
    return stopped
  }
  cleanups.push(stop)

  const apply = async (file: JsonObject) => {
    const { catalog: book, sealingKey } = parts
    await applyCatalog({ store, book, sealingKey }, JSON.stringify(file), 'test', clock.now())
  }
  await apply({ channels: channelsOf(simulator.url) })

  const openHolds = async () => (await store.db.select({ id: hold.id }).from(hold)).length

  return {
    ...{ url: server.url, parts, simulator, apply, stop, openHolds },
    sell: async (id, upstream, more = {}) => {
      const model = { context_length: 100_000, max_output: 4096, price: plainPrice, ...more, id }
      await apply({ models: [{ channels: [{ channel: 'openai', model: upstream }], ...model }] })
      return id
    },
    customer: async (credit, terms = {}) => {
      const now = clock.now()
      const email = `${crypto.randomUUID()}@example.com`
      const owner = await createAccount(store, { email, tier: 'operator' }, now)
      const grant = {
        id: newId('tfr_', now),
        accountId: owner,
        code: 'grant',
        amount: credit,
      } as const
      if (credit > 0n) await ledger.transfer({ ...grant, reason: 'test', actor: 'test' }, now)
      const issued = await createKey(store, owner, { ...noTerms, ...terms }, now)
      return { account: owner, keyId: issued.id, key: issued.secret }
    },
    record: async (id) => (await store.db.select().from(usage).where(eq(usage.id, id)))[0],
    records: () => store.db.select().from(usage),
    counters: async (customer) => {
      const [of] = await store.db.select().from(account).where(eq(account.id, customer.account))
      const [its] = await store.db.select().from(key).where(eq(key.id, customer.keyId))
      if (!of || !its) throw new Error('no such customer')
      const { creditsPosted, debitsPosted: spent, debitsPending: pending } = of
      return { free: creditsPosted - spent - pending, pending, spent, keyHeld: its.held }
    },
    settled: async () => {
      while ((await openHolds()) > 0) await Bun.sleep(5)
    },
    journal: () => Map.groupBy(simulator.journal.entries(), (entry) => entry.caller ?? ''),
    failedChecks: async () => {
      const { checks } = await verifyLedger(store)
      return checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)
    },
  }
}

/** One nano-dollar a token, in and out. */
export const plainPrice = { input: '0.001', output: '0.001' }

/** One of each dialect. */
function channelsOf(origin: string): JsonObject[] {
  const place = { base_url: `${origin}/v1`, credential: 'sk-sim-test', allow_private: true }
  return [
    { id: 'openai', provider: 'simulated', ...place },
    { id: 'anthropic', provider: 'simulated-anthropic', ...place },
  ]
}
