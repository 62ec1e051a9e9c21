/**
 * Walks every account's chain from its first transfer to its last, and derives again what the ledger keeps: numbers and
 * hashes, counters, open holds, and the sums of the house accounts. Memory grows with accounts and open holds only.
 */
import type { Snapshot } from '../store/snapshot.ts'
import { linkHash } from './chain.ts'
import { codes } from './chart.ts'

/** Says that `what` breaks the rule of a check. */
export type Note = (check: 'hash-chain' | 'counters' | 'holds' | 'sides', what: string) => void

export interface Walked {
  transfers: number
  /** Posts and voids. */
  resolved: number
  excess: number
  accounts: number
  holds: number
  /** Credits minus debits of each house account. */
  houses: Map<string, bigint>
  /** Credits minus debits of all customers together, by their counters. */
  customers: bigint
}

interface Stored {
  seq: bigint
  head: string
  debits_pending: bigint
  debits_posted: bigint
  credits_pending: bigint
  credits_posted: bigint
}

interface Transfer {
  id: string
  account_id: string
  seq: bigint
  phase: string
  pending_id: string | null
  debit_id: string
  credit_id: string
  amount: bigint
  code: string
  external_id: string | null
  corrects_id: string | null
  reason: string | null
  actor: string | null
  created_at: bigint
  hash: string
}

interface Chain {
  id: string
  seq: bigint
  head: string
  debits: bigint
  credits: bigint
  open: Set<string>
}

const startChain = (id: string): Chain => ({
  id,
  seq: 0n,
  head: '',
  debits: 0n,
  credits: 0n,
  open: new Set(),
})

export async function walkChains(
  snapshot: Snapshot,
  note: Note,
  tick: (rows: number) => void,
): Promise<Walked> {
  const accounts = await readAccounts(snapshot)
  const holds = await readHolds(snapshot)
  const walked: Walked = {
    ...{ transfers: 0, resolved: 0, excess: 0, accounts: accounts.size, holds: 0 },
    ...{ houses: new Map(), customers: 0n },
  }
  for (const stored of accounts.values())
    walked.customers += stored.credits_posted - stored.debits_posted

  for (const { ids } of holds.values()) walked.holds += ids.size

  function finish(chain: Chain): void {
    const stored = accounts.get(chain.id)
    if (stored !== undefined) compare(chain, stored, holds.get(chain.id), note)
    accounts.delete(chain.id)
    holds.delete(chain.id)
  }

  let chain = startChain('')
  for await (const page of snapshot.pages<Transfer>(
    'SELECT * FROM transfer ORDER BY account_id, seq',
  )) {
    for (const transfer of page) {
      if (transfer.account_id !== chain.id) {
        finish(chain)
        chain = startChain(transfer.account_id)
      }
      follow(chain, transfer, note)
      tally(walked, transfer)
    }
    tick(page.length)
  }
  finish(chain)
  for (const id of [...accounts.keys()]) finish(startChain(id))
  return walked
}

async function readAccounts(snapshot: Snapshot): Promise<Map<string, Stored>> {
  const accounts = new Map<string, Stored>()
  const columns = 'seq, head, debits_pending, debits_posted, credits_pending, credits_posted'
  for await (const page of snapshot.pages<Stored & { id: string }>(
    `SELECT id, ${columns} FROM account`,
  )) {
    for (const { id, ...stored } of page) accounts.set(id, stored)
  }
  return accounts
}

interface Held {
  ids: Set<string>
  amount: bigint
}

async function readHolds(snapshot: Snapshot): Promise<Map<string, Held>> {
  const holds = new Map<string, Held>()
  const text = 'SELECT id, account_id, amount FROM hold'
  for (const { id, account_id, amount } of await snapshot.rows<{
    id: string
    account_id: string
    amount: bigint
  }>(text)) {
    const held = holds.get(account_id) ?? { ids: new Set(), amount: 0n }
    held.ids.add(id)
    held.amount += amount
    holds.set(account_id, held)
  }
  return holds
}

function follow(chain: Chain, transfer: Transfer, note: Note): void {
  const { id, seq, phase, pending_id, amount } = transfer
  const hash = linkHash(chain.head, {
    id,
    accountId: transfer.account_id,
    seq,
    phase,
    pendingId: pending_id,
    debitId: transfer.debit_id,
    creditId: transfer.credit_id,
    amount,
    code: transfer.code,
    externalId: transfer.external_id,
    correctsId: transfer.corrects_id,
    reason: transfer.reason,
    actor: transfer.actor,
    createdAt: transfer.created_at,
  })
  if (seq !== chain.seq + 1n || hash !== transfer.hash) note('hash-chain', id)
  chain.seq = seq
  chain.head = transfer.hash
  if (!sidesFit(transfer)) note('sides', id)
  if (phase === 'pending') chain.open.add(id)
  if (pending_id !== null && !chain.open.delete(pending_id)) note('holds', id)
  if (phase !== 'post' && phase !== 'single') return
  if (transfer.debit_id === chain.id) chain.debits += amount
  if (transfer.credit_id === chain.id) chain.credits += amount
}

/** Whether a transfer debits and credits what the chart says for its code. */
function sidesFit({
  code,
  account_id: own,
  debit_id: debit,
  credit_id: credit,
}: Transfer): boolean {
  if (code === 'usage') return debit === own && credit === 'income'
  if (code === 'usage_excess') return debit === 'writeoff' && credit === 'income'
  const rule = codes[code as keyof typeof codes]
  const way = debit === own ? 'debit' : 'credit'
  const house = debit === own ? credit : debit
  return (
    (debit === own || credit === own) &&
    (rule.way === 'either' || rule.way === way) &&
    (rule.house.endsWith(':') ? house.startsWith(rule.house) : house === rule.house)
  )
}

function tally(
  walked: Walked,
  { phase, code, debit_id, credit_id, account_id, amount }: Transfer,
): void {
  walked.transfers++
  if (phase === 'post' || phase === 'void') walked.resolved++
  if (code === 'usage_excess') walked.excess++
  if (phase !== 'post' && phase !== 'single') return
  const { houses } = walked
  if (debit_id !== account_id) houses.set(debit_id, (houses.get(debit_id) ?? 0n) - amount)
  if (credit_id !== account_id) houses.set(credit_id, (houses.get(credit_id) ?? 0n) + amount)
}

function compare(chain: Chain, stored: Stored, held: Held | undefined, note: Note): void {
  if (stored.seq !== chain.seq || stored.head !== chain.head) note('hash-chain', chain.id)
  const right =
    stored.debits_pending === (held?.amount ?? 0n) &&
    stored.debits_posted === chain.debits &&
    stored.credits_pending === 0n &&
    stored.credits_posted === chain.credits
  if (!right) note('counters', chain.id)
  for (const id of chain.open.symmetricDifference(held?.ids ?? new Set<string>())) note('holds', id)
}
