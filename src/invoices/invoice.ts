/**
 * An issuer of e-invoices: the third party that tells a tax office of a sale (Taiwan's 電子發票) and gives the invoice its
 * number. It knows receipts as they were printed, and nothing of credit. An outbox calls it, so that no sale waits for it;
 * every call may be made again and does its work once.
 */

/** Amounts are in the currency's smallest unit: whole TWD. All of them contain the tax. */
export interface InvoiceFacts {
  /** The receipt's running number; a credit note has one of its own. */
  receipt: number
  /** When it was sold. */
  at: number
  seller: { name: string; address: string; taxId: string }
  buyer: InvoiceBuyer
  lines: InvoiceLine[]
  currency: string
  total: bigint
  tax: bigint
}

export interface InvoiceBuyer {
  name: string
  address: string
  email: string | null
  /** In Taiwan eight digits (統一編號): makes it an invoice of a company. */
  taxId: string | null
  country: string | null
}

export interface InvoiceLine {
  name: string
  quantity: number
  /** Of the whole line. */
  amount: bigint
}

export interface Issued {
  number: string
  /** The four digits that prove whose it is; an allowance has none. */
  random: string | null
  at: number
}

/** `of` is an invoice that was issued: what `issue` answered. */
export interface Issuer {
  readonly name: string
  /** It takes receipts in this currency, and no others. */
  readonly currency: string
  /** Throws `IssuerError`. Idempotent by the receipt's number. */
  issue(facts: InvoiceFacts): Promise<Issued>
  /** Takes back a part of an invoice, for a credit note (折讓). Idempotent by the credit note's number. */
  allowance(facts: InvoiceFacts, of: Issued): Promise<Issued>
  /** Takes back a whole invoice (作廢), while its two months are not reported yet. Idempotent. */
  void(of: Issued, reason: string): Promise<void>
}

/** The issuer could not be asked, or refused. `retry`: it may be asked again; otherwise somebody must look. */
export class IssuerError extends Error {
  readonly retry: boolean
  constructor(message: string, { retry = true, cause }: { retry?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.retry = retry
  }
}
