/**
 * Has e-invoices issued for receipts, and allowances for credit notes, from the outbox that they were queued in with the
 * receipt: the credit never waits for it. An issuer does each once however often it is asked, so a try whose end is not known
 * is made again. What it refuses for good stands in the operator's report until it is tried again.
 */
import { and, eq, inArray } from 'drizzle-orm'
import { proportion } from '../base/amount.ts'
import { assert } from '../base/assert.ts'
import { type InvoiceFacts, type Issued, type Issuer, IssuerError } from '../invoices/invoice.ts'
import { invoice, receipt, topUp } from '../store/credit.ts'
import { afterFailure, takeDue } from '../store/due.ts'
import { must, type Store, storable } from '../store/store.ts'
import type { Billing } from './billing.ts'
import type { ReceiptFacts } from './receipt.ts'

const atOnce = 5
const longestError = 500

type InvoiceRow = typeof invoice.$inferSelect
type Sending = Pick<Billing, 'store' | 'clock' | 'log' | 'issuers'>

export async function sendDueInvoices(billing: Sending): Promise<void> {
  const due = await takeDue(billing.store, invoice, atOnce, billing.clock.now())
  await Promise.all(due.map((row) => send(billing, row)))
}

async function send({ store, clock, log, issuers }: Sending, row: InvoiceRow): Promise<void> {
  const attempts = row.attempts + 1
  const facts = { receipt: row.id, issuer: row.issuer, attempts }
  const record = (changed: Partial<InvoiceRow>) =>
    store.write((db) => [
      db
        .update(invoice)
        .set({ ...changed, attempts })
        .where(eq(invoice.id, row.id)),
    ])
  try {
    const issuer = issuers.get(row.issuer)
    if (!issuer) throw new IssuerError('the issuer is off')
    const { number, random, at } = await issue(store, issuer, row.id)
    await record({ state: 'sent', number, random, sentAt: at, error: null })
    log.info('invoice.sent', facts)
  } catch (cause) {
    const final = cause instanceof IssuerError && !cause.retry
    const after = afterFailure(attempts, final, clock.now())
    const error = storable(cause instanceof Error ? cause.message : String(cause))
    await record({ ...after, error: error.slice(0, longestError) })
    log[after.state === 'failed' ? 'error' : 'warn']('invoice.delayed', { ...facts, cause })
  }
}

async function issue(store: Store, issuer: Issuer, number: number): Promise<Issued> {
  const { row, order, first } = await readSale(store, number)
  const { seller, buyer, order: sold } = first.receipt.facts as ReceiptFacts
  const name = `Credit US$${sold.credit}`
  const facts: Omit<InvoiceFacts, 'lines'> = {
    ...{ receipt: number, at: row.createdAt, total: row.total, tax: row.tax },
    currency: order.currency,
    seller: { name: seller.name, address: seller.address, taxId: seller.tax_id },
    buyer: {
      name: buyer.name,
      address: buyer.address,
      email: buyer.email,
      taxId: buyer.tax_id,
      country: buyer.country,
    },
  }
  if (row.kind === 'receipt') return issuer.issue({ ...facts, lines: linesOf(order, name) })
  const { state, number: issued, random, sentAt } = first.invoice ?? {}
  if (state !== 'sent' || !issued || !sentAt) throw new IssuerError('its invoice is not issued yet')
  const lines = [{ name, quantity: 1, amount: row.total }]
  return issuer.allowance(
    { ...facts, lines },
    { number: issued, random: random ?? null, at: sentAt },
  )
}

/** Each with its part of the tax; their sum is the total. */
function linesOf({ price, fee, tax, total }: typeof topUp.$inferSelect, name: string) {
  const feeWithTax = fee + proportion(tax, fee, price + fee)
  return [
    { name, quantity: 1, amount: total - feeWithTax },
    ...(fee > 0n ? [{ name: 'Fee', quantity: 1, amount: feeWithTax }] : []),
  ]
}

/** A receipt or credit note, its order, and the receipt of that order with its e-invoice. */
async function readSale({ db }: Store, number: number) {
  const ofOrder = db.select({ id: receipt.topUpId }).from(receipt).where(eq(receipt.number, number))
  const rows = await db
    .select({ receipt, order: topUp, invoice })
    .from(receipt)
    .innerJoin(topUp, eq(topUp.id, receipt.topUpId))
    .leftJoin(invoice, eq(invoice.id, receipt.number))
    .where(inArray(receipt.topUpId, ofOrder))
  const wanted = rows.find(({ receipt: one }) => one.number === number)
  const first = rows.find(({ receipt: one }) => one.kind === 'receipt')
  assert(wanted && first, 'an e-invoice has its receipt')
  return { row: wanted.receipt, order: wanted.order, first }
}

/** Queues again what was given up. Refuses with `not_found` what was not. */
export async function retryInvoice(store: Store, number: number, now: number): Promise<void> {
  const failed = and(eq(invoice.id, number), eq(invoice.state, 'failed'))
  await store.write((db) => [
    must(
      db.update(invoice).set({ state: 'queued', attempts: 0, nextAt: now }).where(failed),
      'not_found',
    ),
  ])
}
