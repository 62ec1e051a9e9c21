/**
 * Payments by Stripe: its own checkout page, cards saved for recharges, refunds. Each request that moves money carries our id
 * as its idempotency key, so that asking twice pays once. Off unless both secrets are set: an empty one would verify anything.
 */

import type Stripe from 'stripe'
import { apart } from '../base/apart.ts'
import type { Config } from '../config.ts'
import {
  type CheckoutMade,
  type Order,
  type Ordered,
  type OutsideRefund,
  type Payment,
  type Processor,
  ProcessorError,
  type RefundAsk,
  type SavedMethod,
} from './processor.ts'
import { ask } from './stripe-ask.ts'
import { eventTypes, hintOf, readEvent } from './stripe-callback.ts'
import {
  intentExpand,
  readDispute,
  readIntent,
  readRefund,
  readSaved,
  readSession,
  sessionExpand,
} from './stripe-payment.ts'
import { openTax } from './stripe-tax.ts'

const minuteMs = 60_000
const pageSize = 100

export function openStripe(config: Config): Processor | null {
  const { stripeSecretKey: secretKey, stripeWebhookSecret: secret } = config
  if (!secretKey || !secret) return null
  const { stripeUrl: url, stripeAccount: account } = config
  const believed = { secret, account, live: config.payments === 'live' }
  let opened: Promise<Stripe> | null = null
  const client = () => {
    opened ??= loadClient({ secretKey, url, account })
    return opened
  }
  return {
    ...{ name: 'stripe', currency: 'USD', methods: ['card'], acknowledgement: '' },
    checkout: async (order) => makeCheckout(await client(), order),
    readCallback: async (callback) => readEvent(await client(), callback, believed),
    fetch: async (order) => fetchPayment(await client(), order),
    refund: async (order, ask) => payBack(await client(), order, ask),
    recent: async (since) => listRecent(await client(), since),
    tax: openTax(client, config.stripeTax ? config.stripeTaxCode : null),
    saved: {
      setup: async (ask) => setUp(await client(), ask),
      find: async (setupId) => findSaved(await client(), setupId),
      charge: async (order, method) => chargeSaved(await client(), order, method),
      forget: async ({ methodId }) => forget(await client(), methodId),
    },
  }
}

/** From beside this file, since a plain module lies without folders in the executable. */
async function loadClient(options: import('./stripe-apart.ts').ClientOptions): Promise<Stripe> {
  const { openClient } = (await import(
    apart(new URL('./stripe-apart.ts', import.meta.url))
  )) as typeof import('./stripe-apart.ts')
  return openClient(options)
}

async function makeCheckout({ checkout }: Stripe, order: Order): Promise<CheckoutMade> {
  const { id, description, createdAt, expiresAt } = order
  // Stripe allows 30 minutes to 24 hours; a minute is for the way.
  const soonest = createdAt + 31 * minuteMs
  const ends = Math.min(Math.max(expiresAt, soonest), createdAt + (24 * 60 - 1) * minuteMs)
  const price = {
    ...{ currency: order.currency.toLowerCase(), unit_amount: Number(order.total) },
    product_data: { name: description },
  }
  const session = await ask(
    'checkout',
    checkout.sessions.create(
      {
        ...{ mode: 'payment', client_reference_id: id, locale: order.language },
        ...returnTo(order.returnUrl),
        ...(order.email !== null && { customer_email: order.email }),
        expires_at: Math.floor(ends / 1000),
        line_items: [{ quantity: 1, price_data: price }],
        metadata: { order_id: id },
        payment_intent_data: { description, metadata: { order_id: id } },
      },
      { idempotencyKey: id },
    ),
  )
  return { checkoutId: session.id, checkout: { kind: 'redirect', url: urlOf(session) } }
}

function returnTo(returnUrl: string): { success_url: string; cancel_url: string } {
  const canceled = new URL(returnUrl)
  canceled.searchParams.set('canceled', '1')
  return { success_url: returnUrl, cancel_url: canceled.href }
}

function urlOf({ url }: Stripe.Checkout.Session): string {
  if (url) return url
  throw new ProcessorError('stripe: checkout: it has no address', { retry: false })
}

async function fetchPayment(stripe: Stripe, order: Ordered): Promise<Payment> {
  const payment = await findPayment(stripe, order)
  if (payment.paymentId === null) return payment
  const of = { payment_intent: payment.paymentId, limit: pageSize }
  const [refunds, disputes] = await Promise.all([
    ask('refunds', collect(stripe.refunds.list(of))),
    ask('disputes', collect(stripe.disputes.list(of))),
  ])
  return { ...payment, refunds: refunds.map(readRefund), disputes: disputes.flatMap(readDispute) }
}

async function findPayment(stripe: Stripe, order: Ordered): Promise<Payment> {
  const { checkoutId, paymentId } = order
  const { checkout, paymentIntents } = stripe
  if (checkoutId !== null) {
    const read = checkout.sessions.retrieve(checkoutId, { expand: sessionExpand })
    return readSession(await ask('checkout', read))
  }
  if (paymentId !== null)
    return readIntent(
      await ask('payment', paymentIntents.retrieve(paymentId, { expand: intentExpand })),
    )
  return (await findByOrder(stripe, order)) ?? unheardOf(order)
}

