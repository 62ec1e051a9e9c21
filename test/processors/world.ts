/**
 * What the conformance suite wants of a processor's simulator: the payer, the processor's own dashboard, the network between
 * and the forger. One `Suite` a processor; what does not exist there is declared in `lacks`, with the reason.
 */
import type {
  Callback,
  Currency,
  Order,
  Ordered,
  Processor,
} from '../../src/processors/processor.ts'

export type Ability =
  | 'late' // a method that is paid after the checkout
  | 'expiry' // a checkout that ends unpaid by itself
  | 'currency' // a payment in another currency than the order's
  | 'account' // callbacks name the account that they are for
  | 'mode' // callbacks say whether real money moved
  | 'timestamp' // callbacks are signed with a time
  | 'unrelated' // callbacks that concern no order
  | 'refund' // money goes back through it
  | 'partial' // a part of it does
  | 'dashboard' // refunds that nobody here asked for are seen
  | 'dispute'
  | 'fee'
  | 'recent'
  | 'again' // one checkout that fails can be paid after all

export type Forgery =
  | 'unsigned' // the signature is missing
  | 'tampered' // one byte of what was signed is another
  | 'other-secret'
  | 'empty-secret'
  | 'garbage' // no callback at all
  | 'empty'
  | 'huge' // megabytes, unsigned
  | 'stale' // really signed, 301 s ago
  | 'future' // really signed, an hour ahead
  | 'other-mode' // really signed, of the other mode
  | 'other-account' // really signed, of another account
  | 'unknown-order' // really signed, of an order that nobody made
  | 'unrelated' // really signed, of nothing that we sell

export interface World {
  processor: Processor
  now(): number
  move(ms: number): void
  /** An order that nobody knows yet, calling back to where `callbacks` listens. */
  order(more?: Partial<Order>): Order

  /** The payer, at the checkout. */
  pay(order: Order): Promise<void>
  /** Promises to pay later: the checkout is done, no money came. */
  payLate(order: Order): Promise<void>
  /** What was promised comes, or not. */
  settle(order: Order, how: 'paid' | 'failed'): Promise<void>
  /** Tries and is declined. */
  fail(order: Order): Promise<void>
  /** Pays something else than was ordered. */
  payOtherwise(order: Order, what: Otherwise): Promise<void>
  /** Time runs out. */
  expire(order: Order): Promise<void>

  /** The processor's own dashboard, the payer's bank. */
  refund(order: Order, amount: bigint): Promise<void>
  dispute(order: Order, amount: bigint): Promise<void>
  closeDispute(order: Order, how: 'won' | 'lost'): Promise<void>

  /** What the processor sent since the last look, once all of it is delivered, oldest first. */
  callbacks(): Promise<Callback[]>
  /** `real` is one that was sent for an order; a forgery is made of it. */
  forge(how: Forgery, real: Callback): Promise<Callback>
  /** Every request is answered by an error of the server, until `up`. */
  down(): void
  up(): void
  /** From now on callbacks come several times and in another order, or never. */
  misdeliver(): void
  mute(): void
  stop(): Promise<void>
}

export interface Otherwise {
  amount?: bigint
  currency?: string
  /** False: no real money, on a live platform. */
  live?: boolean
}

export interface Suite {
  name: string
  currency: Currency
  /** A currency without decimals that is paid in at this processor. */
  zeroDecimal: string
  /** The method with which `payLate` pays. */
  late: string
  lacks: { [ability in Ability]?: string }
  open(): Promise<World>
  /** Settings with which it is off, and why. */
  off: readonly (readonly [why: string, settings: Record<string, string>])[]
}

/** How the order is known once its checkout was made. */
export async function place(world: World, more: Partial<Order> = {}): Promise<[Order, Ordered]> {
  const order = world.order(more)
  const { checkoutId } = await world.processor.checkout(order)
  const { id, total, currency, method, createdAt } = order
  return [order, { id, total, currency, method, checkoutId, paymentId: null, createdAt }]
}

export interface Inbox {
  url: string
  /** What came since the last look. */
  take(): Callback[]
  stop(): Promise<void>
}

/** Where callbacks arrive: takes all of them and keeps them as they came. */
export function startInbox(now: () => number, answer = ''): Inbox {
  const came: Callback[] = []
  const server = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0, development: false },
    fetch: async (request) => {
      came.push({ body: await request.bytes(), headers: new Headers(request.headers), now: now() })
      return new Response(answer)
    },
  })
  return {
    url: server.url.href,
    take: () => came.splice(0),
    stop: () => server.stop(true),
  }
}
