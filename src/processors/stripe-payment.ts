/** What Stripe's objects say, in our words. Money was taken only where Stripe says `paid`: a checkout that is complete may not be. */
import type Stripe from 'stripe'
import type {
  OutsideDispute,
  OutsideRefund,
  Payment,
  PaymentState,
  SavedMethod,
} from './processor.ts'

/** What a read asks for beside the object: the fee is kept three objects further on. */
export const intentExpand = ['latest_charge.balance_transaction']
export const sessionExpand = intentExpand.map((path) => `payment_intent.${path}`)

/** `session` as it was read with `sessionExpand`. */
export function readSession(session: Stripe.Checkout.Session): Payment {
  const intent = expanded(session.payment_intent)
  const known = intent && readIntent(intent)
  return {
    orderId: session.client_reference_id,
    paymentId: known?.paymentId ?? null,
    state: stateOf(session, known?.state ?? null),
    amount: known?.state === 'paid' ? known.amount : BigInt(session.amount_total ?? 0),
    currency: known?.currency ?? codeOf(session.currency),
    live: session.livemode,
    ...{ failure: known?.failure ?? null, fee: known?.fee ?? null, payAt: null },
    ...{ refunds: [], disputes: [] },
  }
}

/** A decline leaves the checkout open: the payer may try another card. */
function stateOf(session: Stripe.Checkout.Session, intent: PaymentState | null): PaymentState {
  if (session.payment_status === 'paid') return 'paid'
  if (session.status === 'expired') return 'expired'
  if (session.status !== 'complete') return 'open'
  return intent === 'failed' ? 'failed' : 'pending'
}

/** `intent` as it was read with `intentExpand`: a payment without a checkout. */
export function readIntent(intent: Stripe.PaymentIntent): Payment {
  const charge = expanded(intent.latest_charge)
  const kept = expanded(charge?.balance_transaction ?? null)
  const state = intentState(intent)
  return {
    orderId: intent.metadata.order_id ?? null,
    ...{ paymentId: intent.id, state, live: intent.livemode, payAt: null },
    amount: BigInt(state === 'paid' ? intent.amount_received : intent.amount),
    currency: codeOf(intent.currency),
    failure: state === 'paid' ? null : (intent.last_payment_error?.message ?? null),
    // In the payer's currency only: what is settled in another one cannot be compared.
    fee: kept && kept.currency === intent.currency ? BigInt(kept.fee) : null,
    ...{ refunds: [], disputes: [] },
  }
}

function intentState({ status, last_payment_error }: Stripe.PaymentIntent): PaymentState {
  if (status === 'succeeded') return 'paid'
  if (status === 'processing') return 'pending'
  if (status === 'canceled' || last_payment_error) return 'failed'
  return 'open'
}

export function readRefund({ id, amount, status, metadata }: Stripe.Refund): OutsideRefund {
  const failed = status === 'failed' || status === 'canceled'
  const state = status === 'succeeded' ? 'paid' : failed ? 'failed' : 'pending'
  return { id, amount: BigInt(amount), state, ours: metadata?.refund_id ?? null }
}

/** None for an inquiry (`warning_…`) and one that was `prevented`: no money was taken back. */
export function readDispute({ id, amount, status, reason }: Stripe.Dispute): OutsideDispute[] {
  if (status.startsWith('warning_') || status === 'prevented') return []
  const state = status === 'won' ? 'won' : status === 'lost' ? 'lost' : 'open'
  return [{ id, amount: BigInt(amount), state, reason }]
}

/** `session` of mode setup, read with `setup_intent.payment_method`; null until a card was saved. */
export function readSaved(session: Stripe.Checkout.Session): SavedMethod | null {
  const method = expanded(expanded(session.setup_intent)?.payment_method ?? null)
  const customerId = idOf(session.customer)
  if (session.status !== 'complete' || !method || customerId === null) return null
  const { brand = method.type, last4 = '' } = method.card ?? {}
  const name = brand.charAt(0).toUpperCase() + brand.slice(1)
  return { customerId, methodId: method.id, label: last4 ? `${name} •••• ${last4}` : name }
}

export function idOf(it: string | { id: string } | null | undefined): string | null {
  return typeof it === 'string' ? it : (it?.id ?? null)
}

const expanded = <T extends object>(it: string | T | null | undefined): T | null =>
  typeof it === 'object' ? it : null

const codeOf = (currency: string | null) => (currency ?? '').toUpperCase()
