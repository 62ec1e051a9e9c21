/**
 * Divides an account's debits over its lots of credit: which lot a call, a refund or an expiry was paid from. Promotional
 * credit goes first, then what expires first, then the oldest; a movement that corrects a lot's own transfer takes from that
 * lot before all others. What goes beyond all lots is a debt, which the next credit repays. Pure: the same chain gives the
 * same division however it is cut into stretches, so `verify` can derive it again.
 *
 * Kept at every transfer: Σ(amount − spent) − debt = credits posted − debits posted − refunds that are asked for.
 */
import { lesser } from '../base/amount.ts'
import type { Link } from './chain.ts'

export interface Lot {
  /** Its transfer's. */
  id: string
  kind: 'paid' | 'promotional'
  amount: bigint
  spent: bigint
  expiresAt: number | null
  /** Its transfer's place in the chain: debits before it cannot be paid from it. */
  seq: number
}

/** What transfers `fromSeq` to `toSeq` took of a lot; less than 0 gave back. A day's calls in a row are one. */
export interface LotUse {
  lotId: string
  fromSeq: number
  toSeq: number
  code: string
  amount: bigint
  /** Of the first of them. */
  createdAt: number
}

export interface Take {
  lotId: string
  amount: bigint
}

export interface Division {
  /** The last transfer that is divided. */
  seq: number
  debt: bigint
  /** All of the account's, also those that come later in the chain. */
  lots: readonly Lot[]
  /** By each lot the last one before, and those of the stretch. */
  uses: readonly LotUse[]
  /** What a refund that is asked for froze, by its transfer's id. */
  frozen: ReadonlyMap<string, readonly Take[]>
}

export type Divisible = Pick<
  Link,
  'id' | 'accountId' | 'seq' | 'phase' | 'pendingId' | 'debitId' | 'amount' | 'code' | 'correctsId'
> & { createdAt: number | bigint }

export const undivided = { seq: 0, debt: 0n, uses: [], frozen: new Map() }

/** In the order that they are spent. */
export function bySpending(one: Lot, other: Lot): number {
  if (one.kind !== other.kind) return one.kind === 'promotional' ? -1 : 1
  const until = (lot: Lot) => lot.expiresAt ?? Number.POSITIVE_INFINITY
  if (until(one) !== until(other)) return until(one) - until(other)
  return one.seq - other.seq
}

export function divide(before: Division, stretch: readonly Divisible[]): Division {
  const purse = openPurse(before)
  const frozen = new Map(before.frozen)
  const uses = openUses(before.uses)
  for (const transfer of stretch) {
    const { id, phase, pendingId, amount, code, correctsId } = transfer
    // What a call holds is not spent.
    if (code === 'usage' && phase !== 'post') continue
    const { lots, taken } = purse
    taken.clear()
    const own = code === 'usage' ? undefined : lots.get(id)
    if (own) purse.offer(own)
    else if (transfer.debitId !== transfer.accountId) continue
    else if (code === 'usage') purse.spend(amount)
    else if (pendingId === null) {
      purse.spend(amount, lots.get(correctsId ?? ''))
      const takes = [...taken].map(([lotId, part]) => ({ lotId, amount: part }))
      if (phase === 'pending') frozen.set(id, takes)
    } else {
      purse.giveBack(frozen.get(pendingId) ?? [], amount)
      frozen.delete(pendingId)
    }
    for (const [lotId, part] of taken) if (part !== 0n) uses.note(lotId, part, transfer)
  }
  const seq = Number(stretch.at(-1)?.seq ?? before.seq)
  return { seq, debt: purse.debt(), lots: [...purse.lots.values()], uses: uses.all, frozen }
}

/** The lots and the debt as they are at one place of the chain. `taken`: of each, until it is cleared. */
function openPurse(before: Division) {
  const lots = new Map(before.lots.map((lot) => [lot.id, { ...lot }]))
  const open = [...lots.values()]
    .filter(({ seq, spent, amount }) => seq <= before.seq && spent < amount)
    .sort(bySpending)
  const taken = new Map<string, bigint>()
  let { debt } = before

  function take(lot: Lot, most: bigint): bigint {
    const left = lot.amount - lot.spent
    const amount = lesser(most, left)
    lot.spent += amount
    if (amount === left) open.splice(open.indexOf(lot), 1)
    taken.set(lot.id, (taken.get(lot.id) ?? 0n) + amount)
    return amount
  }

  function spend(amount: bigint, first?: Lot): void {
    let rest = amount
    if (first && open.includes(first)) rest -= take(first, rest)
    while (rest > 0n && open[0]) rest -= take(open[0], rest)
    debt += rest
  }

  /** What comes, or comes back, repays the debt. */
  function offer(lot: Lot): void {
    if (lot.spent === lot.amount) return
    if (!open.includes(lot)) open.push(lot)
    open.sort(bySpending)
    const owed = debt
    debt = 0n
    spend(owed)
  }

  /** Of what was frozen all but what is charged, in the order of spending. */
  function giveBack(takes: readonly Take[], charged: bigint): void {
    let rest = takes.reduce((sum, { amount }) => sum + amount, -charged)
    const of = new Map(takes.map(({ lotId, amount }) => [lotId, amount]))
    for (const lot of [...lots.values()].filter(({ id }) => of.has(id)).sort(bySpending)) {
      const most = of.get(lot.id) ?? 0n
      const back = lesser(most, rest)
      rest -= back
      lot.spent -= back
      taken.set(lot.id, (taken.get(lot.id) ?? 0n) - back)
      offer(lot)
    }
  }

  return { lots, taken, debt: () => debt, spend, offer, giveBack }
}

const dayMs = 24 * 60 * 60_000

function openUses(before: readonly LotUse[]) {
  const all = before.map((use) => ({ ...use }))
  const last = new Map(all.map((use) => [use.lotId, use]))
  return {
    all,
    note: (lotId: string, amount: bigint, { seq, code, createdAt }: Divisible) => {
      const run = last.get(lotId)
      const [at, time] = [Number(seq), Number(createdAt)]
      const day = Math.floor(time / dayMs)
      const goesOn = run?.code === code && Math.floor(run.createdAt / dayMs) === day
      if (run && goesOn && code === 'usage') {
        run.amount += amount
        run.toSeq = at
        return
      }
      const use = { lotId, fromSeq: at, toSeq: at, code, amount, createdAt: time }
      all.push(use)
      last.set(lotId, use)
    },
  }
}
