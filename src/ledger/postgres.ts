/**
 * The ledger on PostgreSQL. Each verb is one statement, so one round trip and one transaction: it locks the account's row
 * before any other (so two verbs never wait for each other), decides by what it reads under that lock, and changes the rest
 * from what it decided. Rows travel as JSON in the tables' own columns; only amounts, numbers and hashes are made here.
 */
import { assert } from '../base/assert.ts'
import { AppError } from '../base/error.ts'
import { runStatements, storageFailure } from '../store/postgres.ts'
import type { PostgresStore, Statement } from '../store/store.ts'
import type { Ledger } from './ledger.ts'
import {
  assertSpendable,
  debitsOf,
  excessLink,
  grant,
  movementLink,
  mustBeFree,
  pendingLink,
  resolvingLink,
} from './link.ts'
import { addToHour, hourRow, usageRow } from './record.ts'

interface Spending {
  state: string | null
  free: bigint
  key_state: string | null
  free_on_key: bigint | null
}

export function postgresLedger({ connection }: PostgresStore): Ledger {
  async function run<Row>(statement: string, ...params: unknown[]): Promise<Row | null> {
    try {
      const [row] = await connection.unsafe(statement, params)
      return row ?? null
    } catch (cause) {
      throw storageFailure(cause)
    }
  }

  /** A movement and what goes with it: one statement where it goes alone. */
  async function inOne(
    [statement, ...params]: readonly [string, ...unknown[]],
    beside: readonly Statement[],
  ): Promise<{ booked: bigint } | null> {
    if (beside.length === 0) return run(statement, ...params)
    try {
      return await connection.begin(async (tx) => {
        const [row] = await tx.unsafe(statement, params)
        if (row?.booked > 0n) await runStatements(tx, beside)
        return row ?? null
      })
    } catch (cause) {
      throw storageFailure(cause)
    }
  }

  return {
    async open(hold, now) {
      const link = json(pendingLink(hold, hold.amount, now))
      const row = json({ ...hold, createdAt: now })
      const { keyId, accountId, periodStart, amount, least } = hold
      const found = await run<Spending & { granted: bigint | null }>(
        ...[openHold, accountId, keyId, periodStart, amount, least, link, row],
      )
      assert(found, 'a state is always answered')
      if (found.granted !== null) return found.granted
      assertSpendable(found.state, found.key_state)
      grant(hold, found.free, found.free_on_key)
      throw new Error('bug: a hold was refused that the rules grant')
    },

    async extend(id, by, overdraft) {
      const found = await run<Spending & { extended: bigint }>(extendHold, id, by, overdraft)
      assertSpendable(found?.state ?? null, found?.key_state ?? null)
      const { free_on_key, extended } = found as Spending & { extended: bigint }
      if (extended > 0n) return
      throw new AppError(
        free_on_key !== null && free_on_key < by ? 'key_limit_reached' : 'insufficient_credits',
      )
    },

    async note(notes) {
      if (notes.length > 0) await run(noteDelivered, json(notes))
    },

    async resolve(settlement, now) {
      const { id, cost, overdraft, capAtHold } = settlement
      const found = await run<{ charged: bigint }>(
        ...[resolveHold, id, cost, capAtHold ? null : overdraft, settlement.draft.periodStart],
        ...[json(resolvingLink(settlement, '', 0n, now)), json(excessLink(id, '', 0n, now))],
        ...[json(usageRow(settlement)), json(hourRow(settlement))],
      )
      return found?.charged ?? null
    },

    async transfer(movement, now, beside = []) {
      const { house, way, lot, ...link } = movementLink(movement, now)
      const { accountId, amount, pendingId, code, externalId } = link
      // A pending transfer never changes, so it may be read before.
      const frozen =
        pendingId === null
          ? null
          : await run<{ amount: bigint }>(pendingTransfer, pendingId, accountId)
      assert(pendingId === null || frozen, 'what is resolved is pending')
      const { pending, debit } =
        way === 'debit' ? debitsOf(movement, frozen?.amount ?? 0n) : { pending: 0n, debit: 0n }
      const credit = way === 'credit' ? amount : 0n
      const floor = mustBeFree(movement) ? 0n : -(2n ** 62n)
      const made =
        lot && json({ id: link.id, accountId, ...lot, amount, spent: 0n, createdAt: now })
      const statement = [
        ...[bookMovement, accountId, house, debit, credit, floor, json(link), now, pending, made],
      ] as const
      const found = await inOne(statement, beside)
      if (found && found.booked > 0n) return true
      // Asked only now, and again by a statement of its own: the first could not see one booked while it waited.
      if (await run(knownMovement, code, externalId, pendingId)) return false
      throw found === null
        ? new AppError('not_found', { message: 'There is no such account.' })
        : new AppError('insufficient_credits')
    },
  }
}

