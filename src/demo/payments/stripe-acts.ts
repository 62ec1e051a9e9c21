/** What payers, banks and the dashboard do at the simulated Stripe: each act changes objects, then tells the events of it. */
import { assert } from '../../base/assert.ts'
import {
  add,
  all,
  type Charge,
  type Dispute,
  find,
  type Intent,
  type Method,
  type PaymentError,
  type Refund,
  type Session,
  type Setup,
  type Shop,
} from './stripe-shop.ts'

const declined: PaymentError = {
  type: 'card_error',
  ...{ code: 'card_declined', decline_code: 'generic_decline' },
  message: 'Your card was declined.',
}

/** By its id or by the order it is for. Time runs out when somebody looks. */
export function sessionOf(shop: Shop, order: string): Session | null {
  const session =
    find<Session>(shop, 'checkout.session', order) ??
    all<Session>(shop, 'checkout.session').find((one) => one.client_reference_id === order) ??
    null
  if (session?.status === 'open' && session.expires_at * 1000 <= shop.now()) expire(shop, session)
  return session
}

export function intentOf(shop: Shop, order: string): Intent | null {
  const id = sessionOf(shop, order)?.payment_intent ?? order
  const named = all<Intent>(shop, 'payment_intent').find((one) => one.metadata.order_id === order)
  return find<Intent>(shop, 'payment_intent', id) ?? named ?? null
}

export function chargeOf(shop: Shop, order: string): Charge {
  const charge = find<Charge>(shop, 'charge', intentOf(shop, order)?.latest_charge)
  assert(charge, `nothing was paid for ${order}`)
  return charge
}

/** The payment of a checkout, made with the first try. */
function intentFor(shop: Shop, session: Session): Intent {
  const made = find<Intent>(shop, 'payment_intent', session.payment_intent)
  if (made) return made
  const promised = shop.promised.get(session.id) ?? { description: null, metadata: {} }
  const intent = addIntent(shop, {
    ...{ amount: session.amount_total ?? 0, currency: session.currency ?? 'usd' },
    ...{ customer: session.customer, payment_method: null, ...promised },
  })
  intent.livemode = session.livemode
  session.payment_intent = intent.id
  return intent
}

type IntentFields = 'amount' | 'currency' | 'customer' | 'payment_method' | 'description'

export function addIntent(shop: Shop, asked: Pick<Intent, IntentFields | 'metadata'>): Intent {
  return add<Intent>(shop, 'pi_', {
    ...{ object: 'payment_intent', amount_received: 0, latest_charge: null },
    ...{ last_payment_error: null, status: 'requires_payment_method', ...asked },
  })
}

export function pay(shop: Shop, session: Session): void {
  if (session.status !== 'open') return
  session.status = 'complete'
  if (session.mode === 'setup') saveCard(shop, session)
  else buy(shop, session)
}

function buy(shop: Shop, session: Session): void {
  session.payment_status = 'paid'
  const intent = intentFor(shop, session)
  const charge = succeed(shop, intent)
  shop.tell([
    ['payment_intent.created', intent],
    ['charge.succeeded', charge],
    ['payment_intent.succeeded', intent],
    ['checkout.session.completed', session],
  ])
}

/** Stripe keeps 2.9 % and 30. */
export function succeed(shop: Shop, intent: Intent): Charge {
  const { amount, currency, id, metadata, livemode } = intent
  const fee = Math.round((amount * 29) / 1000) + 30
  const charge = add<Charge>(shop, 'ch_', {
    ...{ object: 'charge', amount, amount_refunded: 0, balance_transaction: null, currency },
    ...{ disputed: false, paid: true, payment_intent: id, refunded: false, status: 'succeeded' },
    metadata: { ...metadata },
  })
  charge.livemode = livemode
  charge.balance_transaction = add(shop, 'txn_', {
    ...{ object: 'balance_transaction', metadata: {}, type: 'charge' },
    ...{ amount, currency, fee, net: amount - fee, source: charge.id },
  }).id
  Object.assign(intent, { status: 'succeeded', amount_received: amount, last_payment_error: null })
  intent.latest_charge = charge.id
  return charge
}

