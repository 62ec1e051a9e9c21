/**
 * What Stripe calls back with. Signed over its bytes and a time; both are checked here: the package alone would take a time
 * that is yet to come.
 */
import type Stripe from 'stripe'
import { type Callback, type Hint, Refused } from './processor.ts'
import { idOf } from './stripe-payment.ts'

const toleranceMs = 300_000

/** The events that something of an order happened in. */
export const eventTypes: Stripe.EventListParams['types'] & string[] = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'charge.refunded',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
]

export interface Believed {
  secret: string
  live: boolean
  account: string | null
}

export async function readEvent(
  { webhooks }: Stripe,
  { body, headers, now }: Callback,
  { secret, live, account }: Believed,
): Promise<Hint> {
  const signature = headers.get('stripe-signature') ?? ''
  const at = signedAt(signature)
  const event = await webhooks
    // Tolerance 0: its own check of the time is left out.
    .constructEventAsync(body, signature, secret, 0)
    .catch(({ type }: { type?: string }) => {
      throw new Refused(type === 'StripeSignatureVerificationError' ? 'signature' : 'shape')
    })
  if (Math.abs(now - at) > toleranceMs) throw new Refused('stale')
  if (typeof event?.data?.object !== 'object') throw new Refused('shape')
  if (event.livemode !== live) throw new Refused('mode')
  if (account !== null && event.account !== account) throw new Refused('account')
  return hintOf(event)
}

/** The only time in the header: of two, who knows which one was signed. */
function signedAt(signature: string): number {
  const [time, more] = signature.split(',').filter((part) => part.startsWith('t='))
  if (!time || more || !/^t=\d{1,12}$/.test(time)) throw new Refused('signature')
  return Number(time.slice(2)) * 1000
}

/** What the objects of our events have in common, and what only a checkout has. */
interface Subject {
  id: string
  object: string
  mode?: string
  client_reference_id?: string | null
  metadata?: Record<string, string> | null
  payment_intent?: string | { id: string } | null
}

export function hintOf({ type, data }: Stripe.Event): Hint {
  const { id, object, mode, client_reference_id, metadata, payment_intent } = data.object as Subject
  if (!(eventTypes as string[]).includes(type) || mode === 'setup') return { orderId: null }
  return {
    orderId: client_reference_id ?? metadata?.order_id ?? null,
    checkoutId: object === 'checkout.session' ? id : null,
    paymentId: object === 'payment_intent' ? id : idOf(payment_intent),
  }
}
