/**
 * A payment processor that a test writes the truth of: what each order's payment is right now, and whether it answers. A
 * callback is JSON that names an order in one of the ways that processors do; only with `proof` in a header is it believed.
 */
import type { Hint, Order, Payment, Processor } from '../../src/processors/processor.ts'
import { ProcessorError, Refused } from '../../src/processors/processor.ts'

export interface Scripted extends Processor {
  /** Orders whose checkout was asked for, in that order. */
  orders: Order[]
  /** What is known of an order's payment beside that it is open. */
  say(orderId: string, payment: Partial<Payment>): void
  /** Called before it answers anything; throws where it is down. */
  before: (what: 'checkout' | 'fetch' | 'recent') => void | Promise<void>
  callback(hint: Partial<Hint>, proof?: string): Request
}

export function scriptedProcessor(name = 'scripted', currency: 'USD' | 'TWD' = 'USD'): Scripted {
  const said = new Map<string, Partial<Payment>>()
  const processor: Scripted = {
    ...{ name, currency, methods: ['card', 'atm'], acknowledgement: '1|OK', orders: [] },
    before: () => {},
    say: (orderId, payment) => said.set(orderId, { ...said.get(orderId), ...payment }),
    checkout: async (order) => {
      await processor.before('checkout')
      processor.orders.push(order)
      const checkout = { kind: 'redirect', url: `https://pay.example.com/${order.id}` } as const
      return { checkoutId: `chk_${order.id}`, checkout }
    },
    fetch: async ({ id, total }) => {
      await processor.before('fetch')
      return {
        ...{ orderId: id, paymentId: `pay_${id}`, state: 'open', amount: total, currency },
        ...{ live: true, failure: null, fee: null, payAt: null, refunds: [], disputes: [] },
        ...said.get(id),
      }
    },
    recent: async () => {
      await processor.before('recent')
      return [...said.keys()]
    },
    readCallback: async ({ body, headers }) => {
      if (headers.get('x-proof') !== 'proof') throw new Refused('signature')
      return { orderId: null, ...JSON.parse(new TextDecoder().decode(body)) }
    },
    callback: (hint, proof = 'proof') =>
      new Request(`http://localhost/api/payments/${name}`, {
        ...{ method: 'POST', body: JSON.stringify(hint) },
        headers: { 'x-proof': proof },
      }),
  }
  return processor
}

/** What `before` throws while the processor is down. */
export function down(): never {
  throw new ProcessorError('no answer')
}
