/** What the ledger's tests stand on: a store with a model and its price, people with credit, and their keys. */
import { eq } from 'drizzle-orm'
import { AppError } from '../../src/base/error.ts'
import type { Code } from '../../src/ledger/chart.ts'
import {
  type Draft,
  type Ledger,
  type Movement,
  type NewHold,
  openLedger,
  type Settlement,
} from '../../src/ledger/ledger.ts'
import { account, hold, key, model, price, rate, transfer } from '../../src/store/schema.ts'
import type { TestStore } from '../helpers/database.ts'
import { now } from '../helpers/database.ts'

/** A price of one nano-dollar a token, in and out, so that tests count tokens and money alike. */
const nanoPerToken = 1000n

export const draft: Draft = {
  modelId: 'm',
  priceId: 'prc_1',
  buyPriceId: null,
  streamed: false,
  caller: null,
  createdAt: now,
  periodStart: 0,
}

let made = 0
export const fresh = (prefix: string) => `${prefix}${++made}`

export interface World {
  store: TestStore
  ledger: Ledger
}

export async function newWorld(store: TestStore): Promise<World> {
  await store.write((db) => [
    db.insert(model).values({ id: 'm', kind: 'chat', contextLength: 1000, createdAt: now }),
    db.insert(price).values({
      ...{ id: 'prc_1', modelId: 'm', side: 'sell' },
      ...{ effectiveFrom: 0, publishedBy: 'test', createdAt: now },
    }),
    db.insert(rate).values([
      { priceId: 'prc_1', unit: 'input', price: nanoPerToken },
      { priceId: 'prc_1', unit: 'output', price: nanoPerToken },
    ]),
  ])
  return { store, ledger: openLedger(store) }
}

/** An account with that much credit and a key; answers the account's id. The key is `<account>-key`. */
export async function newPerson(
  { store, ledger }: World,
  credit = 1000n,
  limits: Partial<typeof key.$inferInsert> = {},
  id = fresh('acc_'),
): Promise<string> {
  await store.write((db) => [
    db.insert(account).values({ id, kind: 'person', createdAt: now }),
    db.insert(key).values({
      ...{ id: `${id}-key`, hash: id, suffix: '', accountId: id, name: 'key', createdAt: now },
      ...limits,
    }),
  ])
  if (credit > 0n) await ledger.transfer({ ...movement(id, 'grant', credit), id: `tfr_${id}` }, now)
  return id
}

export function newHold(accountId: string, amount: bigint, more: Partial<NewHold> = {}): NewHold {
  return {
    ...{
      id: fresh('gen-'),
      accountId,
      keyId: `${accountId}-key`,
      periodStart: 0,
      instanceId: 'ins_1',
    },
    ...{ amount, least: amount, draft: JSON.stringify(draft), ...more },
  }
}

export function settlement(id: string, cost: bigint, more: Partial<Settlement> = {}): Settlement {
  return {
    ...{ id, draft, channelId: null, units: { input: Number(cost) }, cost, buyCost: 0n },
    reportedCost: null,
    ...{ usageSource: 'provider', outcome: 'complete', flags: null, status: 200 },
    ...{ finishReason: 'stop', firstTokenMs: null, durationMs: 1, overdraft: 0n, capAtHold: false },
    ...more,
  }
}

/** As the operator books it by command: what a processor says has a row beside it. */
export function movement(
  accountId: string,
  code: Code,
  amount: bigint,
  more: Partial<Movement> = {},
): Movement {
  return { id: fresh('tfr_'), accountId, code, amount, actor: 'command', ...more }
}

/** What is free, held and posted on an account: `[free, pending, debits, credits]`. */
export async function counters({ store }: World, id: string): Promise<bigint[]> {
  const [row] = await store.db.select().from(account).where(eq(account.id, id))
  if (!row) throw new Error(`no account ${id}`)
  const { debitsPending, debitsPosted, creditsPosted } = row
  return [creditsPosted - debitsPosted - debitsPending, debitsPending, debitsPosted, creditsPosted]
}

export async function keyCounters({ store }: World, accountId: string) {
  const [row] = await store.db
    .select()
    .from(key)
    .where(eq(key.id, `${accountId}-key`))
  return { held: row?.held, spent: row?.spent }
}

export function transfersOf({ store }: World, accountId: string) {
  return store.db
    .select()
    .from(transfer)
    .where(eq(transfer.accountId, accountId))
    .orderBy(transfer.seq)
}

export async function openHolds({ store }: World, accountId: string): Promise<number> {
  return (await store.db.select().from(hold).where(eq(hold.accountId, accountId))).length
}

export function setState(
  { store }: World,
  accountId: string,
  state: 'active' | 'suspended' | 'closed',
) {
  return store.write((db) => [db.update(account).set({ state }).where(eq(account.id, accountId))])
}

export function setKey({ store }: World, accountId: string, set: Partial<typeof key.$inferInsert>) {
  return store.write((db) => [
    db
      .update(key)
      .set(set)
      .where(eq(key.id, `${accountId}-key`)),
  ])
}

/** The code of an AppError, or `granted`; any other failure is the test's own. */
export const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'granted',
    (cause) => {
      if (cause instanceof AppError) return cause.code
      throw cause
    },
  )
