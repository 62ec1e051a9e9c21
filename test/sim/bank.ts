/**
 * The payment processor of a simulated run, which keeps its own truth: what was paid, paid back and disputed of each order.
 * It outlives every crash of the platform. Money that is gone, or disputed, it does not pay back.
 */
import {
  type Order,
  type OutsideDispute,
  type OutsideRefund,
  type Payment,
  type Processor,
  ProcessorError,
} from '../../src/processors/processor.ts'

export interface Paid {
  order: Order
  state: Payment['state']
  refunds: OutsideRefund[]
  disputes: OutsideDispute[]
}

export interface Bank extends Processor {
  orders: Map<string, Paid>
  /** What of a payment can still be taken back. */
  left(paid: Paid): bigint
}

/** `asked`: before each answer; it may fail, or never come. */
export function openBank(asked: (what: 'bank asked' | 'bank paid back') => Promise<void>): Bank {
  const orders = new Map<string, Paid>()
  const left = ({ order, state, refunds, disputes }: Paid) => {
    if (state !== 'paid') return 0n
    const gone = [...refunds, ...disputes.filter((one) => one.state !== 'won')]
    return gone.reduce((rest, { amount }) => rest - amount, order.total)
  }

  return {
    ...{ name: 'bank', currency: 'USD', methods: ['card'], acknowledgement: 'ok', orders, left },
    checkout: async (order) => {
      await asked('bank asked')
      if (!orders.has(order.id)) {
        orders.set(order.id, { order, state: 'open', refunds: [], disputes: [] })
      }
      return { checkoutId: null, checkout: { kind: 'redirect', url: `https://bank/${order.id}` } }
    },
    fetch: async ({ id, total }) => {
      await asked('bank asked')
      const { state, refunds, disputes } = orders.get(id) ?? {
        ...{ state: 'open' as const, refunds: [], disputes: [] },
      }
      return {
        ...{ orderId: id, paymentId: state === 'paid' ? `pay_${id}` : null, state },
        ...{ amount: total, currency: 'USD', live: true, failure: null, fee: null, payAt: null },
        ...{ refunds: structuredClone(refunds), disputes: structuredClone(disputes) },
      }
    },
    recent: async () => [...orders.keys()],
    readCallback: () => Promise.reject(new Error('callbacks name their order in this run')),
    refund: async ({ id }, ask) => {
      await asked('bank asked')
      const paid = orders.get(id)
      const known = paid?.refunds.find(({ ours }) => ours === ask.id)
      if (known) return { ...known }
      const disputed = paid?.disputes.some(({ state }) => state === 'open') ?? true
      if (!paid || disputed || left(paid) < ask.amount) {
        throw new ProcessorError('that much is not there', { retry: false })
      }
      const made = { id: `re_${ask.id}`, amount: ask.amount, state: 'paid', ours: ask.id } as const
      paid.refunds.push(made)
      await asked('bank paid back')
      return { ...made }
    },
  }
}
