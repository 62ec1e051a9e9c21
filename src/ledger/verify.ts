/**
 * Proves the ledger from its own rows: nothing that it keeps is believed, all of it is derived again from the immutable
 * transfers, prices and usage records, in one snapshot. Reads only, so it may run beside a server. A check that fails
 * names the first few offenders.
 */
import { costOf, formatUsd, type Rate } from '../base/amount.ts'
import { type UnitClass, type Units, unitClasses } from '../base/units.ts'
import type { StoreReader } from '../store/reader.ts'
import { readSnapshot, type Snapshot } from '../store/snapshot.ts'
import { failures, hourMs } from './record.ts'
import { checkPayments } from './verify-payments.ts'
import { type Walked, walkChains } from './walk.ts'
import { offendingLots } from './walk-lots.ts'

export interface Check {
  name: string
  ok: boolean
  detail: string
}

export interface Verdict {
  ok: boolean
  checks: Check[]
}

export interface Progress {
  done: number
  total: number
}

type Offenders = Map<string, { first: string[]; count: number }>

const shown = 5

export function verifyLedger(
  store: StoreReader,
  { onProgress }: { onProgress?: (progress: Progress) => void } = {},
): Promise<Verdict> {
  return readSnapshot(store, async (snapshot) => {
    const [size] = await snapshot.rows<{ total: bigint }>(
      "SELECT count(*) + count(CASE WHEN code = 'usage' THEN pending_id END) AS total FROM transfer",
    )
    const progress = { done: 0, total: Number(size?.total) }
    const tick = (rows: number) => {
      progress.done += rows
      onProgress?.({ ...progress })
    }
    const offenders: Offenders = new Map()
    const note = (check: string, what: string) => {
      const found = offenders.get(check) ?? { first: [], count: 0 }
      if (++found.count <= shown) found.first.push(what)
      offenders.set(check, found)
    }
    const walked = await walkChains(snapshot, note, tick)
    const from = await readUsageFrom(snapshot)
    const records = await checkUsage(snapshot, walked, from, note, tick)
    for (const id of await offendingLots(snapshot, walked)) note('lots', id)
    const payments = await checkPayments(snapshot, walked.booked, walked.houses, note)
    for (const id of await offendingKeys(snapshot)) note('key-held', id)
    for (const id of await offendingHours(snapshot, from)) note('usage-hours', id)
    if (from > 0n) for (const id of await offendingSums(snapshot)) note('usage-hours', id)
    for (const trouble of await databaseTrouble(snapshot)) note('database', trouble)
    const houses = [...walked.houses.values()].reduce((sum, house) => sum + house, 0n)
    if (houses + walked.customers !== 0n)
      note('debits-equal-credits', 'customers and houses differ')
    const checks = describe(walked, records, payments).map(([name, detail]) =>
      check(name, detail, offenders),
    )
    return { ok: checks.every(({ ok }) => ok), checks }
  })
}

function check(name: string, detail: string, offenders: Offenders): Check {
  const found = offenders.get(name)
  if (found === undefined) return { name, ok: true, detail }
  const more =
    found.count > found.first.length ? ` and ${found.count - found.first.length} more` : ''
  return { name, ok: false, detail: `${found.first.join(', ')}${more} (${detail})` }
}

/** Every check's name, and what it looked at. */
function describe(
  { houses, customers, ...count }: Walked,
  records: number,
  payments: number,
): [name: string, detail: string][] {
  const named = (prefix: string) =>
    [...houses]
      .filter(([id]) => id.startsWith(prefix))
      .map(([id, sum]) => `${id} ${formatUsd(sum)}`)
      .join(', ')
  return [
    ['hash-chain', `${count.transfers} transfers of ${count.accounts} accounts`],
    ['counters', `${count.accounts} accounts`],
    ['debits-equal-credits', `customers ${formatUsd(customers)}, ${named('') || 'nothing booked'}`],
    ['sides', `${count.transfers} transfers`],
    ['holds', `${count.resolved} resolved, ${count.holds} open`],
    ['key-held', `${count.holds} open holds`],
    ['usage-transfers', `${records} usage records`],
    ['usage-cost', `${records} usage records`],
    ['usage-hours', `${records} usage records`],
    ['lots', `${count.lots} lots`],
    ['payments', `${payments} payments, refunds, disputes and vouchers`],
    ['clearing', named('clearing:') || 'no payments'],
    ['database', 'integrity and references'],
  ]
}

