/**
 * Walks every account's chain from its first transfer to its last, and derives again what the ledger keeps: numbers and
 * hashes, counters, open holds, lots, and the sums of the house accounts. Memory grows with accounts, open holds, lots and
 * payments only.
 *
 * SQLite's rows lie by their ids, nearly as they were booked; sought one by one in the order of their chains they take five
 * times as long. So they are read as they lie, each waiting for those before it. Where that finds anything wrong, or too many
 * wait, all are read again in order: what is said to be wrong is always said by that.
 */
import type { Snapshot } from '../store/snapshot.ts'
import { type Link, linkHash } from './chain.ts'
import { codes } from './chart.ts'
import { type Booked, readBooked } from './verify-payments.ts'
import { openLotWalk } from './walk-lots.ts'

/** Says that `what` breaks the rule of a check. */
export type Note = (
  check: 'hash-chain' | 'counters' | 'holds' | 'sides' | 'lots',
  what: string,
) => void

export interface Walked {
  transfers: number
  accounts: number
  /** Transfers that are no call's. */
  others: number
  /** Posts and voids. */
  resolved: number
  /** Open holds, and refunds that are asked for. */
  holds: number
  /** Movements that bring credit, and lots of it. */
  credits: number
  lots: number
  /** Movements of payments, by their ids. */
  booked: Map<string, Booked>
  /** Credits minus debits of each house account, posted. */
  houses: Map<string, bigint>
  /** Credits minus debits of all customers together, by their counters. */
  customers: bigint
}

/** An account as it is kept, beside what its transfers and holds say. */
interface Chain {
  id: string
  seq: bigint
  head: string
  debits_pending: bigint
  debits_posted: bigint
  credits_pending: bigint
  credits_posted: bigint
  walked: { seq: bigint; head: string; debits: bigint; credits: bigint; open: Set<string> }
  held: { amount: bigint; ids: Set<string> }
  /** What was read before its turn, by number. */
  waiting: Map<bigint, Transfer>
}

interface Transfer extends Link {
  seq: bigint
  hash: string
}

const columns = `
  id, account_id AS "accountId", seq, phase, pending_id AS "pendingId", debit_id AS "debitId", credit_id AS "creditId",
  amount, code, external_id AS "externalId", corrects_id AS "correctsId", reason, actor, created_at AS "createdAt", hash`

const isCall = "code = 'usage' OR code = 'usage_excess'"
const inOrder = [`SELECT ${columns} FROM transfer ORDER BY account_id, seq`]
/** What is no call first: it lies elsewhere, and calls wait for it. */
const asTheyLie = [`NOT (${isCall})`, isCall].map(
  (which) => `SELECT ${columns} FROM transfer WHERE ${which}`,
)
/** Calls that end while others begin, and clocks that were set back. */
const mostWaiting = 250_000

export async function walkChains(
  snapshot: Snapshot,
  note: Note,
  tick: (rows: number) => void,
): Promise<Walked> {
  if (snapshot.kind === 'postgres') return walk(snapshot, inOrder, note, tick)
  const stop = new Error('not as it should be')
  const quick = walk(
    snapshot,
    asTheyLie,
    () => {
      throw stop
    },
    tick,
  )
  return quick.catch((cause) => {
    if (cause !== stop) throw cause
    return walk(snapshot, inOrder, note, () => {})
  })
}

async function walk(
  snapshot: Snapshot,
  texts: readonly string[],
  note: Note,
  tick: (rows: number) => void,
): Promise<Walked> {
  const chains = await readChains(snapshot)
  const lots = await openLotWalk(snapshot, note)
  const walked: Walked = {
    ...{ transfers: 0, accounts: chains.size, others: 0, resolved: 0, holds: 0 },
    ...{ credits: 0 },
    ...{ lots: lots.count, booked: new Map(), houses: new Map(), customers: 0n },
  }
  const take = (chain: Chain, transfer: Transfer) => {
    follow(chain, transfer, note)
    lots.follow(transfer)
  }
  let waiting = 0
  for (const text of texts) {
    for await (const page of snapshot.pages<Transfer>(text)) {
      for (const transfer of page) {
        tally(walked, transfer)
        const chain = chains.get(transfer.accountId)
        if (chain === undefined) note('hash-chain', `${transfer.id} of no account`)
        else if (texts === inOrder || transfer.seq === chain.walked.seq + 1n) {
          take(chain, transfer)
          waiting -= takeWaiting(chain, take)
        } else {
          chain.waiting.set(transfer.seq, transfer)
          waiting++
        }
      }
      tick(page.length)
      if (waiting > walked.others + mostWaiting) note('hash-chain', 'out of order')
    }
  }
  for (const chain of chains.values()) {
    if (chain.waiting.size > 0) note('hash-chain', chain.id)
    compare(chain, note)
    walked.customers += chain.credits_posted - chain.debits_posted
    walked.holds += chain.held.ids.size
  }
  lots.compare()
  return walked
}

