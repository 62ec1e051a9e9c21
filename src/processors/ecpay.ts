/**
 * ECPay (綠界科技): cards, ATM transfers and convenience stores in Taiwan, in whole TWD. The browser posts a signed form to its
 * checkout; what it calls back with is signed too, but bears no time, so that it may be replayed: nothing comes of it, for
 * the order is asked for anew each time (https://developers.ecpay.com.tw/?p=2509).
 *
 * The vendor's "simulated payment" sends a callback with SimulatePaid=1 and leaves the order unpaid (?p=2878). Three locks:
 * a live platform refuses that callback, an order is paid only when the query says so, and should the query ever say
 * SimulatePaid=1 then no real money moved.
 */
import type { Clock } from '../base/clock.ts'
import { sha256 } from '../base/secret.ts'
import { writeTaipei } from '../base/taipei.ts'
import type { Config } from '../config.ts'
import { type Ask, openAsk } from './ecpay-ask.ts'
import { type Fields, isSigned, readForm, sign } from './ecpay-mac.ts'
import { refundCard } from './ecpay-refund.ts'
import {
  type Callback,
  type CheckoutMade,
  type Hint,
  type Order,
  type Ordered,
  type OutsideRefund,
  type Payment,
  type Processor,
  ProcessorError,
  Refused,
} from './processor.ts'

/** `checkoutId` is the MerchantTradeNo. Only `card` can be paid back through it: see `refund`. */
export function openEcpay(config: Config, clock: Clock): Processor | null {
  const { ecpayMerchantId: merchantId, ecpayHashKey: hashKey, ecpayHashIv: hashIv } = config
  if (!merchantId || !hashKey || !hashIv) return null
  const keys = { hashKey, hashIv }
  const url = config.ecpayUrl.replace(/\/+$/, '')
  const ask = openAsk(url, merchantId, keys)
  const real = !isTestShop(url, merchantId)
  const made = new Map<string, Promise<OutsideRefund>>()
  return {
    ...{ name: 'ecpay', currency: 'TWD', methods: Object.keys(choices), acknowledgement: '1|OK' },
    checkout: async (order) => ({
      checkoutId: tradeNoOf(order.id),
      checkout: {
        ...{ kind: 'form', action: `${url}/Cashier/AioCheckOut/V5` },
        fields: sign({ MerchantID: merchantId, ...orderFields(order) }, keys),
      } satisfies CheckoutMade['checkout'],
    }),
    readCallback: async (callback) => {
      const fields = readBody(callback)
      if (!isSigned(fields, keys)) throw new Refused('signature')
      if (fields.MerchantID !== merchantId) throw new Refused('account')
      if (fields.SimulatePaid === '1' && config.payments === 'live') throw new Refused('mode')
      return hintOf(fields)
    },
    fetch: (order) => fetchPayment(ask, order, { real, now: clock.now() }),
    forgetsRefunds: true,
    refund: (order, wanted) => refundCard(ask, made, order, wanted),
  }
}

/** ECPay's own stage, and its published test merchants, move no money whatever they say. */
export function isTestShop(url: string, merchantId: string): boolean {
  const testMerchants = ['2000132', '2000214', '3002599', '3002607', '3003008']
  return /-stage\.ecpay\.com\.tw$/.test(new URL(url).hostname) || testMerchants.includes(merchantId)
}

const choices: Readonly<Record<string, string>> = { card: 'Credit', atm: 'ATM', cvs: 'CVS' }

/** Twenty letters and digits, the same for an order always: 103 bits of its id's hash. It must never be used twice. */
export function tradeNoOf(orderId: string): string {
  return BigInt(`0x${sha256(orderId)}`)
    .toString(36)
    .padStart(50, '0')
    .slice(-20)
    .toUpperCase()
}