/** A call's post or void beside the usage record under its hold's id: all null where there is none. */
type Resolved = { [unit in UnitClass]: bigint } & {
  pending_id: string
  began: bigint
  phase: string
  payer: string
  posted: bigint
  excess: bigint | null
  account_id: string | null
  price_id: string
  buy_price_id: string | null
  cost: bigint
  charged: bigint
  buy_cost: bigint
}

/** When a call began is looked up only where it decides something. */
const resolvedText = (from: bigint) => `
  SELECT p.pending_id, ${from > 0n ? 'h.created_at' : '0'} AS began, p.phase, p.account_id AS payer, p.amount AS posted, x.amount AS excess,
    u.account_id, u.price_id, u.buy_price_id, ${unitClasses.map((unit) => `u.${unit}`)}, u.cost, u.charged, u.buy_cost
  FROM transfer p LEFT JOIN usage u ON u.id = p.pending_id
    ${from > 0n ? 'LEFT JOIN transfer h ON h.id = p.pending_id' : ''}
    LEFT JOIN transfer x ON x.code = 'usage_excess' AND x.external_id = p.pending_id
  WHERE p.pending_id IS NOT NULL AND p.code = 'usage'`

/**
 * Each post or void has one record, that record the cost of its counts, and both the same charge. Records of calls that began
 * before `from` may be gone. Answers how many there are.
 */
async function checkUsage(
  snapshot: Snapshot,
  walked: Walked,
  from: bigint,
  note: (check: 'usage-cost' | 'usage-transfers', what: string) => void,
  tick: (rows: number) => void,
): Promise<number> {
  const rates = await readRates(snapshot)
  let [records, excess] = [0, 0]
  for await (const page of snapshot.pages<Resolved>(resolvedText(from))) {
    for (const resolved of page) {
      if (resolved.excess !== null) excess++
      const gone = resolved.account_id === null
      if (!(gone && resolved.began < from) && !paidRight(resolved))
        note('usage-transfers', resolved.pending_id)
      if (gone) continue
      records++
      if (!costsRight(resolved, rates)) note('usage-cost', resolved.pending_id)
    }
    tick(page.length)
  }
  // Every post or void has at most one record and one write-off, so where the counts agree none stands alone.
  const ids = (text: string) => snapshot.rows<{ id: string }>(text)
  const [stored] = await snapshot.rows<{ records: bigint }>('SELECT count(*) AS records FROM usage')
  const lonely = [
    ...(Number(stored?.records) === records
      ? []
      : await ids(
          `SELECT id FROM usage u WHERE NOT EXISTS (SELECT 1 FROM transfer WHERE pending_id = u.id)`,
        )),
    ...(walked.excess === excess
      ? []
      : await ids(`SELECT id FROM transfer x WHERE code = 'usage_excess'
          AND NOT EXISTS (SELECT 1 FROM transfer WHERE pending_id = x.external_id)`)),
  ]
  for (const { id } of lonely) note('usage-transfers', id)
  return records
}

async function readRates(snapshot: Snapshot): Promise<Map<string, Rate[]>> {
  const rates = new Map<string, Rate[]>()
  for (const row of await snapshot.rows<{
    price_id: string
    unit: UnitClass
    least: bigint
    price: bigint
  }>('SELECT price_id, unit, min_prompt_tokens AS least, price FROM rate')) {
    const rate = { unit: row.unit, minPromptTokens: Number(row.least), price: row.price }
    rates.set(row.price_id, [...(rates.get(row.price_id) ?? []), rate])
  }
  return rates
}

