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
import { type Walked, walkChains } from './walk.ts'

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
      'SELECT (SELECT count(*) FROM transfer) + (SELECT count(*) FROM usage) AS total',
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
    const records = await checkUsage(snapshot, walked, note, tick)
    for (const id of await offendingKeys(snapshot)) note('key-held', id)
    for (const id of await offendingHours(snapshot)) note('usage-hours', id)
    for (const trouble of await databaseTrouble(snapshot)) note('database', trouble)
    const houses = [...walked.houses.values()].reduce((sum, house) => sum + house, 0n)
    if (houses + walked.customers !== 0n)
      note('debits-equal-credits', 'customers and houses differ')
    const checks = describe(walked, records).map(([name, detail]) => check(name, detail, offenders))
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
    ['clearing', named('clearing:') || 'no payments'],
    ['database', 'integrity and references'],
  ]
}

type Usage = { [unit in UnitClass]: bigint } & {
  id: string
  account_id: string
  price_id: string
  buy_price_id: string | null
  cost: bigint
  charged: bigint
  buy_cost: bigint
  /** Of the post or void; null when there is none. */
  payer: string | null
  phase: string | null
  posted: bigint | null
  excess: bigint | null
}

const usageText = `
  SELECT u.id, u.account_id, u.price_id, u.buy_price_id, ${unitClasses.map((unit) => `u.${unit}`)}, u.cost, u.charged,
    u.buy_cost, p.account_id AS payer, p.phase, p.amount AS posted, x.amount AS excess
  FROM usage u LEFT JOIN transfer p ON p.pending_id = u.id
    LEFT JOIN transfer x ON x.code = 'usage_excess' AND x.external_id = u.id`

/** Each record's cost from its counts and price, and its one post or void with what that charged. Answers how many. */
async function checkUsage(
  snapshot: Snapshot,
  walked: Walked,
  note: (check: 'usage-cost' | 'usage-transfers', what: string) => void,
  tick: (rows: number) => void,
): Promise<number> {
  const rates = await readRates(snapshot)
  let [records, paid, excess] = [0, 0, 0]
  for await (const page of snapshot.pages<Usage>(usageText)) {
    for (const usage of page) {
      records++
      if (usage.payer !== null) paid++
      if (usage.excess !== null) excess++
      if (!costsRight(usage, rates)) note('usage-cost', usage.id)
      if (!paidRight(usage)) note('usage-transfers', usage.id)
    }
    tick(page.length)
  }
  // Each record meets at most one post or void, so equal counts leave none without a record.
  if (paid !== walked.resolved)
    note('usage-transfers', `${walked.resolved - paid} posts or voids without usage`)
  if (excess !== walked.excess)
    note('usage-transfers', `${walked.excess - excess} write-offs without usage`)
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

function costsRight(usage: Usage, rates: Map<string, Rate[]>): boolean {
  const units: Units = {}
  for (const unit of unitClasses) if (usage[unit] !== 0n) units[unit] = Number(usage[unit])
  const buyRates = usage.buy_price_id === null ? null : (rates.get(usage.buy_price_id) ?? [])
  return (
    usage.cost === costOf(units, rates.get(usage.price_id) ?? []) &&
    (buyRates === null || usage.buy_cost === costOf(units, buyRates))
  )
}

function paidRight(usage: Usage): boolean {
  return (
    usage.payer === usage.account_id &&
    usage.phase === (usage.cost === 0n ? 'void' : 'post') &&
    usage.posted === usage.charged &&
    usage.cost - usage.charged === (usage.excess ?? 0n)
  )
}

async function offendingKeys(snapshot: Snapshot): Promise<string[]> {
  const keys = await snapshot.rows<{ id: string }>(`
    SELECT id FROM key
    WHERE held <> COALESCE((SELECT CAST(SUM(amount) AS BIGINT) FROM hold WHERE key_id = key.id), 0)`)
  return keys.map(({ id }) => id)
}

/** Both sides under opposite signs: what does not cancel out is an hour whose sums are wrong. */
async function offendingHours(snapshot: Snapshot): Promise<string[]> {
  const failed = failures.map((outcome) => `'${outcome}'`)
  const sums = ['calls', 'failures', 'prompt_tokens', 'completion_tokens', 'charged', 'buy_cost']
  const hours = await snapshot.rows<{ account_id: string; hour: bigint }>(`
    SELECT account_id, hour FROM (
      SELECT account_id, hour, key_id, model_id, ${sums} FROM usage_hour
      UNION ALL
      SELECT account_id, created_at - created_at % ${hourMs}, key_id, model_id, -1,
        CASE WHEN outcome IN (${failed}) THEN -1 ELSE 0 END,
        -(input + cache_read + cache_write + cache_write_1h + audio_in), -(output + reasoning + audio_out), -charged, -buy_cost
      FROM usage) both_sides
    GROUP BY account_id, hour, key_id, model_id
    HAVING ${sums.map((name) => `SUM(${name}) <> 0`).join(' OR ')}`)
  return hours.map(
    ({ account_id, hour }) => `${account_id} ${new Date(Number(hour)).toISOString()}`,
  )
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
