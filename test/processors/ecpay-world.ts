/** The simulated ECPay and our side of it, as the suites want them. */
import type { Config } from '../../src/config.ts'
import { readSettings } from '../../src/config.ts'
import { type EcpaySimulator, startEcpay } from '../../src/demo/payments/ecpay.ts'
import { openEcpay, tradeNoOf } from '../../src/processors/ecpay.ts'
import { type Fields, readForm, sign } from '../../src/processors/ecpay-mac.ts'
import type { Callback, Order, Processor } from '../../src/processors/processor.ts'
import { type Forgery, type Suite, startInbox, type World } from './world.ts'

/** A merchant that is none of ECPay's public ones, so that its money is real. */
export const shop = {
  merchantId: '3999999',
  ...{ hashKey: 'AbCdEfGh12345678', hashIv: '8765432100000000' },
}

export interface EcpayWorld extends World {
  simulator: EcpaySimulator
  inbox: string
  /** The processor with other settings, and with a clock that is wrong by so much. */
  open(settings?: Record<string, string>, wrongMs?: number): Processor
  /** Brings the order's form to the checkout, as the browser does. */
  visit(order: Order): Promise<Response>
}

export function settingsOf(url: string, more: Record<string, string> = {}): Config {
  const settings = {
    ...{ ecpay_url: url, ecpay_merchant_id: shop.merchantId },
    ...{ ecpay_hash_key: shop.hashKey, ecpay_hash_iv: shop.hashIv },
    ...more,
  }
  return readSettings(settings, {}).config
}

export async function openWorld(): Promise<EcpayWorld> {
  let now = Date.parse('2026-11-24T12:00:00Z')
  let orders = 0
  const clock = { now: () => now, elapsed: () => now }
  const simulator = startEcpay({
    ...{ hostname: '127.0.0.1', port: 0, retryMs: 5, delayMs: 20, clock },
    ...shop,
  })
  const inbox = startInbox(clock.now, '1|OK')
  const open = (settings: Record<string, string> = {}, wrongMs = 0): Processor => {
    const itsClock = { ...clock, now: () => now + wrongMs }
    const processor = openEcpay(settingsOf(simulator.url, settings), itsClock)
    if (!processor) throw new Error('it is off')
    return processor
  }
  const processor = open()
  const visit = async (order: Order): Promise<Response> => {
    const { checkout } = await processor.checkout(order)
    if (checkout.kind !== 'form') throw new Error('no form')
    const body = new URLSearchParams(checkout.fields)
    return fetch(checkout.action, { method: 'POST', body, redirect: 'manual' })
  }
  const visited = new Set<string>()
  /** Its number at the checkout, which it is brought to when it was not yet. */
  const at = async (order: Order): Promise<string> => {
    if (!visited.has(order.id)) await visit(order)
    visited.add(order.id)
    return tradeNoOf(order.id)
  }
  const lacking = async (): Promise<never> => {
    throw new Error('ECPay has no such thing')
  }
  return {
    ...{ processor, simulator, open, visit, inbox: inbox.url },
    now: () => now,
    move: (ms) => {
      now += ms
    },
    order: (more = {}) => {
      orders += 1
      const { href } = new URL(`/orders/${orders}`, inbox.url)
      return {
        ...{ id: `top_${now.toString(36)}${orders}`, total: 3250n, currency: 'TWD' },
        ...{ method: 'card', description: 'Credit of US$100.00', email: 'ann@example.com' },
        ...{ language: 'en', returnUrl: href, callbackUrl: inbox.url },
        ...{ createdAt: now, expiresAt: now + 3 * 86_400_000 },
        ...more,
      }
    },
    pay: async (order) => simulator.pay(await at(order)),
    payLate: async (order) => simulator.payLate(await at(order)),
    settle: async (order, how) => {
      const no = await at(order)
      if (how === 'paid') simulator.pay(no)
      else simulator.fail(no)
    },
    fail: async (order) => simulator.fail(await at(order)),
    payOtherwise: async (order, { amount, live }) => {
      const paid = amount === undefined ? {} : { amount: Number(amount) }
      simulator.pay(await at(order), { ...paid, simulated: live === false })
    },
    refund: async (order, amount) => simulator.refund(await at(order), Number(amount)),
    ...{ expire: lacking, dispute: lacking, closeDispute: lacking },
    callbacks: async () => {
      await simulator.delivered()
      return inbox.take()
    },
    forge: async (how, real) => forge(how, real),
    down: () => simulator.setDown(true),
    up: () => simulator.setDown(false),
    misdeliver: () => simulator.setFaults(['duplicate', 'reorder']),
    mute: () => simulator.setFaults(['never']),
    stop: async () => {
      await simulator.stop()
      await inbox.stop()
    },
  }
}

function forge(how: Forgery, real: Callback): Callback {
  const fields: Fields = readForm(new TextDecoder().decode(real.body)) ?? {}
  const { CheckMacValue: _, ...unsigned } = fields
  const other = { hashKey: '0123456789abcdef', hashIv: 'fedcba9876543210' }
  const bodies: { [how in Forgery]?: Record<string, string> | string } = {
    unsigned,
    tampered: { ...fields, TradeAmt: '1' },
    'other-secret': sign(fields, other),
    'empty-secret': sign(fields, { hashKey: '', hashIv: '' }),
    garbage: '\0\u{1f4a3}{"RtnCode":1}',
    empty: '',
    huge: { ...unsigned, RtnMsg: 'x'.repeat(3_000_000) },
    'other-mode': sign({ ...fields, SimulatePaid: '1' }, shop),
    'other-account': sign({ ...fields, MerchantID: '2000132' }, shop),
    'unknown-order': sign(
      { ...fields, CustomField1: 'top_nobody', MerchantTradeNo: tradeNoOf('top_nobody') },
      shop,
    ),
  }
  const body = bodies[how]
  if (body === undefined) throw new Error(`ECPay cannot be ${how}`)
  const text = typeof body === 'string' ? body : new URLSearchParams(body).toString()
  return { ...real, body: new TextEncoder().encode(text) }
}

const { merchantId, hashKey, hashIv } = shop

export const suite: Suite = {
  ...{ name: 'ecpay', currency: 'TWD', zeroDecimal: 'TWD', late: 'atm', open: openWorld },
  lacks: {
    expiry: 'an order that nobody pays stays unpaid, and ECPay says nothing',
    currency: 'ECPay takes nothing but TWD',
    timestamp: 'a callback bears no time; a replay is harmless, for the payment is asked for anew',
    unrelated: 'it calls back for orders only',
    dashboard: 'the query does not tell refunds',
    dispute: 'ECPay tells disputes by mail to the merchant',
    recent: 'it lists payments in a file that is made once a day',
  },
  off: [
    ['no merchant', { ecpay_hash_key: hashKey, ecpay_hash_iv: hashIv }],
    ['no key', { ecpay_merchant_id: merchantId, ecpay_hash_iv: hashIv }],
    ['no IV', { ecpay_merchant_id: merchantId, ecpay_hash_key: hashKey }],
    ['an empty key', { ecpay_merchant_id: merchantId, ecpay_hash_key: '', ecpay_hash_iv: hashIv }],
    ['an empty IV', { ecpay_merchant_id: merchantId, ecpay_hash_key: hashKey, ecpay_hash_iv: '' }],
  ],
}
