/**
 * The simulated ECPay: its checkout for a person to click through, its questions and answers, and its callbacks. It keeps its
 * trades in memory and is as strict as the real one: signatures, the three minutes of a question, a MerchantTradeNo once.
 *
 *   POST /Cashier/AioCheckOut/V5   POST /Cashier/QueryTradeInfo/V5   POST /Cashier/QueryPaymentInfo
 *   POST /CreditDetail/DoAction    GET|POST /checkout/:merchantTradeNo
 */
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { writeTaipei } from '../../base/taipei.ts'
import { type Fields, isSigned, type MacKeys, readForm, sign } from '../../processors/ecpay-mac.ts'
import { type CallbackFault, openSender, type Sender } from './ecpay-callback.ts'
import { showCheckout, showRefusal } from './ecpay-page.ts'
import {
  commonOf,
  extraOf,
  feeOf,
  giveNumber,
  paidDate,
  refusalOf,
  type Trade,
} from './ecpay-trade.ts'

/** Its acts name a trade by the MerchantTradeNo; each calls back as the real one does. */
export interface EcpaySimulator {
  url: string
  /** The card is charged, or the number paid. `simulated`: the query will say that no money moved. */
  pay(merchantTradeNo: string, how?: { amount?: number; simulated?: boolean }): void
  /** Takes a number for the ATM or the store. */
  payLate(merchantTradeNo: string): void
  fail(merchantTradeNo: string): void
  /** The vendor's test of the callback: the trade stays as it is. */
  simulatePaid(merchantTradeNo: string): void
  /** From ECPay's own dashboard: it tells nobody. */
  refund(merchantTradeNo: string, amount: number): void
  refunded(merchantTradeNo: string): number
  setFaults(faults: readonly CallbackFault[]): void
  /** While it is down every request is answered by 503. */
  setDown(down: boolean): void
  /** Once every callback has arrived or was given up. */
  delivered(): Promise<void>
  stop(): Promise<void>
}

export interface EcpayOptions extends MacKeys {
  hostname: string
  /** 0 takes a free one. */
  port: number
  merchantId: string
  clock: Clock
  /** Between the tries of a callback that was not taken. */
  retryMs?: number
  /** How late a callback with the fault `delay` comes. */
  delayMs?: number
}

interface Shop {
  options: EcpayOptions
  trades: Map<string, Trade>
  sender: Sender
}

export function startEcpay(options: EcpayOptions): EcpaySimulator {
  const { hostname, port, retryMs = 5000, delayMs = 10_000 } = options
  const sender = openSender(options, retryMs, delayMs)
  const shop: Shop = { options, trades: new Map(), sender }
  let down = false
  const server = Bun.serve({
    ...{ hostname, port, development: false },
    fetch: (request) =>
      down ? new Response('down', { status: 503 }) : answer(shop, request).catch(showBug),
  })
  return {
    url: server.url.origin,
    pay: (no, how) => pay(shop, tradeOf(shop, no), how),
    payLate: (no) => payLate(shop, tradeOf(shop, no)),
    fail: (no) => fail(shop, tradeOf(shop, no)),
    simulatePaid: (no) => tellPaid(shop, tradeOf(shop, no), '1'),
    refund: (no, amount) => {
      tradeOf(shop, no).refunded += amount
    },
    refunded: (no) => tradeOf(shop, no).refunded,
    setFaults: sender.setFaults,
    setDown: (next) => {
      down = next
    },
    delivered: sender.delivered,
    stop: () => server.stop(true),
  }
}

const showBug = (error: unknown) => new Response(String(error), { status: 500 })

function tradeOf({ trades }: Shop, merchantTradeNo: string): Trade {
  const trade = trades.get(merchantTradeNo)
  assert(trade, `no trade ${merchantTradeNo}`)
  return trade
}

async function answer(shop: Shop, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  const form = request.method === 'POST' ? readForm(await request.text()) : null
  const [, shown] = /^\/checkout\/(\w+)$/.exec(pathname) ?? []
  if (shown) return checkout(shop, shown, form)
  if (!form) return new Response('0|Error', { status: 404 })
  if (form.MerchantID !== shop.options.merchantId || !isSigned(form, shop.options))
    return showRefusal('10200073 CheckMacValue verify fail')
  if (pathname === '/Cashier/AioCheckOut/V5') return order(shop, form)
  if (pathname === '/CreditDetail/DoAction') return refundByApi(shop, form)
  const seconds = Number(form.TimeStamp ?? Number.NaN)
  if (!(Math.abs(shop.options.clock.now() / 1000 - seconds) <= 180))
    return new Response('0|TimeStamp Error')
  const trade = shop.trades.get(form.MerchantTradeNo ?? '')
  if (pathname === '/Cashier/QueryTradeInfo/V5') return signed(shop, tellTrade(form, trade))
  if (pathname === '/Cashier/QueryPaymentInfo') return signed(shop, tellNumber(form, trade))
  return new Response('0|Error', { status: 404 })
}