function saveCard(shop: Shop, session: Session): void {
  const setup = find<Setup>(shop, 'setup_intent', session.setup_intent)
  assert(setup, 'a session of mode setup has its intent')
  const method = add<Method>(shop, 'pm_', {
    ...{ object: 'payment_method', customer: setup.customer, type: 'card', metadata: {} },
    card: { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2034 },
  })
  Object.assign(setup, { status: 'succeeded', payment_method: method.id })
  session.payment_status = 'no_payment_required'
  shop.tell([
    ['payment_method.attached', method],
    ['setup_intent.succeeded', setup],
    ['checkout.session.completed', session],
  ])
}

/** A bank debit or a transfer: the checkout is complete, and nothing was paid. */
export function payLater(shop: Shop, session: Session): void {
  if (session.status !== 'open' || session.mode !== 'payment') return
  session.status = 'complete'
  const intent = intentFor(shop, session)
  intent.status = 'processing'
  shop.tell([
    ['payment_intent.processing', intent],
    ['checkout.session.completed', session],
  ])
}

/** What was promised comes, or not. */
export function settle(shop: Shop, session: Session, how: 'paid' | 'failed'): void {
  const intent = intentFor(shop, session)
  if (intent.status !== 'processing') return
  if (how === 'failed') {
    refuse(shop, intent)
    shop.tell([['checkout.session.async_payment_failed', session]])
    return
  }
  session.payment_status = 'paid'
  const charge = succeed(shop, intent)
  shop.tell([
    ['charge.succeeded', charge],
    ['payment_intent.succeeded', intent],
    ['checkout.session.async_payment_succeeded', session],
  ])
}

/** A try at the checkout that the bank declines: the checkout stays open. */
export function decline(shop: Shop, session: Session): void {
  if (session.status !== 'open') return
  if (session.mode === 'payment') refuse(shop, intentFor(shop, session))
}

export function refuse(shop: Shop, intent: Intent): void {
  intent.status = 'requires_payment_method'
  intent.last_payment_error = declined
  shop.tell([['payment_intent.payment_failed', intent]])
}

export function expire(shop: Shop, session: Session): void {
  Object.assign(session, { status: 'expired', url: null })
  shop.tell([['checkout.session.expired', session]])
}

/** The caller knows that this much is left. */
export function payBack(
  shop: Shop,
  charge: Charge,
  amount: number,
  metadata: Record<string, string> = {},
): Refund {
  const refund = add<Refund>(shop, 're_', {
    ...{ object: 'refund', amount, charge: charge.id, currency: charge.currency },
    ...{ payment_intent: charge.payment_intent, status: shop.refundStatus, metadata },
  })
  if (refund.status !== 'failed') charge.amount_refunded += amount
  charge.refunded = charge.amount_refunded === charge.amount
  shop.tell([
    ['refund.created', refund],
    ['charge.refunded', charge],
    ...(refund.status === 'failed' ? [['refund.failed', refund] as const] : []),
  ])
  return refund
}

/** A refund that was pending arrives, or comes back. */
export function settleRefund(shop: Shop, charge: Charge, how: 'succeeded' | 'failed'): void {
  const [refund] = all<Refund>(shop, 'refund').filter(
    (one) => one.charge === charge.id && one.status === 'pending',
  )
  assert(refund, 'no refund is pending')
  refund.status = how
  if (how === 'failed') {
    charge.amount_refunded -= refund.amount
    charge.refunded = false
  }
  shop.tell([[how === 'failed' ? 'refund.failed' : 'refund.updated', refund]])
}

/** An inquiry takes no money yet. */
export function dispute(shop: Shop, charge: Charge, amount: number, inquiry = false): Dispute {
  const opened = add<Dispute>(shop, 'du_', {
    ...{ object: 'dispute', amount, charge: charge.id, currency: charge.currency, metadata: {} },
    ...{ payment_intent: charge.payment_intent, reason: 'fraudulent' },
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  })
  charge.disputed = true
  shop.tell([
    ['charge.dispute.created', opened],
    ...(inquiry ? [] : [['charge.dispute.funds_withdrawn', opened] as const]),
  ])
  return opened
}

export function closeDispute(shop: Shop, charge: Charge, how: 'won' | 'lost'): void {
  const [open] = all<Dispute>(shop, 'dispute').filter(
    (one) => one.charge === charge.id && one.status === 'needs_response',
  )
  assert(open, 'no dispute is open')
  open.status = how
  shop.tell([
    ['charge.dispute.closed', open],
    ...(how === 'won' ? [['charge.dispute.funds_reinstated', open] as const] : []),
  ])
}
