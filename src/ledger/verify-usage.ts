/** The usage part of `verify`: each call's record, what it costs at its prices, and the sums that are kept of them. */
import { costOf, type Rate } from '../base/amount.ts'
import { type UnitClass, type Units, unitClasses } from '../base/units.ts'
import type { Snapshot } from '../store/snapshot.ts'
import { failures, hourMs } from './chart.ts'

/** A call's post or void beside the usage record under its hold's id: units and costs are null where there is none. */
type Resolved = { [unit in UnitClass]: bigint } & {
  pending_id: string
  began: bigint
  /** Flags, 0 or 1. `paid`: record, charge and write-off agree. */
  paid: number | bigint
  recorded: number | bigint
  excess: number | bigint
  price_id: string
  buy_price_id: string | null
  cost: bigint
  buy_cost: bigint
}

const flag = (text: string) => `CASE WHEN ${text} THEN 1 ELSE 0 END`
const agree = `u.account_id = p.account_id AND p.amount = u.charged AND u.cost - u.charged = COALESCE(x.amount, 0)
  AND p.phase = CASE WHEN u.cost = 0 THEN 'void' ELSE 'post' END`

/** All but holds, as the table lies: not by an index. When a call began is looked up only where it decides something. */
const resolvedText = (from: bigint) => `
  SELECT COALESCE(p.pending_id, p.id) AS pending_id, ${from > 0n ? 'h.created_at' : '0'} AS began, ${flag(agree)} AS paid,
    ${flag('u.id IS NOT NULL')} AS recorded, ${flag('x.id IS NOT NULL')} AS excess,
    u.price_id, u.buy_price_id, ${unitClasses.map((unit) => `u.${unit}`)}, u.cost, u.buy_cost
  FROM transfer p LEFT JOIN usage u ON u.id = p.pending_id
    ${from > 0n ? 'LEFT JOIN transfer h ON h.id = p.pending_id' : ''}
    LEFT JOIN transfer x ON x.code = 'usage_excess' AND x.external_id = p.pending_id
  WHERE p.code = 'usage' AND NOT (p.phase = 'pending' AND p.pending_id IS NULL)`

/**
 * Each post or void has one record, that record the cost of its counts, and both the same charge. Records of calls that began
 * before `from` may be gone. Answers how many there are.
 */
export async function checkUsage(
  snapshot: Snapshot,
  from: bigint,
  note: (check: 'usage-cost' | 'usage-transfers', what: string) => void,
  tick: (rows: number) => void,
): Promise<number> {
  const rates = await readRates(snapshot)
  let [records, excess] = [0, 0]
  for await (const page of snapshot.pages<Resolved>(resolvedText(from))) {
    for (const resolved of page) {
      if (Number(resolved.excess)) excess++
      const gone = !Number(resolved.recorded)
      if (!(gone && resolved.began < from) && !Number(resolved.paid))
        note('usage-transfers', resolved.pending_id)
      if (gone) continue
      records++
      if (!costsRight(resolved, rates)) note('usage-cost', resolved.pending_id)
    }
    tick(page.length)
  }
  for (const id of await lonelyRows(snapshot, { records, excess })) note('usage-transfers', id)
  return records
}

/** Every post or void has at most one record and one write-off, so where the counts agree none stands alone. */
async function lonelyRows(
  snapshot: Snapshot,
  { records, excess }: { records: number; excess: number },
): Promise<string[]> {
  const [kept] = await snapshot.rows<{ records: bigint; excess: bigint }>(`
    SELECT (SELECT count(*) FROM usage) AS records,
      (SELECT count(*) FROM transfer WHERE code = 'usage_excess') AS excess`)
  const ids = (text: string) => snapshot.rows<{ id: string }>(text)
  const lonely = [
    ...(Number(kept?.records) === records
      ? []
      : await ids(
          `SELECT id FROM usage u WHERE NOT EXISTS (SELECT 1 FROM transfer WHERE pending_id = u.id)`,
        )),
    ...(Number(kept?.excess) === excess
      ? []
      : await ids(`SELECT id FROM transfer x WHERE code = 'usage_excess'
          AND NOT EXISTS (SELECT 1 FROM transfer WHERE pending_id = x.external_id)`)),
  ]
  return lonely.map(({ id }) => id)
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

export async function offendingKeys(snapshot: Snapshot): Promise<string[]> {
  const keys = await snapshot.rows<{ id: string }>(`
    SELECT id FROM key
    WHERE held <> COALESCE((SELECT CAST(SUM(amount) AS BIGINT) FROM hold WHERE key_id = key.id), 0)`)
  return keys.map(({ id }) => id)
}

/** Since when the usage records are complete (`retention.ts`); 0: none was ever dropped. */
export async function readUsageFrom(snapshot: Snapshot): Promise<bigint> {
  const [row] = await snapshot.rows<{ at: bigint }>(
    "SELECT at FROM milestone WHERE name = 'usage_from'",
  )
  return row?.at ?? 0n
}

/** Both sides under opposite signs: what does not cancel out is an hour whose sums are wrong. */
export async function offendingHours(snapshot: Snapshot, from: bigint): Promise<string[]> {
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
export async function offendingSums(snapshot: Snapshot): Promise<string[]> {
  const accounts = await snapshot.rows<{ account_id: string }>(`
    SELECT account_id FROM (
      SELECT account_id, charged FROM usage_hour
      UNION ALL
      SELECT account_id, -amount FROM transfer WHERE code = 'usage' AND phase = 'post') both_sides
    GROUP BY account_id HAVING SUM(charged) <> 0`)
  return accounts.map(({ account_id }) => `${account_id} in all`)
}