const signed = ({ options }: Shop, fields: Fields) =>
  new Response(new URLSearchParams(sign(fields, options)).toString())

/** A form that comes once more, for the way back from the checkout leads to it, is refused: so does the real one. */
function order({ trades, options }: Shop, fields: Fields): Response {
  const no = fields.MerchantTradeNo ?? ''
  const refusal = trades.has(no) ? `10300028 MerchantTradeNo ${no} repeated` : refusalOf(fields)
  if (refusal) return showRefusal(refusal)
  const day = writeTaipei(options.clock.now(), '-').replace(/\D/g, '').slice(2)
  const tradeNo = `${day}${String(trades.size + 1).padStart(8, '0')}`
  const amount = Number(fields.TotalAmount)
  trades.set(no, {
    ...{ fields, tradeNo, amount, status: '0', number: null, paidAt: null },
    ...{ refunded: 0, simulated: false },
  })
  return new Response(null, { status: 303, headers: { location: `/checkout/${no}` } })
}

/** The page, and its buttons. */
function checkout(shop: Shop, no: string, form: Fields | null): Response {
  const trade = shop.trades.get(no)
  if (!trade) return showRefusal('10200047 Cant not find the trade data.')
  if (form?.act === 'pay') pay(shop, trade)
  if (form?.act === 'fail') fail(shop, trade)
  if (form?.act === 'number') payLate(shop, trade)
  if (!form) return showCheckout(trade)
  return new Response(null, { status: 303, headers: { location: `/checkout/${no}` } })
}

function pay(shop: Shop, trade: Trade, how: { amount?: number; simulated?: boolean } = {}): void {
  if (trade.status === '1') return
  trade.status = '1'
  trade.paidAt = shop.options.clock.now()
  trade.amount = how.amount ?? trade.amount
  trade.simulated = how.simulated ?? false
  tellPaid(shop, trade, trade.simulated ? '1' : '0')
}

function tellPaid({ sender }: Shop, trade: Trade, SimulatePaid: '0' | '1'): void {
  sender.send(trade.fields.ReturnURL ?? '', {
    ...commonOf(trade),
    ...{ RtnCode: '1', RtnMsg: '交易成功', SimulatePaid, PaymentDate: paidDate(trade) },
    ...{ PaymentTypeChargeFee: feeOf(trade), ...extraOf(trade) },
  })
}

function fail({ sender }: Shop, trade: Trade): void {
  if (trade.status !== '0') return
  trade.status = '10200095'
  const said = { RtnCode: '10100248', RtnMsg: '拒絕交易', SimulatePaid: '0', PaymentDate: '' }
  sender.send(trade.fields.ReturnURL ?? '', { ...commonOf(trade), ...said })
}

function payLate({ sender, options }: Shop, trade: Trade): void {
  const { fields, number, status } = trade
  if (fields.ChoosePayment === 'Credit' || number || status !== '0') return
  giveNumber(trade, options.clock.now())
  sender.send(fields.PaymentInfoURL ?? '', { ...commonOf(trade), ...trade.number?.fields })
}

function tellTrade(form: Fields, trade: Trade | undefined): Fields {
  const { MerchantID = '', MerchantTradeNo = '' } = form
  if (!trade) return { MerchantID, MerchantTradeNo, TradeStatus: '10200047', TradeAmt: '0' }
  const paid = trade.paidAt !== null
  const fee = paid ? feeOf(trade) : '0'
  return {
    ...commonOf(trade),
    ...{ TradeStatus: trade.status, PaymentDate: paidDate(trade), HandlingCharge: fee },
    ...{ PaymentTypeChargeFee: fee, ItemName: trade.fields.ItemName ?? '', ...extraOf(trade) },
    ...(trade.simulated && { SimulatePaid: '1' }),
  }
}

function tellNumber(form: Fields, trade: Trade | undefined): Fields {
  const { MerchantID = '', MerchantTradeNo = '' } = form
  if (trade?.number && trade.status === '0') return { ...commonOf(trade), ...trade.number.fields }
  return { MerchantID, MerchantTradeNo, RtnCode: '10200047', RtnMsg: 'no number' }
}

/** Answered without a signature, as the real one's published examples are. */
function refundByApi({ trades }: Shop, form: Fields): Response {
  const trade = trades.get(form.MerchantTradeNo ?? '')
  const amount = Number(form.TotalAmount)
  const allowed =
    form.Action === 'R' &&
    trade?.status === '1' &&
    trade.fields.ChoosePayment === 'Credit' &&
    trade.tradeNo === form.TradeNo &&
    amount > 0 &&
    trade.refunded + amount <= trade.amount
  if (allowed) trade.refunded += amount
  const { MerchantID = '', MerchantTradeNo = '', TradeNo = '' } = form
  const RtnMsg = allowed ? 'OK' : 'error_amount'
  const said = { MerchantID, MerchantTradeNo, TradeNo, RtnCode: allowed ? '1' : '0', RtnMsg }
  return new Response(new URLSearchParams(said).toString())
}
