/** How tests and the demo steer the simulated Stripe. `order`: our order's id, or the id of a session or of a payment. */
import { assert } from '../../base/assert.ts'
import {
  chargeOf,
  closeDispute,
  decline,
  dispute,
  expire,
  pay,
  payBack,
  payLater,
  sessionOf,
  settle,
  settleRefund,
} from './stripe-acts.ts'
import { type Faults, noFaults, type Sender } from './stripe-callback.ts'
import type { Refund, Session, Shop } from './stripe-shop.ts'

/** How the API misbehaves on the whole. */
export interface Health {
  /** Every request is answered by 503. */
  down: boolean
  /** So is every request about tax. */
  taxDown: boolean
  /** So many requests will be carried out, and their answers lost on the way. */
  lost: number
}

interface Of {
  order: string
}

export interface StripeControl {
  /** At the checkout; what is named differs from what was ordered. */
  pay(ask: Of & { amount?: number; currency?: string; livemode?: boolean }): void
  /** Complete, and not paid until it is settled. */
  payLater(ask: Of): void
  settle(ask: Of & { how: 'paid' | 'failed' }): void
  /** One try that is declined. */
  decline(ask: Of): void
  expire(ask: Of): void
  /** From the dashboard. */
  refund(ask: Of & { amount: number }): { id: string }
  /** What refunds begin as from now on. */
  refundAs(ask: { status: Refund['status'] }): void
  settleRefund(ask: Of & { how: 'succeeded' | 'failed' }): void
  dispute(ask: Of & { amount: number; inquiry?: boolean }): { id: string }
  closeDispute(ask: Of & { how: 'won' | 'lost' }): void
  /** The saved card is declined so many times. */
  declineNext(ask: { method: string; times: number }): void
  /** Percents that are collected there from now on; none: it is not registered there. */
  taxAs(ask: { country: string; percents: readonly string[] }): void
  /** Those that are not named end. */
  faults(ask: Partial<Faults>): void
  health(ask: Partial<Health>): void
}

export function openControl(shop: Shop, sender: Sender, health: Health): StripeControl {
  const session = (order: string): Session => {
    const found = sessionOf(shop, order)
    assert(found, `there is no checkout for ${order}`)
    return found
  }
  return {
    pay: ({ order, amount, currency, livemode }) => {
      const paid = session(order)
      if (amount !== undefined) paid.amount_total = amount
      if (currency !== undefined) paid.currency = currency.toLowerCase()
      if (livemode !== undefined) paid.livemode = livemode
      pay(shop, paid)
    },
    payLater: ({ order }) => payLater(shop, session(order)),
    settle: ({ order, how }) => settle(shop, session(order), how),
    decline: ({ order }) => decline(shop, session(order)),
    expire: ({ order }) => expire(shop, session(order)),
    refund: ({ order, amount }) => {
      const charge = chargeOf(shop, order)
      assert(amount <= charge.amount - charge.amount_refunded, 'more than is left')
      return { id: payBack(shop, charge, amount).id }
    },
    refundAs: ({ status }) => {
      shop.refundStatus = status
    },
    settleRefund: ({ order, how }) => settleRefund(shop, chargeOf(shop, order), how),
    dispute: ({ order, amount, inquiry }) => ({
      id: dispute(shop, chargeOf(shop, order), amount, inquiry).id,
    }),
    closeDispute: ({ order, how }) => closeDispute(shop, chargeOf(shop, order), how),
    declineNext: ({ method, times }) => {
      shop.declines.set(method, times)
    },
    taxAs: ({ country, percents }) => {
      shop.taxRates.set(country, percents)
    },
    faults: (ask) => {
      sender.faults = { ...noFaults, ...ask }
    },
    health: (ask) => {
      Object.assign(health, ask)
    },
  }
}
