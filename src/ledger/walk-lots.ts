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
}

export async function openLotWalk(snapshot: Snapshot, note: NoteLot) {
  const accounts = await readKept(snapshot, note)
  let count = 0
  for (const { lots } of accounts.values()) count += lots.length
  return {
    count,
    /** The next of all transfers, by account and number. */
    follow(page: readonly Link[]): void {
      let from = 0
      while (from < page.length) {
        const { accountId } = page[from] as Link
        let to = from + 1
        while (page[to]?.accountId === accountId) to++
        const kept = accounts.get(accountId)
        if (kept && kept.division.seq < kept.seq) {
          const run = page.slice(from, to)
          const stretch =
            Number(run.at(-1)?.seq) <= kept.seq ? run : run.filter(({ seq }) => seq <= kept.seq)
          // What each was used for is summed up by the database.
          kept.division = { ...divide(kept.division, stretch), uses: [] }
        }
        from = to
      }
    },
    compare(): void {
      for (const [id, { seq, debt, lots, division }] of accounts) {
        if (division.seq !== seq || division.debt !== debt) note('lots', id)
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
      const kept = { seq: Number(seq), debt, lots: [] }
      accounts.set(id, { ...kept, division: { ...undivided, lots: [] } })
    }
  }
  for await (const page of snapshot.pages<LotRow>(`
    SELECT l.id, l.account_id, l.kind, l.amount, l.spent, l.expires_at, t.seq, t.code, t.amount AS came,
      CASE WHEN t.credit_id = t.account_id THEN t.account_id ELSE '' END AS receiver
    FROM lot l JOIN transfer t ON t.id = l.id`)) {
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
