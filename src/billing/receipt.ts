/**
 * Receipts and credit notes: what is printed of a payment, frozen when it is booked, under one running number without gaps. They
 * are written beside the ledger's transfer, so that there is no credit without its receipt and no number without its credit.
 */
import { eq, sql } from 'drizzle-orm'
import { readAccount, readContacts, shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { receipt, receiptNumber } from '../store/credit.ts'
import { byHand, must, type Query, type Statement } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { describeCost, type TopUpRow } from './top-up.ts'

/** All that a receipt prints. Amounts are decimal strings in the order's currency; credit is USD. */
export interface ReceiptFacts {
  seller: { name: string; address: string; tax_id: string; contact: string }
  buyer: Record<'name' | 'address', string> & Record<'email' | 'tax_id' | 'country', string | null>
  order: { id: string; created_at: string; credit: string; currency: TopUpRow['currency'] }
  cost: ReturnType<typeof describeCost>
  payment: { processor: string; method: string | null; id: string; paid_at: string }
  /** Who issues its e-invoice; null for none. */
  issuer: string | null
}

/** What a credit note prints beside what its receipt says. */
export interface CreditNoteFacts {
  /** What credit was taken back. */
  credit: string
}

/** The facts as they are now, for `receiptStatements`. Without an address of the buyer's it is that of who bought, or of another member. */
export async function receiptFacts(
  { store, business, issuers }: Billing,
  row: TopUpRow,
  paid: { paymentId: string; paidAt: number },
): Promise<ReceiptFacts> {
  const { company, sellerAddress, sellerTaxId, contact } = business.current
  const { name, address = '', taxId = null, country = null } = row.buyer
  const contacts = await readContacts(store, row.accountId)
  const bought = contacts.find(({ id }) => id === row.userId) ?? contacts[0]
  const accountName = shownName(await readAccount(store, row.accountId))
  const issuer = [...issuers.values()].find(({ currency }) => currency === row.currency)
  return {
    seller: { name: company, address: sellerAddress, tax_id: sellerTaxId, contact },
    buyer: {
      name: name || accountName,
      address,
      email: row.buyer.email ?? bought?.email ?? null,
      tax_id: taxId,
      country,
    },
    order: {
      ...{ id: row.id, created_at: new Date(row.createdAt).toISOString() },
      ...{ credit: formatUsd(row.credit), currency: row.currency },
    },
    cost: describeCost(row),
    payment: {
      ...{ processor: row.processor, method: row.method, id: paid.paymentId },
      paid_at: new Date(paid.paidAt).toISOString(),
    },
    issuer: issuer?.name ?? null,
  }
}

/** For the commit that credits the order, after the guard that it is not paid yet. */
export function receiptStatements(
  db: Query,
  { id, accountId, total, tax }: TopUpRow,
  facts: ReceiptFacts,
  now: number,
): Statement[] {
  const { issuer } = facts
  const row = {
    kind: 'receipt',
    accountId,
    topUpId: id,
    total,
    tax,
    facts,
    createdAt: now,
  } as const
  return [
    raiseNumber(db),
    db.insert(receipt).values({ ...row, number: newest }),
    ...(issuer === null ? [] : [queueInvoice(sql`${issuer}`, now)]),
  ]
}

/** For the commit that books the refund. `approved`: its credit; `total`: what the payer gets, in the order's currency. */
export function creditNoteStatements(
  db: Query,
  refund: { id: string; approved: bigint; total: bigint },
  topUp: Pick<TopUpRow, 'id'>,
  now: number,
): Statement[] {
  const facts: CreditNoteFacts = { credit: formatUsd(refund.approved) }
  // Its part of the tax, so that the credit notes of an order have all of its tax when all is paid back.
  const taxSoFar = sql`(r.tax * (given.total + ${refund.total}) + r.total - 1) / r.total`
  return [
    raiseNumber(db),
    must(
      byHand(sql`INSERT INTO receipt
          (number, kind, account_id, top_up_id, refund_id, total, tax, facts, created_at)
        SELECT ${newest}, 'credit_note', r.account_id, r.top_up_id, ${refund.id}, ${refund.total},
          ${taxSoFar} - given.tax, ${JSON.stringify(facts)}, ${now}
        FROM receipt r, (
          SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) AS total,
            CAST(COALESCE(SUM(tax), 0) AS BIGINT) AS tax
          FROM receipt WHERE top_up_id = ${topUp.id} AND kind = 'credit_note') given
        WHERE r.top_up_id = ${topUp.id} AND r.kind = 'receipt'`),
      'not_found',
    ),
    queueInvoice(
      sql`(SELECT i.issuer FROM invoice i JOIN receipt r ON r.number = i.receipt_number
        WHERE r.top_up_id = ${topUp.id} AND r.kind = 'receipt')`,
      now,
    ),
  ]
}

const newest = sql`(SELECT last FROM receipt_number)`

function raiseNumber(db: Query): Statement {
  return db.update(receiptNumber).set({ last: sql`last + 1` }).where(eq(receiptNumber.id, 1))
}

/** Into the outbox of e-invoices (`invoice-outbox.ts`); nothing where there is no issuer. */
function queueInvoice(issuer: ReturnType<typeof sql>, now: number): Statement {
  return byHand(sql`INSERT INTO invoice (receipt_number, issuer, next_at, created_at)
    SELECT last, issuer, ${now}, ${now} FROM receipt_number, (SELECT ${issuer} AS issuer) named
    WHERE issuer IS NOT NULL`)
}