function orderFields(order: Order): Record<string, string> {
  const words = plain(order.description)
  const lastsMinutes = (order.expiresAt - order.createdAt) / 60_000
  return {
    MerchantTradeNo: tradeNoOf(order.id),
    MerchantTradeDate: writeTaipei(order.createdAt, '/'),
    ...{ PaymentType: 'aio', EncryptType: '1', NeedExtraPaidInfo: 'Y' },
    TotalAmount: String(order.total),
    ...{ TradeDesc: words, ItemName: words, CustomField1: order.id },
    ChoosePayment: choices[order.method] ?? refuseMethod(order.method),
    ...{ ReturnURL: order.callbackUrl, ClientBackURL: order.returnUrl },
    ...(order.method === 'card' ? {} : { PaymentInfoURL: order.callbackUrl }),
    ...(order.method === 'atm' && { ExpireDate: within(lastsMinutes / 1440, 60) }),
    ...(order.method === 'cvs' && { StoreExpireDate: within(lastsMinutes, 43_200) }),
    ...(order.language === 'en' && { Language: 'ENG' }),
  }
}

function refuseMethod(method: string): never {
  throw new ProcessorError(`ECPay has no way to pay ${method}`, { retry: false })
}

const within = (value: number, most: number) =>
  String(Math.min(most, Math.max(1, Math.ceil(value))))

/** Its firewall refuses markup, and # would divide items. */
const plain = (text: string) =>
  text
    .replace(/[^\p{L}\p{N} .,:$()-]/gu, ' ')
    .slice(0, 200)
    .trim()

function readBody({ body }: Callback): Fields {
  if (body.length > 16_384) throw new Refused('shape')
  const fields = readForm(new TextDecoder().decode(body))
  if (!fields?.MerchantTradeNo) throw new Refused('shape')
  return fields
}

function hintOf(fields: Fields): Hint {
  return {
    ...{ orderId: fields.CustomField1 || null, checkoutId: fields.MerchantTradeNo ?? null },
    ...{ paymentId: fields.TradeNo || null, payAt: payAtOf(fields) },
  }
}

/** Where to pay by ATM (RtnCode 2) or at a store (10100073): `bank`, `account` or `code`, and `expires` in Taipei's time. */
function payAtOf(fields: Fields): Record<string, string> | null {
  const { RtnCode, BankCode, vAccount, PaymentNo, ExpireDate: expires = '' } = fields
  if (RtnCode === '2' && BankCode && vAccount) return { bank: BankCode, account: vAccount, expires }
  if (RtnCode === '10100073' && PaymentNo) return { code: PaymentNo, expires }
  return null
}

/** What the query says of an order that was never brought to the checkout. Any other status says that it failed. */
const neverSeen = '10200047'

async function fetchPayment(
  ask: Ask,
  order: Ordered,
  { real, now }: { real: boolean; now: number },
): Promise<Payment> {
  const MerchantTradeNo = order.checkoutId ?? tradeNoOf(order.id)
  // A question is good for three minutes.
  const question = { MerchantTradeNo, TimeStamp: String(Math.floor(now / 1000)) }
  const said = await ask('/Cashier/QueryTradeInfo/V5', question)
  const { TradeStatus: status, TradeNo, TradeAmt, CustomField1, SimulatePaid } = said
  const nothing: Payment = {
    ...{ orderId: order.id, paymentId: null, state: 'open', amount: order.total, currency: 'TWD' },
    ...{ live: real, failure: null, fee: null, payAt: null, refunds: [], disputes: [] },
  }
  if (status === neverSeen) return nothing
  if (said.MerchantTradeNo !== MerchantTradeNo || !/^\d+$/.test(TradeAmt ?? ''))
    throw new ProcessorError('ECPay answered for another order')
  const known: Payment = {
    ...nothing,
    ...{ orderId: CustomField1 || null, amount: BigInt(TradeAmt ?? 0) },
    live: real && SimulatePaid !== '1',
  }
  if (status === '1' && TradeNo)
    return { ...known, state: 'paid', paymentId: TradeNo, fee: feeOf(said) }
  if (status !== '0') return { ...known, state: 'failed', failure: `TradeStatus ${status}` }
  if (order.method === 'card') return known
  const number = payAtOf(await ask('/Cashier/QueryPaymentInfo', question))
  return { ...known, state: number ? 'pending' : 'open', payAt: number }
}

/** Whole TWD, rounded up: it may have decimals. */
function feeOf({ HandlingCharge }: Fields): bigint | null {
  const fee = Number(HandlingCharge || Number.NaN)
  return Number.isFinite(fee) && fee >= 0 ? BigInt(Math.ceil(fee)) : null
}
