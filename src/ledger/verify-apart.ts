/**
 * The parts of `verify`, each a list of checks from one state of the ledger: its chains of transfers, the usage records, the
 * file. As a module for a small ledger; as a thread for a large one, which opens the file for itself.
 */
import { formatUsd } from '../base/amount.ts'
import { readSnapshot, type Snapshot } from '../store/snapshot.ts'
import type { Asked, Check, Part, Said } from './verify.ts'
import { checkPayments } from './verify-payments.ts'
import {
  checkUsage,
  offendingHours,
  offendingKeys,
  offendingSums,
  readUsageFrom,
} from './verify-usage.ts'
import { type Walked, walkChains } from './walk.ts'
import { offendingLots } from './walk-lots.ts'

declare const self: Worker

type Note = (check: string, what: string) => void
/** A check's name, and what it looked at. */
type Looked = [name: string, detail: string]

const shown = 5

export async function runPart(
  part: Part,
  snapshot: Snapshot,
  tick: (rows: number) => void,
): Promise<Check[]> {
  const offenders = new Map<string, { first: string[]; count: number }>()
  const note: Note = (check, what) => {
    const found = offenders.get(check) ?? { first: [], count: 0 }
    if (++found.count <= shown) found.first.push(what)
    offenders.set(check, found)
  }
  const looked = await run[part](snapshot, note, tick)
  return looked.map(([name, detail]) => {
    const found = offenders.get(name)
    if (found === undefined) return { name, ok: true, detail }
    const more =
      found.count > found.first.length ? ` and ${found.count - found.first.length} more` : ''
    return { name, ok: false, detail: `${found.first.join(', ')}${more} (${detail})` }
  })
}

const run: {
  [part in Part]: (
    snapshot: Snapshot,
    note: Note,
    tick: (rows: number) => void,
  ) => Promise<Looked[]>
} = {
  chains: async (snapshot, note, tick) => {
    const walked = await walkChains(snapshot, note, tick)
    for (const id of await offendingLots(snapshot, walked)) note('lots', id)
    const payments = await checkPayments(snapshot, walked.booked, walked.houses, note)
    const houses = [...walked.houses.values()].reduce((sum, house) => sum + house, 0n)
    if (houses + walked.customers !== 0n)
      note('debits-equal-credits', 'customers and houses differ')
    return describeChains(walked, payments)
  },
  usage: async (snapshot, note, tick) => {
    const from = await readUsageFrom(snapshot)
    const records = await checkUsage(snapshot, from, note, tick)
    for (const id of await offendingKeys(snapshot)) note('key-held', id)
    for (const id of await offendingHours(snapshot, from)) note('usage-hours', id)
    if (from > 0n) for (const id of await offendingSums(snapshot)) note('usage-hours', id)
    const detail = `${records} usage records`
    return [
      ['key-held', 'what keys hold'],
      ['usage-transfers', detail],
      ['usage-cost', detail],
      ['usage-hours', detail],
    ]
  },
  file: async (snapshot, note) => {
    for (const trouble of await fileTrouble(snapshot)) note('database', trouble)
    return [['database', 'integrity and references']]
  },
}

function describeChains({ houses, customers, ...count }: Walked, payments: number): Looked[] {
  const named = (prefix: string) =>
    [...houses]
      .filter(([id]) => id.startsWith(prefix))
      .sort()
      .map(([id, sum]) => `${id} ${formatUsd(sum)}`)
      .join(', ')
  return [
    ['hash-chain', `${count.transfers} transfers of ${count.accounts} accounts`],
    ['counters', `${count.accounts} accounts`],
    ['debits-equal-credits', `customers ${formatUsd(customers)}, ${named('') || 'nothing booked'}`],
    ['sides', `${count.transfers} transfers`],
    ['holds', `${count.resolved} resolved, ${count.holds} open`],
    ['lots', `${count.lots} lots`],
    ['payments', `${payments} payments, refunds, disputes and vouchers`],
    ['clearing', named('clearing:') || 'no payments'],
  ]
}

/** What SQLite itself finds wrong with its file. PostgreSQL keeps its own checksums. */
async function fileTrouble(snapshot: Snapshot): Promise<string[]> {
  if (snapshot.kind === 'postgres') return []
  const pages = await snapshot.rows<{ integrity_check: string }>('PRAGMA integrity_check')
  const references = await snapshot.rows<{ table: string; parent: string }>(
    'PRAGMA foreign_key_check',
  )
  return [
    ...pages.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...references.map(({ table, parent }) => `${table} names a missing ${parent}`),
  ]
}

if (!Bun.isMainThread) {
  const say = (said: Said) => self.postMessage(said)
  self.onmessage = ({ data: { part, path } }: MessageEvent<Asked>) => {
    const file = { kind: 'sqlite', path } as const
    readSnapshot(file, (snapshot) => runPart(part, snapshot, (rows) => say({ rows }))).then(
      (checks) => say({ checks }),
      (cause) => say({ failed: String(cause) }),
    )
  }
}
