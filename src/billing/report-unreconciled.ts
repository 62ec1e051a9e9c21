/**
 * Money that somebody must look into: payments that are not their order's, and so were not credited; payments that have waited for
 * more than a day; refunds and e-invoices that failed.
 */
import { and, desc, eq, isNotNull, lt, or, type SQL } from 'drizzle-orm'
import { formatMinor } from '../base/amount.ts'
import { invoice, receipt, refund, topUp } from '../store/credit.ts'
import type { Store } from '../store/store.ts'
import { isUnreconciled } from './sync.ts'

const dayMs = 24 * 3_600_000
/** More than anybody looks into at once; the oldest of more are left out until some are settled. */
const most = 1000

export interface Unreconciled {
  kind: 'payment' | 'waiting' | 'refund' | 'invoice'
  /** The order's, the refund's, or the receipt's number. */
  id: string
  account: string
  processor: string
  currency: string
  total: string
  why: string
  created_at: string
}

type TopUpRow = typeof topUp.$inferSelect

/** By kind, the newest first. */
export async function readUnreconciled(
  store: Pick<Store, 'db'>,
  now: number,
): Promise<Unreconciled[]> {
  const waits = and(eq(topUp.state, 'pending'), lt(topUp.createdAt, now - dayMs))
  const found = await Promise.all([
    readOrders(store, 'payment', isUnreconciled),
    readOrders(store, 'waiting', waits),
    readRefunds(store),
    readInvoices(store),
  ])
  return found.flat()
}

async function readOrders(
  { db }: Pick<Store, 'db'>,
  kind: 'payment' | 'waiting',
  meant: SQL | undefined,
) {
  const rows = await db.select().from(topUp).where(meant).orderBy(desc(topUp.id)).limit(most)
  return rows.map((row) => ({
    ...{ kind, id: row.id, ...ofOrder(row), total: formatMinor(row.total, row.currency) },
    ...{ why: row.failure ?? row.state, created_at: new Date(row.createdAt).toISOString() },
  }))
}

async function readRefunds({ db }: Pick<Store, 'db'>) {
  const rows = await db
    .select({ refund, order: topUp })
    .from(refund)
    .innerJoin(topUp, eq(topUp.id, refund.topUpId))
    // One that was paid and came back from the payer's bank has failed too.
    .where(or(eq(refund.state, 'failed'), and(eq(refund.state, 'paid'), isNotNull(refund.failure))))
    .orderBy(desc(refund.id))
    .limit(most)
  return rows.map(({ refund: row, order }) => ({
    ...{ kind: 'refund' as const, id: row.id, ...ofOrder(order) },
    total: formatMinor(row.total ?? 0n, order.currency),
    ...{ why: row.failure ?? 'failed', created_at: new Date(row.createdAt).toISOString() },
  }))
}

async function readInvoices({ db }: Pick<Store, 'db'>) {
  const rows = await db
    .select({ invoice, receipt, order: topUp })
    .from(invoice)
    .innerJoin(receipt, eq(receipt.number, invoice.id))
    .innerJoin(topUp, eq(topUp.id, receipt.topUpId))
    .where(eq(invoice.state, 'failed'))
    .orderBy(desc(invoice.id))
    .limit(most)
  return rows.map(({ invoice: row, receipt: of, order }) => ({
    ...{ kind: 'invoice' as const, id: String(row.id), ...ofOrder(order), processor: row.issuer },
    total: formatMinor(of.total, order.currency),
    ...{ why: row.error ?? 'failed', created_at: new Date(row.createdAt).toISOString() },
  }))
}

const ofOrder = ({ accountId, processor, currency }: TopUpRow) => ({
  ...{ account: accountId, processor, currency },
})