/** A row as JSON in its table's column names; 64-bit integers as text. */
function json(value: object): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part === 'bigint') return part.toString()
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    const columns = Object.entries(part).map(([name, inner]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      inner,
    ])
    return Object.fromEntries(columns)
  })
}

/** A row of `table` read from the JSON parameter, completed by what the statement decided (name → expression). */
function rowOf(table: string, parameter: string, decided: Record<string, string>): string {
  const pairs = Object.entries(decided).map(([name, value]) => `'${name}', ${value}`)
  return `jsonb_populate_record(NULL::${table}, ${parameter}::text::jsonb || jsonb_build_object(${pairs}))`
}

/** In the order of `chain.ts`. */
const fields = [
  ...['id', 'account_id', 'seq', 'phase', 'pending_id', 'debit_id', 'credit_id', 'amount', 'code'],
  ...['external_id', 'corrects_id', 'reason', 'actor', 'created_at'],
]
const hash = `encode(sha256(convert_to(concat(${['before', ...fields].join(", E'\\x1f', ")}), 'UTF8')), 'base64')`

/** Appends a link to its account's chain: `source` gives its row `r` and the hash `before` it. */
const append = (source: string, onConflict = '') => `
  INSERT INTO transfer (${fields}, hash)
  SELECT ${fields}, ${hash} FROM (SELECT before, r.* FROM ${source}) link ${onConflict}
  RETURNING account_id, seq, hash, amount`

const free = 'credits_posted - debits_posted - debits_pending'
const lockAccount = (id: string) => `
  SELECT id, state, seq, head, debits_pending, ${free} AS free FROM account WHERE id = ${id} FOR UPDATE`
const lockKey = (id: string, spent: string) => `
  SELECT k.id, k.state, k.credit_limit - k.held - ${spent} AS free
  FROM key k JOIN spender ON spender.id = k.account_id WHERE k.id = ${id} FOR UPDATE OF k`
const spendingColumns = `
  spender.state, spender.free, budget.state AS key_state, budget.free AS free_on_key`
const both = `spender.state = 'active' AND budget.state = 'active'`

/** $1 account, $2 key, $3 the period's start, $4 amount, $5 least, $6 the link, $7 the hold. */
const openHold = `
WITH spender AS (${lockAccount('$1')}),
budget AS (${lockKey('$2', 'CASE WHEN k.period_start < $3 THEN 0 ELSE k.spent END')}),
granted AS (
  SELECT seq, head AS before, LEAST($4, spender.free, budget.free) AS granted FROM spender, budget
  WHERE ${both} AND spender.free >= $5 AND COALESCE(budget.free, $5) >= $5),
booked AS (${append(`granted, ${rowOf('transfer', '$6', { seq: 'seq + 1', amount: 'granted' })} r`)}),
moved AS (
  UPDATE account SET debits_pending = debits_pending + amount, seq = booked.seq, head = hash
  FROM booked WHERE id = account_id),
budgeted AS (
  UPDATE key SET held = held + amount, spent = CASE WHEN period_start < $3 THEN 0 ELSE spent END,
    period_start = GREATEST(period_start, $3)
  FROM booked WHERE id = $2),
holding AS (INSERT INTO hold SELECT r.* FROM booked, ${rowOf('hold', '$7', { amount: 'amount' })} r)
SELECT ${spendingColumns}, granted
FROM (SELECT 1) one LEFT JOIN spender ON true LEFT JOIN budget ON true LEFT JOIN granted ON true`

/** $1 hold, $2 by, $3 overdraft. */
const extendHold = `
WITH spender AS (${lockAccount('(SELECT account_id FROM hold WHERE id = $1)')}),
budget AS (${lockKey('(SELECT key_id FROM hold WHERE id = $1)', 'k.spent')}),
held AS (SELECT hold.* FROM hold JOIN budget ON budget.id = key_id WHERE hold.id = $1 FOR UPDATE OF hold),
granted AS (
  SELECT account_id, key_id FROM held, spender, budget
  WHERE ${both} AND COALESCE(budget.free, $2) >= $2 AND spender.free + $3 >= $2),
moved AS (
  UPDATE account SET debits_pending = debits_pending + $2 FROM granted WHERE id = account_id),
budgeted AS (UPDATE key SET held = held + $2 FROM granted WHERE id = key_id),
extended AS (UPDATE hold SET amount = amount + $2 FROM granted WHERE id = $1 RETURNING 1)
SELECT ${spendingColumns}, (SELECT count(*) FROM extended) AS extended FROM held, spender, budget`

