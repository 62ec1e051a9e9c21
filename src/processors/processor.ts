/**
 * A payment processor: a third party through which customers pay [T3.7]. It knows orders and payments, and nothing of credit,
 * prices or accounts. What it calls back with is a hint, never a fact: the payment is fetched anew, and what was fetched is
 * booked (`billing/sync.ts`), so that no order of callbacks, no copy and no forgery makes a difference.
 */

export type Currency = 'USD' | 'TWD'

/** Amounts are in the currency's smallest unit: cents of USD; whole TWD, which has none in use. */
export interface Order {
  id: string
  total: bigint
  currency: Currency
  /** One of `methods`. */
  method: string
  /** What the payer reads, such as "Credit of US$25.00". */
  description: string
  email: string | null
  language: 'en' | 'zh-TW'
  /** Where the browser returns to; it shows the order's state and credits nothing. */
  returnUrl: string
  /** Where the processor calls back. */
  callbackUrl: string
  createdAt: number
  expiresAt: number
}

/** How an order is known to the processor once its checkout was made. */
export interface Ordered {
  id: string
  total: bigint
  currency: Currency
  method: string | null
  checkoutId: string | null
  paymentId: string | null
  createdAt: number
}

export interface CheckoutMade {
  /** The processor's own id, where it has one. */
  checkoutId: string | null
  checkout:
    | { kind: 'redirect'; url: string }
    | { kind: 'form'; action: string; fields: Record<string, string> }
    | { kind: 'instructions' }
}

export type PaymentState = 'open' | 'pending' | 'paid' | 'failed' | 'expired'

/** What the processor says of an order's payment right now. */
export interface Payment {
  /** The order that the processor says it is for. */
  orderId: string | null
  /** Unique at this processor; null before anything was paid. */
  paymentId: string | null
  state: PaymentState
  amount: bigint
  currency: string
  /** Whether real money moved: what was paid in a test mode never becomes credit of a live platform. */
  live: boolean
  /** Why it failed, in the processor's words. */
  failure: string | null
  /** What the processor keeps for itself; null while it does not say. */
  fee: bigint | null
  /** Where and until when it can be paid, for methods that are paid later (ATM, CVS): label → value. */
  payAt: Record<string, string> | null
  refunds: OutsideRefund[]
  disputes: OutsideDispute[]
}

export interface OutsideRefund {
  id: string
  amount: bigint
  state: 'pending' | 'paid' | 'failed'
  /** Our refund's id, where it was asked for by us. */
  ours: string | null
}

export interface OutsideDispute {
  id: string
  amount: bigint
  state: 'open' | 'won' | 'lost'
  reason: string | null
}

export interface Callback {
  /** As it came: a signature is over these bytes. */
  body: Uint8Array
  headers: Headers
  now: number
}

/** Which order a callback is about; null for one that concerns no order of ours. */
export interface Hint {
  orderId: string | null
  /** The processor's ids, for orders that are found by them. */
  checkoutId?: string | null
  paymentId?: string | null
  /** What the callback itself says, for processors that tell it nowhere else (ATM and CVS numbers). */
  payAt?: Record<string, string> | null
}

export interface RefundAsk {
  /** Our refund's id: also the idempotency key. */
  id: string
  amount: bigint
  currency: Currency
}

/** A way to pay that a customer allowed to be charged later [T3.5]. */
export interface SavedMethod {
  customerId: string
  methodId: string
  /** What she recognises it by: "Visa •••• 4242". */
  label: string
}

/** A sale to reckon the tax of. */
export interface TaxAsk {
  /** Without the tax, in the currency's smallest unit. */
  amount: bigint
  currency: Currency
  /** Where the buyer is, as far as it is known. */
  country: string | null
  postalCode: string | null
  taxId: { type: 'eu_vat' | 'tw_vat'; value: string } | null
}

export interface ToldTax {
  /** The processor's id for it, with which the sale is recorded. */
  calculation: string
  tax: bigint
  /** Parts of a million; null where there is no single one. */
  rate: number | null
  country: string
}

/** Tax reckoned by the processor, and reported by it. */
export interface Tax {
  /** Missing where it is not asked for new orders. Null where it cannot say for such a buyer. */
  quote?(ask: TaxAsk): Promise<ToldTax | null>
  /** Idempotent by the order's id. Answers its id there; null where it was recorded before and is not told. */
  record(sale: { orderId: string; calculation: string }): Promise<string | null>
  /** Idempotent by the refund's id. `part`: what of the total went back, tax and all; null for all of it. */
  reverse(ask: { refundId: string; transaction: string; part: bigint | null }): Promise<void>
}

export interface Processor {
  readonly name: string
  readonly currency: Currency
  /** Ways to pay, in the order that the page offers them: `card`, `atm`, `cvs`, `transfer`. */
  readonly methods: readonly string[]
  /** Makes the place where the order is paid. Idempotent by the order's id. */
  checkout(order: Order): Promise<CheckoutMade>
  /** Reads what called back. Throws `Refused` for what cannot be proven to come from the processor. */
  readCallback(callback: Callback): Promise<Hint>
  /** What the processor wants to read after a callback that was taken. */
  readonly acknowledgement: string
  /** Throws `ProcessorError` when it does not answer. */
  fetch(order: Ordered): Promise<Payment>
  /** Whether money goes back through it; where it does not, an operator pays back by hand. */
  refund?(order: Ordered, ask: RefundAsk): Promise<OutsideRefund>
  /** It knows no idempotency key and lists no refunds: whether one was paid whose answer was lost, somebody must look up. */
  readonly forgetsRefunds?: true
  /** Orders that something happened to since then, for what was missed while we were away. */
  recent?(since: number): Promise<string[]>
  tax?: Tax
  /** Saving a way to pay, and charging it without the customer. */
  saved?: {
    /** Where the customer saves it. */
    setup(ask: {
      id: string
      customerId: string | null
      email: string | null
      language: 'en' | 'zh-TW'
      returnUrl: string
    }): Promise<{ setupId: string; url: string }>
    /** Null until it was saved. */
    find(setupId: string): Promise<SavedMethod | null>
    /** Idempotent by the order's id. A decline is a payment that failed, never an exception. */
    charge(order: Order, method: Pick<SavedMethod, 'customerId' | 'methodId'>): Promise<Payment>
    /** Forgets it at the processor. */
    forget(method: Pick<SavedMethod, 'methodId'>): Promise<void>
  }
}

/** A callback that is not believed; `why` is for the log and the metrics: a closed list, never the callback's own words. */
export class Refused extends Error {
  readonly why: 'signature' | 'stale' | 'mode' | 'account' | 'shape'
  constructor(why: Refused['why']) {
    super(`a callback was refused: ${why}`)
    this.why = why
  }
}

/** The processor could not be asked, or answered what makes no sense. `retry`: it may be asked again. */
export class ProcessorError extends Error {
  readonly retry: boolean
  constructor(message: string, { retry = true, cause }: { retry?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.retry = retry
  }
}
