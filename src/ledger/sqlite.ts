/**
 * The ledger on SQLite. Each verb is one synchronous callback in the batch that is open; the single writer makes what it
 * reads there true until it has written. The rules stand in WHERE, UNIQUE and CHECK; this file only names them.
 */
import type { Database, Statement } from 'bun:sqlite'
import { assert } from '../base/assert.ts'
import { AppError } from '../base/error.ts'
import { runOn } from '../store/sqlite.ts'
import { applyStatement, type WritingSqliteStore } from '../store/store.ts'
import { linkHash } from './chain.ts'
import type { Ledger } from './ledger.ts'
import {
  assertSpendable,
  chargeable,
  debitsOf,
  excessLink,
  grant,
  movementLink,
  mustBeFree,
  type NewLink,
  pendingLink,
  resolvingLink,
} from './link.ts'
import { addToHour, hourRow, type Row, usageRow, type Value } from './record.ts'

interface Chain {
  seq: bigint
  head: string
}
interface Account extends Chain {
  state: string
  free: bigint
}
interface KeyRow {
  state: string
  /** Null without a limit. */
  free: bigint | null
}
interface Held {
  account_id: string
  key_id: string
  amount: bigint
}

/** What moves on an account's counters, and how low its free balance may end. */
interface Change {
  pending?: bigint
  debit?: bigint
  credit?: bigint
  floor?: bigint
}
const lowest = -(2n ** 62n)

export function sqliteLedger(store: WritingSqliteStore): Ledger {
  const { commit, connection } = store
  const sql = prepare(connection)

  /** Appends to the account's chain and moves its counters; refuses when the free balance would end below the floor. */
  function book(chain: Chain, link: NewLink, change: Change): void {
    const seq = chain.seq + 1n
    const hash = linkHash(chain.head, { ...link, seq })
    const { pending = 0n, debit = 0n, credit = 0n, floor = lowest } = change
    const moved = sql.move.run(pending, debit, credit, seq, hash, link.accountId, chain.seq, floor)
    if (moved.changes === 0) throw new AppError('insufficient_credits')
    const { id, accountId, phase, pendingId, debitId, creditId, amount, code } = link
    const { externalId, correctsId, reason, actor, createdAt } = link
    // biome-ignore format: as the statement lists them
    sql.append.run(
      id, accountId, seq, phase, pendingId, debitId, creditId, amount, code,
      externalId, correctsId, reason, actor, createdAt, hash,
    )
    chain.seq = seq
    chain.head = hash
  }

  return {
    open: (hold, now) =>
      commit(() => {
        const account = sql.account.get(hold.accountId)
        const key = sql.key.get(hold.periodStart, hold.keyId, hold.accountId)
        assertSpendable(account?.state ?? null, key?.state ?? null)
        const { free, ...chain } = account as Account
        const amount = grant(hold, free, (key as KeyRow).free)
        book(chain, pendingLink(hold, amount, now), { pending: amount, floor: 0n })
        sql.holdOnKey.run(amount, hold.periodStart, hold.keyId)
        sql.hold.run(hold.id, hold.accountId, hold.keyId, hold.instanceId, amount, hold.draft, now)
        return amount
      }),

    extend: (id, by, overdraft) =>
      commit(() => {
        const states = sql.states.get(id)
        assertSpendable(states?.state ?? null, states?.key_state ?? null)
        if (sql.extendKey.run(by, id).changes === 0) throw new AppError('key_limit_reached')
        if (sql.extendAccount.run(by, id, overdraft).changes === 0) {
          throw new AppError('insufficient_credits')
        }
        sql.extendHold.run(by, id)
      }),

    note: (notes) =>
      commit(() => {
        for (const { id, delivered } of notes) sql.note.run(delivered, id)
      }),

    resolve: (settlement, now) =>
      commit(() => {
        const held = sql.held.get(settlement.id)
        if (held === null) return null
        const { id, cost } = settlement
        const { free, ...chain } = sql.account.get(held.account_id) as Account
        const charged = chargeable(settlement, held.amount, free)
        const change = { pending: -held.amount, debit: charged }
        book(chain, resolvingLink(settlement, held.account_id, charged, now), change)
        if (cost > charged) book(chain, excessLink(id, held.account_id, cost - charged, now), {})
        sql.settleKey.run(held.amount, charged, settlement.draft.periodStart, held.key_id)
        sql.dropHold.run(id)
        const by = { account_id: held.account_id, key_id: held.key_id, charged }
        sql.usage({ ...usageRow(settlement), ...by })
        sql.hour({ ...hourRow(settlement), ...by })
        return charged
      }),

    transfer: (movement, now, beside = []) =>
      commit(() => {
        const { house, way, lot, ...link } = movementLink(movement, now)
        if (sql.known.get(link.code, link.externalId)) return false
        if (link.pendingId !== null && sql.resolved.get(link.pendingId)) return false
        const chain = sql.account.get(movement.accountId)
        if (chain === null)
          throw new AppError('not_found', { message: 'There is no such account.' })
        const frozen =
          link.pendingId === null ? null : sql.pending.get(link.pendingId, link.accountId)
        assert(link.pendingId === null || frozen, 'what is resolved is pending')
        sql.house.run(house, now)
        const { amount } = link
        if (way === 'credit') book(chain, link, { credit: amount })
        else
          book(chain, link, {
            ...debitsOf(movement, frozen?.amount ?? 0n),
            floor: mustBeFree(movement) ? 0n : lowest,
          })
        if (lot) sql.lot.run(link.id, link.accountId, lot.kind, amount, lot.expiresAt, now)
        for (const statement of beside) applyStatement(statement, runOn(connection))
        return true
      }),
  }
}