/** Those whose turn it is now; answers how many. */
function takeWaiting(chain: Chain, take: (chain: Chain, transfer: Transfer) => void): number {
  const before = chain.waiting.size
  while (chain.waiting.size > 0) {
    const seq = chain.walked.seq + 1n
    const transfer = chain.waiting.get(seq)
    if (transfer === undefined) break
    chain.waiting.delete(seq)
    take(chain, transfer)
  }
  return before - chain.waiting.size
}

async function readChains(snapshot: Snapshot): Promise<Map<string, Chain>> {
  const chains = new Map<string, Chain>()
  const kept = 'id, seq, head, debits_pending, debits_posted, credits_pending, credits_posted'
  for await (const page of snapshot.pages<Chain>(`SELECT ${kept} FROM account`)) {
    for (const account of page) {
      const walked = { seq: 0n, head: '', debits: 0n, credits: 0n, open: new Set<string>() }
      const held = { amount: 0n, ids: new Set<string>() }
      chains.set(account.id, { ...account, walked, held, waiting: new Map() })
    }
  }
  const holds = await snapshot.rows<{ id: string; account_id: string; amount: bigint }>(
    `SELECT id, account_id, amount FROM hold
    UNION ALL SELECT pending_id, account_id, amount FROM refund
      WHERE pending_id IS NOT NULL AND state IN ('asked', 'approved', 'failed')`,
  )
  for (const { id, account_id, amount } of holds) {
    const held = chains.get(account_id)?.held
    held?.ids.add(id)
    if (held) held.amount += amount
  }
  return chains
}

function follow({ id: own, walked }: Chain, transfer: Transfer, note: Note): void {
  const { id, seq, phase, pendingId, amount } = transfer
  if (seq !== walked.seq + 1n || transfer.hash !== linkHash(walked.head, transfer)) {
    note('hash-chain', id)
  }
  walked.seq = seq
  walked.head = transfer.hash
  if (!sidesFit(transfer)) note('sides', id)
  if (phase === 'pending') walked.open.add(id)
  if (pendingId !== null && !walked.open.delete(pendingId)) note('holds', id)
  if (phase === 'pending' || phase === 'void') return
  if (transfer.debitId === own) walked.debits += amount
  if (transfer.creditId === own) walked.credits += amount
}

/** Whether a transfer debits and credits what the chart says for its code. */
function sidesFit({ code, accountId: own, debitId: debit, creditId: credit }: Transfer): boolean {
  if (code === 'usage') return debit === own && credit === 'income'
  if (code === 'usage_excess') return debit === 'writeoff' && credit === 'income'
  const rule = codes[code as keyof typeof codes]
  const way = debit === own ? 'debit' : 'credit'
  const house = way === 'debit' ? credit : debit
  return (
    (debit === own || credit === own) &&
    (rule.way === 'either' || rule.way === way) &&
    (rule.house.endsWith(':') ? house.startsWith(rule.house) : house === rule.house)
  )
}

function tally(walked: Walked, transfer: Transfer): void {
  const { id, phase, code, debitId, creditId, accountId, amount } = transfer
  walked.transfers++
  if (code !== 'usage' && code !== 'usage_excess') walked.others++
  if (phase === 'post' || phase === 'void') walked.resolved++
  if (creditId === accountId) walked.credits++
  const booked = readBooked(transfer)
  if (booked) walked.booked.set(id, booked)
  if (phase === 'pending' || phase === 'void') return
  const { houses } = walked
  if (debitId !== accountId) houses.set(debitId, (houses.get(debitId) ?? 0n) - amount)
  if (creditId !== accountId) houses.set(creditId, (houses.get(creditId) ?? 0n) + amount)
}

function compare({ walked, held, ...kept }: Chain, note: Note): void {
  if (kept.seq !== walked.seq || kept.head !== walked.head) note('hash-chain', kept.id)
  const right =
    kept.debits_pending === held.amount &&
    kept.debits_posted === walked.debits &&
    kept.credits_pending === 0n &&
    kept.credits_posted === walked.credits
  if (!right) note('counters', kept.id)
  for (const id of walked.open.symmetricDifference(held.ids)) note('holds', id)
}