/** $1 notes. */
const noteDelivered = `
UPDATE hold SET delivered = note.delivered
FROM jsonb_populate_recordset(NULL::hold, $1::text::jsonb) note WHERE hold.id = note.id`

const theAccount = { account_id: 'account_id' }
const theCharge = { ...theAccount, key_id: 'key_id', charged: 'charged' }

/**
 * What is taken away is taken from the row that is locked: an UPDATE tries its CHECKs on the statement's own older sight of
 * a row before it turns to the newest, and there a hold that has since grown would leave less than nothing.
 *
 * $1 hold, $2 cost, $3 overdraft (null: charge no more than is held; GREATEST passes over a null), $4 the call's period,
 * $5 the post or void, $6 the excess, $7 the usage record, $8 its hour.
 */
const resolveHold = `
WITH spender AS (${lockAccount('(SELECT account_id FROM hold WHERE id = $1)')}),
held AS (
  SELECT hold.id, account_id, key_id, amount AS held, debits_pending - amount AS left_pending, seq, head AS before, free
  FROM hold JOIN spender ON spender.id = account_id WHERE hold.id = $1 FOR UPDATE OF hold),
budget AS (
  SELECT key.id, key.held - held.held AS left_held FROM key JOIN held ON key.id = key_id FOR UPDATE OF key),
charge AS (
  SELECT *, LEAST($2, held + GREATEST(0, free + $3)) AS charged FROM held),
booked AS (${append(`charge, ${rowOf('transfer', '$5', { ...theAccount, debit_id: 'account_id', seq: 'seq + 1', amount: 'charged' })} r`)}),
excess AS (${append(`(
  SELECT booked.account_id, booked.seq, hash AS before, $2 - charged AS excess FROM booked, charge) post,
  ${rowOf('transfer', '$6', { ...theAccount, seq: 'post.seq + 1', amount: 'excess' })} r WHERE excess > 0`)}),
last AS (SELECT seq, hash FROM excess UNION ALL SELECT seq, hash FROM booked ORDER BY seq DESC LIMIT 1),
moved AS (
  UPDATE account SET debits_pending = left_pending, debits_posted = debits_posted + charged,
    seq = last.seq, head = hash
  FROM charge, last WHERE account.id = account_id),
settled AS (
  UPDATE key SET held = left_held, spent = CASE WHEN period_start > $4 THEN spent ELSE spent + charged END
  FROM charge, budget WHERE key.id = budget.id),
dropped AS (DELETE FROM hold USING charge WHERE hold.id = charge.id),
recorded AS (INSERT INTO usage SELECT r.* FROM charge, ${rowOf('usage', '$7', theCharge)} r),
summed AS (
  INSERT INTO usage_hour SELECT r.* FROM charge, ${rowOf('usage_hour', '$8', theCharge)} r
  ${addToHour})
SELECT charged FROM charge`

/** $1 account, $2 the house account, $3 debit, $4 credit, $5 floor, $6 the link, $7 now, $8 pending, $9 the lot or null. */
const bookMovement = `
WITH spender AS (${lockAccount('$1')}),
house AS (
  INSERT INTO account (id, kind, created_at) SELECT $2, 'house', $7::bigint FROM spender ON CONFLICT (id) DO NOTHING),
booked AS (${append(
  `(SELECT seq, head AS before FROM spender WHERE free - $3 + $4 - $8 >= $5) chain,
  ${rowOf('transfer', '$6', { seq: 'chain.seq + 1' })} r`,
  'ON CONFLICT DO NOTHING',
)}),
lotted AS (
  INSERT INTO lot SELECT r.* FROM booked, jsonb_populate_record(NULL::lot, $9::text::jsonb) r WHERE $9::text IS NOT NULL),
moved AS (
  UPDATE account SET debits_pending = debits_pending + $8, debits_posted = debits_posted + $3,
    credits_posted = credits_posted + $4, seq = booked.seq, head = hash
  FROM booked WHERE id = account_id)
SELECT (SELECT count(*) FROM booked) AS booked FROM spender`

const knownMovement = `
SELECT 1 AS known FROM transfer WHERE (code = $1 AND external_id = $2) OR pending_id = $3`
const pendingTransfer = `
SELECT amount FROM transfer WHERE id = $1 AND account_id = $2 AND phase = 'pending'`
