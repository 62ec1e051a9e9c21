/** Receipts and credit notes as they are shown: what was frozen, and the e-invoice's number once it is issued. */
import { and, desc, eq, lt, type SQL } from 'drizzle-orm'
import { formatMinor } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { invoice, receipt, topUp } from '../store/credit.ts'
import type { Store } from '../store/store.ts'
import type { CreditNoteFacts, ReceiptFacts } from './receipt.ts'
import type { PageOf } from './top-up.ts'

/** An account's, the newest first. */
export async function listReceipts(store: Store, accountId: string, { after, limit }: PageOf) {
  const older = after === undefined ? undefined : lt(receipt.number, Number(after))
  const rows = await select(store, and(eq(receipt.accountId, accountId), older), limit + 1)
  const page = rows.slice(0, limit)
  const next = rows.length > limit ? String(page.at(-1)?.receipt.number) : null
  return { data: page.map(describeReceipt), next }
}

/** One with all that it prints: of a credit note, the seller, buyer and order of the receipt that it takes back from. */
export async function readReceipt(store: Store, accountId: string, number: number) {
  const [row] = await select(
    store,
    and(eq(receipt.accountId, accountId), eq(receipt.number, number)),
  )
  if (!row) throw new AppError('not_found', { message: 'There is no such receipt.' })
  const ofOrder = await select(store, eq(receipt.topUpId, row.receipt.topUpId))
  const first = ofOrder.find(({ receipt: { kind } }) => kind === 'receipt') as Row
  const { issuer: _, ...printed } = first.receipt.facts as ReceiptFacts
  const note = row.receipt.kind === 'credit_note' ? (row.receipt.facts as CreditNoteFacts) : null
  return {
    ...describeReceipt(row),
    ...printed,
    /** What was taken back, of a credit note. */
    credit: note === null ? printed.order.credit : note.credit,
    of: note === null ? null : first.receipt.number,
    credit_notes: ofOrder.filter((one) => one !== first).map(({ receipt: one }) => one.number),
    invoice_random: row.invoice?.random ?? null,
  }
}

type Row = Awaited<ReturnType<typeof select>>[number]

function select({ db }: Store, meant: SQL | undefined, limit = 1000) {
  return db
    .select({ receipt, currency: topUp.currency, invoice })
    .from(receipt)
    .innerJoin(topUp, eq(topUp.id, receipt.topUpId))
    .leftJoin(invoice, eq(invoice.id, receipt.number))
    .where(meant)
    .orderBy(desc(receipt.number))
    .limit(limit)
}

function describeReceipt({ receipt: row, currency, invoice: issued }: Row) {
  return {
    ...{ number: row.number, kind: row.kind, top_up: row.topUpId, currency },
    ...{ total: formatMinor(row.total, currency), tax: formatMinor(row.tax, currency) },
    net: formatMinor(row.total - row.tax, currency),
    created_at: new Date(row.createdAt).toISOString(),
    /** Its e-invoice: null where it has none, or none yet. */
    invoice: issued?.number ?? null,
    invoice_state: issued?.state ?? null,
  }
}
