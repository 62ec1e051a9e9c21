/**
 * Derives every account's lots again while its chain is walked: what of each is spent, as far as the account says that they
 * are divided. Memory grows with accounts that have credit and with their lots.
 */
import type { Snapshot } from '../store/snapshot.ts'
import type { Link } from './chain.ts'
import { codes } from './chart.ts'
import { type Division, divide, type Lot, undivided } from './division.ts'

type NoteLot = (check: 'lots', what: string) => void

interface Kept {
  seq: number
  debt: bigint
  lots: Lot[]
  division: Division
  /** What is not divided yet, calls in a row as one. */
  stretch: Link[]
  /** The number of the last transfer. */
  last: number | bigint
}

/** A division copies all of an account's lots, so many transfers share one. */
const mostWaiting = 500

function divideStretch(kept: Kept): void {
  if (kept.stretch.length === 0) return
  // What each was used for is summed up by the database.
  kept.division = { ...divide(kept.division, kept.stretch), uses: [] }
  kept.stretch = []
}

export async function openLotWalk(snapshot: Snapshot, note: NoteLot) {
  const accounts = await readKept(snapshot, note)
  let count = 0
  let at = ''
  let kept: Kept | undefined
  for (const { lots } of accounts.values()) count += lots.length
  return {
    count,
    /** The next of all transfers, by account and number. */
    follow(transfer: Link): void {
      const { accountId, code, phase } = transfer
      if (accountId !== at) [at, kept] = [accountId, accounts.get(accountId)]
      if (kept === undefined || Number(transfer.seq) > kept.seq) return
      kept.last = transfer.seq
      // What a call holds moves nothing.
      if (code === 'usage' && phase !== 'post') return
      const before = kept.stretch.at(-1)
      // Nothing came between: both are paid from the same lots, like one.
      if (code === 'usage' && before?.code === 'usage') before.amount += transfer.amount
      else kept.stretch.push(code === 'usage' ? { ...transfer } : transfer)
      if (kept.stretch.length >= mostWaiting) divideStretch(kept)
    },
    compare(): void {
      for (const [id, kept] of accounts) {
        divideStretch(kept)
        const { seq, last, debt, lots, division } = kept
        if (Number(last) !== seq || division.debt !== debt) note('lots', id)
        for (const [at, { id: lotId, spent }] of lots.entries()) {
          if (spent !== division.lots[at]?.spent) note('lots', lotId)
        }
      }
    },
  }
}

interface LotRow {
  id: string
  account_id: string
  kind: Lot['kind']
  amount: bigint
  spent: bigint
  expires_at: bigint | null
  seq: bigint
  code: string
  came: bigint
  receiver: string
}

async function readKept(snapshot: Snapshot, note: NoteLot): Promise<Map<string, Kept>> {
  const accounts = new Map<string, Kept>()
  for await (const page of snapshot.pages<{ id: string; seq: bigint; debt: bigint }>(`
    SELECT id, lots_seq AS seq, lots_debt AS debt FROM account a
    WHERE lots_seq > 0 OR lots_debt > 0 OR EXISTS (SELECT 1 FROM lot WHERE account_id = a.id)`)) {
    for (const { id, seq, debt } of page) {
      const kept = { seq: Number(seq), debt, lots: [], stretch: [], last: 0 }
      accounts.set(id, { ...kept, division: { ...undivided, lots: [] } })
    }
  }
  for await (const page of snapshot.pages<LotRow>(`
    SELECT l.id, l.account_id, l.kind, l.amount, l.spent, l.expires_at, t.seq, t.code, t.amount AS came,
      CASE WHEN t.credit_id = t.account_id THEN t.account_id ELSE '' END AS receiver
    FROM lot l LEFT JOIN transfer t ON t.id = l.id`)) {
    for (const row of page) {
      const kind = codes[row.code as keyof typeof codes]?.lot
      const right = row.amount === row.came && row.kind === kind && row.account_id === row.receiver
      if (!right) note('lots', row.id)
      const { id, amount, spent, expires_at } = row
      const expiresAt = expires_at === null ? null : Number(expires_at)
      accounts
        .get(row.account_id)
        ?.lots.push({ id, kind: row.kind, amount, spent, expiresAt, seq: Number(row.seq) })
    }
  }
  for (const kept of accounts.values()) {
    kept.division = { ...undivided, lots: kept.lots.map((lot) => ({ ...lot, spent: 0n })) }
  }
  return accounts
}

/** Lots whose uses are not what is spent of them, and credit without a lot. `lots`: how many there are. */
export async function offendingLots(
  snapshot: Snapshot,
  { credits, lots }: { credits: number; lots: number },
): Promise<string[]> {
  const ids = (text: string) => snapshot.rows<{ id: string }>(text)
  const rows = await ids(`SELECT id FROM lot
    WHERE spent <> COALESCE((SELECT CAST(SUM(amount) AS BIGINT) FROM lot_use WHERE lot_id = lot.id), 0)`)
  // Each lot is one transfer's, so where the counts agree none is missing.
  const missing =
    credits === lots
      ? []
      : await ids(`SELECT id FROM transfer t WHERE credit_id = account_id
          AND NOT EXISTS (SELECT 1 FROM lot WHERE lot.id = t.id)`)
  return [...rows, ...missing].map(({ id }) => id)
}
