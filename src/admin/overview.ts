/** Whether the platform earns, works and is safe, on one page: each figure from an index or a sum that is kept. */
import { statfsSync } from 'node:fs'
import { inArray, ne, sql } from 'drizzle-orm'
import { version } from '../../package.json'
import { shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { listDifferences } from '../billing/report-provider.ts'
import { refund, topUp } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { isoTime } from './catalog-change.ts'
import { describeSums, type Figures } from './figures.ts'
import type { Parts, State } from './parts.ts'

const shown = 10
type Rows = Awaited<ReturnType<Figures['lastMonth']>>

export async function showBusiness(
  { store, catalog, config, clock }: Parts,
  figures: Figures,
  state: State,
) {
  const [lastDay, lastMonth, channels, owed, waiting, differences] = await Promise.all([
    figures.lastDay(),
    figures.lastMonth(),
    figures.channels(),
    sumBalances(store),
    countWaiting(store),
    listDifferences(store, clock.now()),
  ])
  const names = await readNames(store, [...largest(lastDay), ...largest(lastMonth)])
  const disk = statfsSync(config.data)
  return {
    ...owed,
    ...waiting,
    last_24h: describePeriod(lastDay, names),
    last_30d: describePeriod(lastMonth, names),
    channels_24h: [...channels]
      .filter(([channel]) => channel !== '')
      .map(([channel, sums]) => ({ channel, ...sums }))
      .sort((one, other) => other.calls - one.calls),
    ledger: { verified: state.verified, at: isoTime(state.verifiedAt ?? null) },
    /** Channels that cannot be used, with what to do. */
    problems: [...catalog.problems],
    /** Days on which a provider said another cost than we reckon. */
    cost_differences: differences,
    backup_at: isoTime(state.backedUpAt ?? null),
    disk: { free_bytes: disk.bavail * disk.bsize, total_bytes: disk.blocks * disk.bsize },
    version,
  }
}

function describePeriod(rows: Rows, names: ReadonlyMap<string, string>) {
  const by = (name: 'model' | 'account') => Map.groupBy(rows, (row) => row[name])
  return {
    ...describeSums(rows),
    models: ranked(by('model')).map(([model, some]) => ({ model, ...describeSums(some) })),
    accounts: ranked(by('account')).map(([account, some]) => ({
      ...{ account, name: names.get(account) ?? account },
      ...describeSums(some),
    })),
  }
}

/** Those that spent most. */
function ranked(groups: ReadonlyMap<string, Rows[number][]>) {
  const spent = (rows: Rows) => rows.reduce((sum, { charged }) => sum + charged, 0n)
  return [...groups]
    .map(([name, rows]) => [name, rows, spent(rows)] as const)
    .sort(([, , one], [, , other]) => (one < other ? 1 : one > other ? -1 : 0))
    .slice(0, shown)
}

const largest = (rows: Rows) =>
  ranked(Map.groupBy(rows, (row) => row.account)).map(([account]) => account)

async function readNames({ db }: Store, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, string>()
  const rows = await db
    .select()
    .from(account)
    .where(inArray(account.id, [...new Set(ids)]))
  return new Map(rows.map((row) => [row.id, shownName(row)]))
}

const balance = sql`(${account.creditsPosted} - ${account.debitsPosted})`

/** liability: what customers have to spend. */
async function sumBalances({ db }: Store) {
  const sum = (what: unknown) => sql`COALESCE(SUM(${what}), 0)`
  const [row] = await db
    .select({
      owed: sum(sql`CASE WHEN ${balance} > 0 THEN ${balance} ELSE 0 END`).mapWith(BigInt),
      debts: sum(sql`CASE WHEN ${balance} < 0 THEN -${balance} ELSE 0 END`).mapWith(BigInt),
      held: sum(account.debitsPending).mapWith(BigInt),
      negative: sum(sql`CASE WHEN ${balance} < 0 THEN 1 ELSE 0 END`).mapWith(Number),
    })
    .from(account)
    .where(ne(account.kind, 'house'))
  return {
    liability: formatUsd(row?.owed ?? 0n),
    held: formatUsd(row?.held ?? 0n),
    negative: { accounts: row?.negative ?? 0, owed: formatUsd(row?.debts ?? 0n) },
  }
}

/** By words that are those of the indexes. */
async function countWaiting({ db }: Store) {
  const count = sql`COUNT(*)`.mapWith(Number)
  const [[payments], refunds] = await Promise.all([
    db.select({ count }).from(topUp).where(sql`state = 'pending'`),
    db
      .select({ state: refund.state, count })
      .from(refund)
      .where(sql`(state = 'asked' OR state = 'approved' OR state = 'failed')`)
      .groupBy(refund.state),
  ])
  const of = (state: string) => refunds.find((one) => one.state === state)?.count ?? 0
  return {
    payments_pending: payments?.count ?? 0,
    refunds: { asked: of('asked'), approved: of('approved'), failed: of('failed') },
  }
}
