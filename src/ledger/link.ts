/**
 * The movements that the ledger books, as links of the account's chain, and how much of a hold or a cost may be taken.
 * Pure: both stores use it, so that they cannot differ in what they book.
 */
import { lesser } from '../base/amount.ts'
import { assert } from '../base/assert.ts'
import { AppError } from '../base/error.ts'
import { storable } from '../store/store.ts'
import type { Link } from './chain.ts'
import { codes, type House } from './chart.ts'
import type { Movement, NewHold, Settlement } from './ledger.ts'

export type NewLink = Omit<Link, 'seq'>

const plain = { pendingId: null, externalId: null, correctsId: null, reason: null, actor: null }

export function pendingLink(hold: NewHold, amount: bigint, now: number): NewLink {
  const sides = { debitId: hold.accountId, creditId: 'income' }
  return {
    ...plain,
    ...sides,
    id: hold.id,
    accountId: hold.accountId,
    phase: 'pending',
    amount,
    code: 'usage',
    createdAt: now,
  }
}

/** A post, or a void when nothing is owed: `gen-…:post`, `gen-…:void`. */
export function resolvingLink(
  settlement: Settlement,
  accountId: string,
  charged: bigint,
  now: number,
): NewLink {
  const phase = settlement.cost === 0n ? 'void' : 'post'
  return {
    ...plain,
    id: `${settlement.id}:${phase}`,
    accountId,
    phase,
    pendingId: settlement.id,
    debitId: accountId,
    creditId: 'income',
    amount: charged,
    code: 'usage',
    createdAt: now,
  }
}

/** What a call cost beyond what its account may be charged: the operator's write-off, named in the account's chain. */
export function excessLink(id: string, accountId: string, amount: bigint, now: number): NewLink {
  return {
    ...plain,
    id: `${id}:excess`,
    accountId,
    phase: 'single',
    debitId: 'writeoff',
    creditId: 'income',
    amount,
    code: 'usage_excess',
    externalId: id,
    createdAt: now,
  }
}

/** What a lot is made of; null where the movement brings no credit. */
export type NewLot = { kind: 'paid' | 'promotional'; expiresAt: number | null } | null

export function movementLink(
  movement: Movement,
  now: number,
): NewLink & { house: House; way: 'debit' | 'credit'; lot: NewLot } {
  const rule = codes[movement.code]
  const phase = movement.phase ?? 'single'
  const way = rule.way === 'either' ? movement.way : rule.way
  assert(way !== undefined, `${movement.code} needs a way`)
  assert(movement.amount > 0n === (phase !== 'void'), 'a movement is positive, a void is nothing')
  assert(!rule.house.endsWith(':') || movement.processor, `${movement.code} needs a processor`)
  const house = (rule.house.endsWith(':') ? rule.house + movement.processor : rule.house) as House
  return {
    id: movement.id,
    accountId: movement.accountId,
    phase,
    pendingId: movement.pendingId ?? null,
    debitId: way === 'debit' ? movement.accountId : house,
    creditId: way === 'debit' ? house : movement.accountId,
    amount: movement.amount,
    code: movement.code,
    externalId: storable(movement.externalId ?? null),
    correctsId: movement.correctsId ?? null,
    reason: storable(movement.reason ?? null),
    actor: storable(movement.actor ?? null),
    createdAt: now,
    house,
    way,
    lot:
      way === 'credit' && rule.lot
        ? { kind: rule.lot, expiresAt: movement.expiresAt ?? null }
        : null,
  }
}

/**
 * Whether it moves only what is free: what has happened outside already is booked, though the balance end below zero; and what
 * was frozen goes back, though a dispute took it below meanwhile.
 */
export function mustBeFree({ phase, code, outside }: Movement): boolean {
  return code === 'refund' && phase !== 'post' && phase !== 'void' && !outside
}

/** How a movement changes the debits that are pending and posted. `frozen`: of the pending one that it resolves. */
export function debitsOf({ phase = 'single', amount }: Movement, frozen: bigint) {
  if (phase === 'pending') return { pending: amount, debit: 0n }
  assert(phase === 'single' || amount <= frozen, 'no more is posted than is pending')
  return { pending: -frozen, debit: amount }
}

/** How much of the wanted hold is granted, given what is free on the account and on the key (null: no limit). */
export function grant(hold: NewHold, free: bigint, freeOnKey: bigint | null): bigint {
  if (free < hold.least) throw new AppError('insufficient_credits')
  if (freeOnKey !== null && freeOnKey < hold.least) throw new AppError('key_limit_reached')
  return lesser(lesser(hold.amount, free), freeOnKey ?? hold.amount)
}

/** What of a cost the account is charged: never so much that its balance falls below minus the overdraft [T3.4]. */
export function chargeable(settlement: Settlement, held: bigint, free: bigint): bigint {
  const beyond = settlement.capAtHold ? 0n : free + settlement.overdraft
  const most = held + (beyond > 0n ? beyond : 0n)
  return lesser(settlement.cost, most)
}

/** Refuses an account or a key that may not spend. */
export function assertSpendable(accountState: string | null, keyState: string | null): void {
  if (accountState === null || keyState !== 'active') throw new AppError('invalid_api_key')
  if (accountState === 'suspended') throw new AppError('account_suspended')
  if (accountState === 'closed') throw new AppError('account_closed')
}
