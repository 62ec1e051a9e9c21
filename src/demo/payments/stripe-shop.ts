/** What one simulated Stripe remembers: every object by its id, in the shapes that the API shows, amounts in minor units. */
import type { JsonObject } from '../../base/json.ts'

export interface Thing {
  id: string
  object: string
  created: number
  livemode: boolean
  metadata: Record<string, string>
}

export interface Session extends Thing {
  object: 'checkout.session'
  mode: 'payment' | 'setup'
  status: 'open' | 'complete' | 'expired'
  payment_status: 'paid' | 'unpaid' | 'no_payment_required'
  amount_subtotal: number | null
  amount_total: number | null
  currency: string | null
  client_reference_id: string | null
  customer: string | null
  customer_email: string | null
  expires_at: number
  locale: string | null
  payment_intent: string | null
  setup_intent: string | null
  success_url: string
  cancel_url: string | null
  url: string | null
}

export interface PaymentError {
  type: 'card_error'
  code: string
  decline_code?: string
  message: string
}

export interface Intent extends Thing {
  object: 'payment_intent'
  amount: number
  amount_received: number
  currency: string
  customer: string | null
  description: string | null
  latest_charge: string | null
  last_payment_error: PaymentError | null
  payment_method: string | null
  status: 'requires_payment_method' | 'processing' | 'succeeded' | 'canceled'
}

export interface Charge extends Thing {
  object: 'charge'
  amount: number
  amount_refunded: number
  balance_transaction: string | null
  currency: string
  disputed: boolean
  paid: boolean
  payment_intent: string
  refunded: boolean
  status: 'succeeded' | 'failed'
}

export interface Refund extends Thing {
  object: 'refund'
  amount: number
  charge: string
  currency: string
  payment_intent: string
  status: 'succeeded' | 'pending' | 'failed'
}

export interface Dispute extends Thing {
  object: 'dispute'
  amount: number
  charge: string
  currency: string
  payment_intent: string
  reason: string
  status: 'needs_response' | 'warning_needs_response' | 'won' | 'lost'
}

export interface Setup extends Thing {
  object: 'setup_intent'
  customer: string
  payment_method: string | null
  status: 'requires_payment_method' | 'succeeded'
}

export interface Method extends Thing {
  object: 'payment_method'
  customer: string | null
  type: 'card'
  card: { brand: string; last4: string; exp_month: number; exp_year: number }
}

export interface Shop {
  /** Milliseconds. */
  now(): number
  live: boolean
  /** Its origin. */
  url(): string
  things: Map<string, Thing>
  /** What a session was made with and does not show: description and metadata of the payment to come. */
  promised: Map<string, { description: string | null; metadata: Record<string, string> }>
  /** How often a saved card will still be declined. */
  declines: Map<string, number>
  /** Where tax is collected: percents by country, and by whom beneath it, in the order of their levels. */
  taxRates: Map<string, readonly string[]>
  /** What the next refunds begin as. */
  refundStatus: Refund['status']
  /** Events are kept, and called back with in this order. */
  tell(events: readonly (readonly [type: string, thing: Thing])[]): void
}

/** Adds an object with a new id. */
export function add<T extends Thing>(
  shop: Shop,
  prefix: string,
  rest: Omit<T, 'id' | 'created' | 'livemode'>,
): T {
  const id = `${prefix}${String(shop.things.size + 1).padStart(16, '0')}`
  const created = Math.floor(shop.now() / 1000)
  const thing = { id, created, livemode: shop.live, ...rest } as T
  shop.things.set(id, thing)
  return thing
}

/** All of a kind, newest first, as lists show them. */
export function all<T extends Thing>(shop: Shop, object: T['object']): T[] {
  return [...shop.things.values()].filter((thing) => thing.object === object).reverse() as T[]
}

export function find<T extends Thing>(
  shop: Shop,
  object: T['object'],
  id: string | null | undefined,
): T | null {
  const thing = shop.things.get(id ?? '')
  return thing?.object === object ? (thing as T) : null
}

/** An object with the ids at these paths replaced by what they name: `payment_intent.latest_charge`. */
export function expand(shop: Shop, thing: object, paths: readonly string[]): JsonObject {
  const copy = structuredClone(thing) as JsonObject
  for (const path of paths) {
    let at: unknown = copy
    for (const name of path.split('.')) at = open(shop, at, name)
  }
  return copy
}

function open(shop: Shop, at: unknown, name: string): unknown {
  if (Array.isArray(at)) return at.map((one) => open(shop, one, name))
  if (typeof at !== 'object' || at === null) return null
  const fields = at as Record<string, unknown>
  const value = fields[name]
  const named = typeof value === 'string' ? shop.things.get(value) : undefined
  if (named) fields[name] = structuredClone(named)
  return fields[name]
}