function prepare(connection: Database) {
  const statement = <Row = unknown>(text: string) => connection.prepare<Row, Value[]>(text)
  const free = 'credits_posted - debits_posted - debits_pending'
  const spent = 'CASE WHEN period_start < ?1 THEN 0 ELSE spent END'
  const keyOf = '(SELECT key_id FROM hold WHERE id = ?2)'
  const accountOf = '(SELECT account_id FROM hold WHERE id = ?2)'
  return {
    // Two look-ups by key, each a microsecond; joined they are ten.
    account: statement<Account>(
      `SELECT state, seq, head, ${free} AS free FROM account WHERE id = ?1`,
    ),
    key: statement<KeyRow>(`
      SELECT state, credit_limit - held - ${spent} AS free FROM key WHERE id = ?2 AND account_id = ?3`),
    states: statement<{ state: string; key_state: string }>(`
      SELECT a.state, k.state AS key_state FROM hold h JOIN account a ON a.id = h.account_id JOIN key k ON k.id = h.key_id
      WHERE h.id = ?1`),
    held: statement<Held>('SELECT account_id, key_id, amount FROM hold WHERE id = ?1'),
    move: statement(`
      UPDATE account SET debits_pending = debits_pending + ?1, debits_posted = debits_posted + ?2,
        credits_posted = credits_posted + ?3, seq = ?4, head = ?5
      WHERE id = ?6 AND seq = ?7 AND ${free} - ?1 - ?2 + ?3 >= ?8`),
    append: statement(`
      INSERT INTO transfer (id, account_id, seq, phase, pending_id, debit_id, credit_id, amount, code, external_id,
        corrects_id, reason, actor, created_at, hash)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`),
    holdOnKey: statement(`
      UPDATE key SET held = held + ?1, spent = CASE WHEN period_start < ?2 THEN 0 ELSE spent END,
        period_start = MAX(period_start, ?2) WHERE id = ?3`),
    settleKey: statement(`
      UPDATE key SET held = held - ?1, spent = CASE WHEN period_start > ?3 THEN spent ELSE spent + ?2 END WHERE id = ?4`),
    extendKey: statement(`
      UPDATE key SET held = held + ?1
      WHERE id = ${keyOf} AND (credit_limit IS NULL OR spent + held + ?1 <= credit_limit)`),
    extendAccount: statement(`
      UPDATE account SET debits_pending = debits_pending + ?1 WHERE id = ${accountOf} AND ${free} - ?1 >= -?3`),
    extendHold: statement('UPDATE hold SET amount = amount + ?1 WHERE id = ?2'),
    hold: statement(`
      INSERT INTO hold (id, account_id, key_id, instance_id, amount, draft, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`),
    note: statement('UPDATE hold SET delivered = ?1 WHERE id = ?2'),
    dropHold: statement('DELETE FROM hold WHERE id = ?1'),
    known: statement('SELECT 1 FROM transfer WHERE code = ?1 AND external_id = ?2'),
    resolved: statement('SELECT 1 FROM transfer WHERE pending_id = ?1'),
    pending: statement<{ amount: bigint }>(
      "SELECT amount FROM transfer WHERE id = ?1 AND account_id = ?2 AND phase = 'pending'",
    ),
    lot: statement(`
      INSERT INTO lot (id, account_id, kind, amount, expires_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`),
    house: statement(`
      INSERT INTO account (id, kind, created_at) VALUES (?1, 'house', ?2) ON CONFLICT (id) DO NOTHING`),
    usage: insert(connection, 'usage'),
    hour: insert(connection, 'usage_hour', addToHour),
  }
}

/** Inserts rows that all have the same columns, by one statement made at the first. */
function insert(connection: Database, table: string, onConflict = ''): (row: Row) => void {
  let made: Statement<unknown, Value[]> | null = null
  return (row) => {
    made ??= connection.prepare(`
      INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => '?')}) ${onConflict}`)
    made.run(...Object.values(row))
  }
}
