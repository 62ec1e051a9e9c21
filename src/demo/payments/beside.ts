/** The simulated payment services beside the demo, with their public test merchants: no real money can move. */
import { type Clock, systemClock } from '../../base/clock.ts'
import { startEcpay } from './ecpay.ts'
import { startEcpayInvoices } from './ecpay-invoice.ts'
import { startStripe } from './stripe.ts'

export interface SimulatedPayments {
  /** The settings that lead a server to them. */
  settings: Record<string, string>
  /** Where that server then listens: Stripe calls back at an address that was set once, not one of the order. */
  callBackTo(serverUrl: string): void
  /** Pays an order at Stripe as its page does. */
  pay(order: string): void
  stop(): Promise<void>
}

export function startPayments(clock: Clock = systemClock): SimulatedPayments {
  const here = { hostname: '127.0.0.1', port: 0, clock }
  const shop = {
    merchantId: '3002607',
    ...{ hashKey: 'pwFHCqoQZGmho4w6', hashIv: 'EkRm7iFT261dpevs' },
  }
  const invoicer = {
    merchantId: '2000132',
    ...{ hashKey: 'ejCk326UnaZWKisg', hashIv: 'q9jcZX8Ib9LM8wYk' },
  }
  const secrets = { secretKey: 'sk_test_demo', webhookSecret: 'whsec_demo' }
  let webhook: string | null = null
  const stripe = startStripe({ ...here, ...secrets, webhookUrl: () => webhook })
  const ecpay = startEcpay({ ...here, ...shop })
  const invoices = startEcpayInvoices({ ...here, ...invoicer })
  return {
    settings: {
      payments: 'test',
      ...{ stripe_url: stripe.url, stripe_secret_key: secrets.secretKey },
      stripe_webhook_secret: secrets.webhookSecret,
      ...{ ecpay_url: ecpay.url, ecpay_merchant_id: shop.merchantId },
      ...{ ecpay_hash_key: shop.hashKey, ecpay_hash_iv: shop.hashIv },
      ...{ ecpay_invoice_url: invoices.url, ecpay_invoice_merchant_id: invoicer.merchantId },
      ...{ ecpay_invoice_hash_key: invoicer.hashKey, ecpay_invoice_hash_iv: invoicer.hashIv },
    },
    callBackTo: (serverUrl) => {
      webhook = `${serverUrl}/api/payments/stripe`
    },
    pay: (order) => stripe.control.pay({ order }),
    stop: async () => {
      await stripe.stop()
      await ecpay.stop()
      await invoices.stop()
    },
  }
}
