/**
 * Payment by hand: the customer is told where to transfer to and which reference to name; an operator who sees the money on
 * the account confirms it. Off until the operator has written those instructions (`manual_payment`).
 */
import type { Config } from '../config.ts'
import { type Processor, Refused } from './processor.ts'

export function openManual({ manualPayment }: Config): Processor | null {
  if (manualPayment === null) return null
  return {
    ...{ name: 'manual', currency: 'USD', methods: ['transfer'], acknowledgement: '' },
    checkout: async () => ({ checkoutId: null, checkout: { kind: 'instructions' } }),
    readCallback: async () => {
      throw new Refused('shape')
    },
    // Nobody but the operator knows: `billing/sync.ts` books what she confirms.
    fetch: async ({ id, total, currency }) => ({
      ...{ orderId: id, paymentId: null, state: 'pending', amount: total, currency, live: true },
      ...{ failure: null, fee: null, refunds: [], disputes: [] },
      payAt: { instructions: manualPayment, reference: id },
    }),
  }
}
