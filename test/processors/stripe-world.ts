/** The simulated Stripe and our side of it, as the suites want them. */
import { readSettings } from '../../src/config.ts'
import { type StripeSimulator, startStripe } from '../../src/demo/payments/stripe.ts'
import { signStripe } from '../../src/demo/payments/stripe-callback.ts'
import type { Callback, Processor } from '../../src/processors/processor.ts'
import { openStripe } from '../../src/processors/stripe.ts'
import { type Forgery, type Suite, startInbox, type World } from './world.ts'

/** A live key, so that its money is real. */
export const secretKey = 'sk_live_conformance'
export const webhookSecret = 'whsec_conformance'
const account = 'acct_ours'

export interface StripeWorld extends World {
  simulator: StripeSimulator
  /** The processor with other settings. */
  open(settings?: Record<string, string>): Processor
}

/** Calls back to the inbox, or to where it is told. */
export async function openWorld(webhookUrl?: () => string): Promise<StripeWorld> {
  let now = Date.parse('2026-11-24T12:00:00Z')
  let orders = 0
  const clock = { now: () => now, elapsed: () => now }
  const inbox = startInbox(clock.now)
  const simulator = startStripe({
    ...{ hostname: '127.0.0.1', port: 0, secretKey, webhookSecret, account, clock },
    retryMs: [],
    webhookUrl: webhookUrl ?? (() => inbox.url),
  })
  const { control } = simulator
  const open = (more: Record<string, string> = {}): Processor => {
    const settings = { stripe_secret_key: secretKey, stripe_webhook_secret: webhookSecret }
    const there = { stripe_url: simulator.url, stripe_account: account }
    const all = { ...settings, ...there, ...more }
    const processor = openStripe(readSettings(all, {}).config)
    if (!processor) throw new Error('it is off')
    return processor
  }
  return {
    ...{ processor: open(), simulator, open },
    now: () => now,
    move: (ms) => {
      now += ms
    },
    order: (more = {}) => {
      orders += 1
      return {
        ...{ id: `top_${now.toString(36)}${orders}`, total: 2500n, currency: 'USD' },
        ...{ method: 'card', description: 'Credit of US$25.00', email: 'ann@example.com' },
        ...{ language: 'en', returnUrl: new URL(`/orders/${orders}`, inbox.url).href },
        ...{ callbackUrl: inbox.url, createdAt: now, expiresAt: now + 86_400_000 },
        ...more,
      }
    },
    pay: async ({ id }) => control.pay({ order: id }),
    payLate: async ({ id }) => control.payLater({ order: id }),
    settle: async ({ id }, how) => control.settle({ order: id, how }),
    fail: async ({ id }) => control.decline({ order: id }),
    payOtherwise: async ({ id }, { amount, currency, live }) =>
      control.pay({
        ...{ order: id },
        ...(amount !== undefined && { amount: Number(amount) }),
        ...(currency !== undefined && { currency }),
        ...(live !== undefined && { livemode: live }),
      }),
    expire: async ({ id }) => control.expire({ order: id }),
    refund: async ({ id }, amount) => {
      control.refund({ order: id, amount: Number(amount) })
    },
    dispute: async ({ id }, amount) => {
      control.dispute({ order: id, amount: Number(amount) })
    },
    closeDispute: async ({ id }, how) => control.closeDispute({ order: id, how }),
    callbacks: async () => {
      await simulator.delivered()
      return inbox.take()
    },
    forge: async (how, real) => forge(how, real, now),
    down: () => control.health({ down: true }),
    up: () => control.health({ down: false }),
    misdeliver: () => control.faults({ duplicate: 2, reorder: true }),
    mute: () => control.faults({ never: true }),
    stop: async () => {
      await simulator.stop()
      await inbox.stop()
    },
  }
}

function forge(how: Forgery, real: Callback, now: number): Callback {
  const text = new TextDecoder().decode(real.body)
  const event = JSON.parse(text)
  const signed = (body: string, secret = webhookSecret, at = now) =>
    callbackOf(body, signStripe(body, secret, at), now)
  switch (how) {
    case 'unsigned':
      return callbackOf(text, null, now)
    case 'tampered':
      return { ...real, body: new TextEncoder().encode(text.replace('"evt_', '"evt-')) }
    case 'other-secret':
      return signed(text, 'whsec_another')
    case 'empty-secret':
      return signed(text, '')
    case 'garbage':
      return callbackOf('\0\u{1f4a3}{"type":1}', 't=x,v1=y', now)
    case 'empty':
      return callbackOf('', null, now)
    case 'huge':
      return callbackOf('x'.repeat(3_000_000), 't=1,v1=00', now)
    case 'stale':
      return signed(text, webhookSecret, now - 301_000)
    case 'future':
      return signed(text, webhookSecret, now + 3_600_000)
    case 'other-mode':
      return signed(JSON.stringify({ ...event, livemode: !event.livemode }))
    case 'other-account':
      return signed(JSON.stringify({ ...event, account: 'acct_another' }))
    case 'unrelated':
      return signed(JSON.stringify({ ...event, type: 'invoice.paid' }))
    case 'unknown-order': {
      const object = { ...event.data.object, client_reference_id: 'top_nobody', metadata: {} }
      if (event.data.object.object !== 'checkout.session')
        object.metadata = { order_id: 'top_nobody' }
      return signed(JSON.stringify({ ...event, data: { object } }))
    }
  }
}

function callbackOf(text: string, signature: string | null, now: number): Callback {
  const headers = new Headers(signature === null ? {} : { 'stripe-signature': signature })
  return { body: new TextEncoder().encode(text), headers, now }
}

export const suite: Suite = {
  ...{ name: 'stripe', currency: 'USD', zeroDecimal: 'JPY', late: 'card', open: openWorld },
  lacks: {},
  off: [
    ['no key', { stripe_webhook_secret: webhookSecret }],
    ['no secret of the webhook', { stripe_secret_key: secretKey }],
    ['an empty key', { stripe_secret_key: '', stripe_webhook_secret: webhookSecret }],
    ['an empty secret of the webhook', { stripe_secret_key: secretKey, stripe_webhook_secret: '' }],
  ],
}
