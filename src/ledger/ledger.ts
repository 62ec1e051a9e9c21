/**
 * The ledger: how much credit each account has, and why it moved. A movement is one immutable transfer that debits one
 * account and credits another, in nano-USD. A call is paid in two phases: a pending transfer holds the estimate before
 * upstream is called; then one post (the real cost) or one void (nothing owed) resolves it. This file is the interface;
 * `sqlite.ts` and `postgres.ts` keep it and pass one contract suite.
 */
import type { Units } from '../base/units.ts'
import type { PostgresStore, Statement, WritingSqliteStore } from '../store/store.ts'
import type { Code } from './chart.ts'
import { postgresLedger } from './postgres.ts'
import { sqliteLedger } from './sqlite.ts'

/** Every verb is atomic, and durable when it resolves. */
export interface Ledger {
  /**
   * Holds `amount`, or what is free if that is at least `least`; answers what it holds. Refuses with
   * `insufficient_credits` or `key_limit_reached` when not even `least` is free, `account_suspended`, `account_closed`
   * or `invalid_api_key` when account or key may not spend at all.
   */
  open(hold: NewHold, now: number): Promise<bigint>
  /** Holds `by` more for a stream that outgrew its hold. The account may go down to minus `overdraft` for it. */
  extend(id: string, by: bigint, overdraft: bigint, now: number): Promise<void>
  /** Notes what was delivered so far (JSON of `Delivered`), for the case that this process dies. */
  note(notes: { id: string; delivered: string }[]): Promise<void>
  /**
   * Resolves a hold with its usage record: posts `record.cost`, or voids when nothing is owed. What would take the
   * balance below minus `overdraft` is booked as the operator's write-off. Answers what was charged. A hold that is
   * resolved already is left as it is: the answer is then null, so a retry after an unknown outcome is safe.
   */
  resolve(settlement: Settlement, now: number): Promise<bigint | null>
  /**
   * Books a movement, and in the same commit what `beside` lists: a guard of those that fails refuses both. One with a
   * known (code, external id), or that resolves what is resolved already, is not booked twice and does nothing: answers
   * false. Credit becomes a lot under the movement's id. Refuses with `insufficient_credits` what freezes more than is free.
   */
  transfer(movement: Movement, now: number, beside?: readonly Statement[]): Promise<boolean>
}

export interface NewHold {
  /** The generation's id; also the pending transfer's. */
  id: string
  accountId: string
  keyId: string
  /** When the key's current credit period began; 0 for a limit that never resets. */
  periodStart: number
  instanceId: string
  amount: bigint
  least: bigint
  /** JSON of `Draft`: what a usage record needs, should this process die. */
  draft: string
}

/** The facts of a usage record that are frozen when the call is admitted. */
export interface Draft {
  modelId: string
  priceId: string
  buyPriceId: string | null
  streamed: boolean
  caller: string | null
  createdAt: number
  periodStart: number
}

/** What had been delivered, and what that costs. */
export interface Delivered {
  units: Units
  cost: string
  buyCost: string
  channelId: string
}

export type UsageSource = 'provider' | 'counted' | 'estimated' | 'none'
/**
 * complete: answered to its end. client_left: the client went, delivered is charged. broken: upstream broke mid-stream,
 * delivered is charged. cut: ended by us (overdraft spent, suspension), delivered is charged. refused: the upstream
 * refused the request. failed: no provider answered. crashed: this process died.
 */
export type Outcome =
  | 'complete'
  | 'client_left'
  | 'broken'
  | 'cut'
  | 'refused'
  | 'failed'
  | 'crashed'

export interface Settlement {
  id: string
  draft: Draft
  channelId: string | null
  units: Units
  /** Units × the frozen price. */
  cost: bigint
  buyCost: bigint
  /** What the provider says it charged; null where it says nothing. Only compared: nobody pays by it. */
  reportedCost: bigint | null
  usageSource: UsageSource
  outcome: Outcome
  /** What was odd, comma-separated: `implausible_usage`, `clamped`; null when nothing was. */
  flags: string | null
  status: number
  finishReason: string | null
  firstTokenMs: number | null
  durationMs: number
  overdraft: bigint
  /** Charge at most what is held: for usage that is not believed. */
  capAtHold: boolean
}

export interface Movement {
  id: string
  accountId: string
  code: Code
  /** Positive; 0 for a void. */
  amount: bigint
  /** A refund that the processor has paid already. */
  outside?: boolean
  /** Only refunds come in two: a pending one freezes the amount, a post or a void resolves it. */
  phase?: 'single' | 'pending' | 'post' | 'void'
  pendingId?: string
  /** Only for codes that go either way. */
  way?: 'debit' | 'credit'
  /** For codes of a processor's clearing account: its name. */
  processor?: string
  externalId?: string
  /** The transfer that this one corrects, pays back or ends: its lot is used first. */
  correctsId?: string
  /** When the credit expires, for codes that are credit. */
  expiresAt?: number | null
  reason?: string
  actor?: string
}

export function openLedger(store: PostgresStore | WritingSqliteStore): Ledger {
  return store.kind === 'sqlite' ? sqliteLedger(store) : postgresLedger(store)
}