/** A recharge whose answer was lost: it was made within minutes of the order, or never. */
async function findByOrder(stripe: Stripe, { id, createdAt }: Ordered): Promise<Payment | null> {
  const near = (minutes: number) => Math.floor((createdAt + minutes * minuteMs) / 1000)
  const made = await ask(
    'payments',
    collect(
      stripe.paymentIntents.list({
        created: { gte: near(-5), lte: near(15) },
        expand: intentExpand.map((path) => `data.${path}`),
        limit: pageSize,
      }),
    ),
  )
  const ours = made.find(({ metadata }) => metadata.order_id === id)
  return ours ? readIntent(ours) : null
}

function unheardOf({ id, total, currency }: Ordered): Payment {
  return {
    ...{ orderId: id, paymentId: null, state: 'open', amount: total, currency, live: true },
    ...{ failure: null, fee: null, payAt: null, refunds: [], disputes: [] },
  }
}

async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(pages)
}

/** Looks first whether it was made: Stripe forgets an idempotency key after a day, and money would go back twice. */
async function payBack(
  stripe: Stripe,
  order: Ordered,
  { id, amount }: RefundAsk,
): Promise<OutsideRefund> {
  const { paymentId, refunds } = await fetchPayment(stripe, order)
  const made = refunds.find(({ ours }) => ours === id)
  if (made) return made
  if (paymentId === null)
    throw new ProcessorError('stripe: refund: nothing was paid', { retry: false })
  const asked = stripe.refunds.create(
    {
      ...{ payment_intent: paymentId, amount: Number(amount) },
      metadata: { refund_id: id, order_id: order.id },
    },
    { idempotencyKey: id },
  )
  return readRefund(await ask('refund', asked))
}

/** Orders that events since then are about; those of a payment that names none are asked for by the payment. */
async function listRecent(stripe: Stripe, since: number): Promise<string[]> {
  const created = { gte: Math.floor(since / 1000) }
  const types = eventTypes
  const events = await ask(
    'events',
    collect(stripe.events.list({ created, types, limit: pageSize })),
  )
  const hints = events.map(hintOf)
  const orders = new Set(hints.map(({ orderId }) => orderId))
  const unnamed = hints.filter(({ orderId }) => orderId === null).map(({ paymentId }) => paymentId)
  for (const paymentId of new Set(unnamed)) {
    if (!paymentId) continue
    const { metadata } = await ask('payment', stripe.paymentIntents.retrieve(paymentId))
    orders.add(metadata.order_id ?? null)
  }
  return [...orders].filter((id) => id !== null)
}

type SetupAsk = Parameters<NonNullable<Processor['saved']>['setup']>[0]

async function setUp(
  { customers, checkout }: Stripe,
  { id, customerId, email, language, returnUrl }: SetupAsk,
): Promise<{ setupId: string; url: string }> {
  const details = { ...(email !== null && { email }), metadata: { setup_id: id } }
  const customer =
    customerId ??
    (await ask('customer', customers.create(details, { idempotencyKey: `${id}:customer` }))).id
  const made = checkout.sessions.create(
    {
      ...{ mode: 'setup', customer, client_reference_id: id, locale: language },
      ...{ payment_method_types: ['card'], ...returnTo(returnUrl) },
    },
    { idempotencyKey: id },
  )
  const session = await ask('setup', made)
  return { setupId: session.id, url: urlOf(session) }
}

async function findSaved({ checkout }: Stripe, setupId: string): Promise<SavedMethod | null> {
  const expand = ['setup_intent.payment_method']
  return readSaved(await ask('setup', checkout.sessions.retrieve(setupId, { expand })))
}

async function chargeSaved(
  { paymentIntents }: Stripe,
  order: Order,
  { customerId, methodId }: Pick<SavedMethod, 'customerId' | 'methodId'>,
): Promise<Payment> {
  const { id, total, currency, description } = order
  const made = paymentIntents
    .create(
      {
        ...{ amount: Number(total), currency: currency.toLowerCase(), description },
        ...{ customer: customerId, payment_method: methodId, payment_method_types: ['card'] },
        ...{ off_session: true, confirm: true, metadata: { order_id: id }, expand: intentExpand },
      },
      { idempotencyKey: id },
    )
    // A decline is an answer: the payment that it left, with its reason.
    .catch((error: Stripe.errors.StripeError) => {
      if (error.type === 'StripeCardError' && error.payment_intent) return error.payment_intent
      throw error
    })
  return readIntent(await ask('charge', made))
}

/** One that is gone already is forgotten. */
async function forget({ paymentMethods }: Stripe, methodId: string): Promise<void> {
  const detached = paymentMethods.detach(methodId).catch((error: Stripe.errors.StripeError) => {
    if (error.type !== 'StripeInvalidRequestError') throw error
  })
  await ask('forget', detached)
}