function costsRight(usage: Resolved, rates: Map<string, Rate[]>): boolean {
  const units: Units = {}
  for (const unit of unitClasses) if (usage[unit] !== 0n) units[unit] = Number(usage[unit])
  const buyRates = usage.buy_price_id === null ? null : (rates.get(usage.buy_price_id) ?? [])
  return (
    usage.cost === costOf(units, rates.get(usage.price_id) ?? []) &&
    (buyRates === null || usage.buy_cost === costOf(units, buyRates))
  )
}

function paidRight(resolved: Resolved): boolean {
  const { cost, charged } = resolved
  return (
    resolved.account_id === resolved.payer &&
    resolved.phase === (cost === 0n ? 'void' : 'post') &&
    resolved.posted === charged &&
    cost - charged === (resolved.excess ?? 0n)
  )
}

async function offendingKeys(snapshot: Snapshot): Promise<string[]> {
  const keys = await snapshot.rows<{ id: string }>(`
    SELECT id FROM key
    WHERE held <> COALESCE((SELECT CAST(SUM(amount) AS BIGINT) FROM hold WHERE key_id = key.id), 0)`)
  return keys.map(({ id }) => id)
}

/** Since when the usage records are complete (`retention.ts`); 0: none was ever dropped. */
async function readUsageFrom(snapshot: Snapshot): Promise<bigint> {
  const [row] = await snapshot.rows<{ at: bigint }>(
    "SELECT at FROM milestone WHERE name = 'usage_from'",
  )
  return row?.at ?? 0n
}

/** Both sides under opposite signs: what does not cancel out is an hour whose sums are wrong. */
async function offendingHours(snapshot: Snapshot, from: bigint): Promise<string[]> {
  const failed = failures.map((outcome) => `'${outcome}'`)
  const sums = ['calls', 'failures', 'prompt_tokens', 'completion_tokens', 'charged', 'buy_cost']
  const hours = await snapshot.rows<{ account_id: string; hour: bigint }>(`
    SELECT account_id, hour FROM (
      SELECT account_id, hour, key_id, model_id, ${sums} FROM usage_hour
      WHERE hour >= ${from}
      UNION ALL
      SELECT account_id, created_at - created_at % ${hourMs}, key_id, model_id, -1,
        CASE WHEN outcome IN (${failed}) THEN -1 ELSE 0 END,
        -(input + cache_read + cache_write + cache_write_1h + audio_in), -(output + reasoning + audio_out), -charged, -buy_cost
      FROM usage WHERE created_at >= ${from}) both_sides
    GROUP BY account_id, hour, key_id, model_id
    HAVING ${sums.map((name) => `SUM(${name}) <> 0`).join(' OR ')}`)
  return hours.map(
    ({ account_id, hour }) => `${account_id} ${new Date(Number(hour)).toISOString()}`,
  )
}

/** Hours without records are held against the ledger: what an account was charged by their sums is what it paid. */
async function offendingSums(snapshot: Snapshot): Promise<string[]> {
  const accounts = await snapshot.rows<{ account_id: string }>(`
    SELECT account_id FROM (
      SELECT account_id, charged FROM usage_hour
      UNION ALL
      SELECT account_id, -amount FROM transfer WHERE code = 'usage' AND phase = 'post') both_sides
    GROUP BY account_id HAVING SUM(charged) <> 0`)
  return accounts.map(({ account_id }) => `${account_id} in all`)
}

/** What SQLite itself finds wrong with its file. PostgreSQL keeps its own checksums. */
async function databaseTrouble(snapshot: Snapshot): Promise<string[]> {
  if (snapshot.kind === 'postgres') return []
  const pages = await snapshot.rows<{ integrity_check: string }>('PRAGMA integrity_check')
  const references = await snapshot.rows<{ table: string; parent: string }>(
    'PRAGMA foreign_key_check',
  )
  return [
    ...pages.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...references.map(({ table, parent }) => `${table} names a missing ${parent}`),
  ]
}
