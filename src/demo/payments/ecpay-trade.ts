/** A trade of the simulated ECPay: what was ordered, how it stands, and what ECPay says of it. */
import { readTaipei, writeTaipei } from '../../base/taipei.ts'
import type { Fields } from '../../processors/ecpay-mac.ts'

export interface Trade {
  /** The form that made it. */
  fields: Fields
  /** ECPay's own number. */
  tradeNo: string
  /** As the query says it: open, paid, not completed. */
  status: '0' | '1' | '10200095'
  amount: number
  /** Where it is paid, once asked for. */
  number: { kind: 'ATM' | 'CVS'; shown: string; expires: string; fields: Fields } | null
  paidAt: number | null
  refunded: number
  /** The query itself says that it was simulated: what the real one is not known to do. */
  simulated: boolean
}

/** Why a form is refused; null for a good one. */
export function refusalOf(fields: Fields): string | null {
  const { MerchantTradeNo = '', TotalAmount = '', MerchantTradeDate = '' } = fields
  if (!/^[0-9A-Za-z]{1,20}$/.test(MerchantTradeNo)) return 'MerchantTradeNo'
  if (!/^[1-9]\d{0,7}$/.test(TotalAmount)) return 'TotalAmount'
  if (readTaipei(MerchantTradeDate) === null) return 'MerchantTradeDate'
  if (fields.PaymentType !== 'aio' || fields.EncryptType !== '1') return 'PaymentType'
  if (!['Credit', 'ATM', 'CVS'].includes(fields.ChoosePayment ?? '')) return 'ChoosePayment'
  if (!fields.TradeDesc || !fields.ItemName) return 'ItemName'
  const urls = [fields.ReturnURL, fields.ClientBackURL, fields.PaymentInfoURL ?? fields.ReturnURL]
  if (urls.some((url = '') => !URL.canParse(url) || url.length > 200)) return 'ReturnURL'
  return (fields.CustomField1 ?? '').length > 50 ? 'CustomField1' : null
}

/** A number for the ATM or the store, good for as long as the form asked. */
export function giveNumber(trade: Trade, now: number): void {
  const { fields, tradeNo } = trade
  const digits = tradeNo.slice(-11)
  if (fields.ChoosePayment === 'ATM') {
    const days = Number(fields.ExpireDate ?? 3)
    const expires = writeTaipei(now + days * 86_400_000, '/').slice(0, 10)
    const [BankCode, vAccount] = ['822', `96001${digits}`]
    const said = { RtnCode: '2', RtnMsg: 'Get VirtualAccount Succeeded', BankCode, vAccount }
    const shown = `${BankCode} ${vAccount}`
    trade.number = { kind: 'ATM', shown, expires, fields: { ...said, ExpireDate: expires } }
  } else {
    const minutes = Number(fields.StoreExpireDate ?? 10_080)
    const expires = writeTaipei(now + minutes * 60_000, '/')
    const PaymentNo = `LLL${digits}`
    const said = { RtnCode: '10100073', RtnMsg: 'Get CVS Code Succeeded.', PaymentNo }
    const more = { ExpireDate: expires, Barcode1: '', Barcode2: '', Barcode3: '' }
    trade.number = { kind: 'CVS', shown: PaymentNo, expires, fields: { ...said, ...more } }
  }
}

/** What every word of ECPay about a trade contains. */
export function commonOf({ fields, tradeNo, amount }: Trade): Record<string, string> {
  const {
    MerchantID = '',
    MerchantTradeNo = '',
    MerchantTradeDate = '',
    CustomField1 = '',
  } = fields
  const type = { Credit: 'Credit_CreditCard', ATM: 'ATM_CHINATRUST', CVS: 'CVS_CVS' }
  return {
    ...{ MerchantID, MerchantTradeNo, StoreID: '', TradeNo: tradeNo, TradeAmt: String(amount) },
    ...{ PaymentType: type[fields.ChoosePayment as keyof typeof type] ?? '' },
    ...{ TradeDate: MerchantTradeDate, CustomField1 },
    ...{ CustomField2: '', CustomField3: '', CustomField4: '' },
  }
}

export function feeOf({ amount, fields }: Trade): string {
  return String(fields.ChoosePayment === 'Credit' ? Math.round(amount * 0.0275) : 15)
}

export const paidDate = ({ paidAt }: Trade) => (paidAt === null ? '' : writeTaipei(paidAt, '/'))

/** What `NeedExtraPaidInfo=Y` adds of a payment. */
export function extraOf(trade: Trade): Fields {
  if (trade.paidAt === null) return {}
  const { fields, tradeNo, amount, number } = trade
  if (fields.ChoosePayment === 'ATM') return { ATMAccBank: '007', ATMAccNo: '12345' }
  if (number) return { PaymentNo: number.shown, PayFrom: 'family' }
  return {
    ...{ gwsr: tradeNo.slice(-8), process_date: paidDate(trade), auth_code: '777777' },
    ...{ amount: String(amount), card4no: '2222', card6no: '431195', eci: '5' },
  }
}
