/**
 * E-invoices by ECPay (綠界科技, B2C: for companies too, https://developers.ecpay.com.tw/?p=7809). Each one is known by a number
 * of ours that ECPay takes once (RelateNumber): when it does not issue, it is asked whether it did so before. An invoice is
 * kept in ECPay's own carrier and mailed to the buyer, so that nothing is printed; amounts contain the tax.
 */
import type { Clock } from '../base/clock.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { readTaipei, writeTaipei } from '../base/taipei.ts'
import type { Config } from '../config.ts'
import { isCompanyNumber } from './company-number.ts'
import { type SealKeys, seal, unseal } from './ecpay-seal.ts'
import {
  type InvoiceBuyer,
  type InvoiceFacts,
  type Issued,
  type Issuer,
  IssuerError,
} from './invoice.ts'

/** One act of the API: what it answered once it was unsealed. Throws `IssuerError`. */
type Ask = (act: string, data: JsonObject) => Promise<JsonObject>

export function openEcpayInvoices(config: Config, clock: Clock): Issuer | null {
  const { ecpayInvoiceMerchantId: merchantId } = config
  const { ecpayInvoiceHashKey: hashKey, ecpayInvoiceHashIv: hashIv } = config
  if (!merchantId || !hashKey || !hashIv) return null
  const ask = openAsk(
    `${config.ecpayInvoiceUrl}/B2CInvoice`,
    merchantId,
    { hashKey, hashIv },
    clock,
  )
  return {
    ...{ name: 'ecpay', currency: 'TWD' },
    issue: (facts) => issue(ask, facts),
    allowance: (facts, of) => takeBack(ask, facts, of),
    void: (of, reason) => cancel(ask, of, reason),
  }
}

function openAsk(url: string, merchantId: string, keys: SealKeys, clock: Clock): Ask {
  return async (act, data) => {
    const question = {
      MerchantID: merchantId,
      // Good for ten minutes.
      RqHeader: { Timestamp: Math.floor(clock.now() / 1000), Revision: '3.0.0' },
      Data: seal({ MerchantID: merchantId, ...data }, keys),
    }
    const answer = await post(`${url}/${act}`, question)
    if (answer.TransCode !== 1 || typeof answer.Data !== 'string')
      throw new IssuerError(`ECPay did not take ${act}: ${answer.TransCode} ${answer.TransMsg}`)
    const said = unseal(answer.Data, keys)
    if (!said) throw new IssuerError(`ECPay's answer to ${act} cannot be unsealed`)
    return said
  }
}

async function post(url: string, question: JsonObject): Promise<JsonObject> {
  try {
    const answer = await fetch(url, {
      ...{ method: 'POST', body: JSON.stringify(question), redirect: 'error' },
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(30_000),
    })
    if (!answer.ok) throw new IssuerError(`ECPay answered ${answer.status}`)
    const said: unknown = await answer.json()
    return isObject(said) ? said : {}
  } catch (cause) {
    if (cause instanceof IssuerError) throw cause
    throw new IssuerError('ECPay does not answer', { cause })
  }
}

const isDone = ({ RtnCode }: JsonObject) => String(RtnCode) === '1'

function refuse(act: string, { RtnCode, RtnMsg }: JsonObject): never {
  throw new IssuerError(`ECPay refused ${act}: ${RtnCode} ${RtnMsg}`, { retry: false })
}

async function issue(ask: Ask, facts: InvoiceFacts): Promise<Issued> {
  const RelateNumber = relateNumberOf(facts)
  const said = await ask('Issue', {
    ...{ RelateNumber, ...buyerFields(facts.buyer) },
    ...{ Print: '0', Donation: '0', LoveCode: '', CarrierType: '1', CarrierNum: '' },
    ...{ TaxType: '1', SpecialTax: 0, InvType: '07', vat: '1' },
    SalesAmount: Number(facts.total),
    Items: itemsOf(facts),
  })
  if (isDone(said)) return issuedOf(said.InvoiceNo, said.InvoiceDate, said.RandomNumber)
  const before = await ask('GetIssue', { RelateNumber })
  const same =
    isDone(before) &&
    before.IIS_Relate_Number === RelateNumber &&
    Number(before.IIS_Sales_Amount) === Number(facts.total)
  if (!same) refuse('the invoice', said)
  return issuedOf(before.IIS_Number, before.IIS_Create_Date, before.IIS_Random_Number)
}

/** Letters and digits. The time tells the receipts of one platform from those of an earlier one. */
function relateNumberOf({ receipt, at }: InvoiceFacts): string {
  return `R${receipt}T${at.toString(36).toUpperCase()}`
}

/** A company abroad has no such number, so that it is invoiced as a person is. */
function buyerFields({ name, address, email, taxId, country }: InvoiceBuyer): JsonObject {
  if (!email)
    throw new IssuerError('ECPay mails the invoice, and the buyer has no e-mail address', {
      retry: false,
    })
  const number = taxId?.replace(/\s/g, '') ?? ''
  const isCompany = isCompanyNumber(number)
  if (number !== '' && !isCompany && country === 'TW')
    throw new IssuerError(`${number} is no company number of Taiwan`, { retry: false })
  return {
    ...{ CustomerIdentifier: isCompany ? number : '', CustomerName: name.slice(0, 60) },
    ...{ CustomerAddr: address.slice(0, 100), CustomerPhone: '', CustomerEmail: email },
  }
}

/** Their amounts add up to the total, or ECPay refuses it. `mark` is added to each name. */
function itemsOf({ lines }: InvoiceFacts, mark = ''): JsonObject[] {
  return lines.map(({ name, quantity, amount }, at) => ({
    ...{ ItemSeq: at + 1, ItemName: `${name.slice(0, 90)}${mark}`, ItemCount: quantity },
    ...{ ItemWord: '式', ItemPrice: Number(amount) / quantity, ItemTaxType: '1' },
    ItemAmount: Number(amount),
  }))
}

function issuedOf(number?: Json, date?: Json, random?: Json): Issued {
  const at = readTaipei(String(date))
  if (typeof number !== 'string' || number === '' || at === null)
    throw new IssuerError('ECPay issued something without a number or a date')
  return { number, random: random === undefined ? null : String(random), at }
}

/** The day in Taipei, as ECPay wants it beside an invoice's number. */
const dayOf = ({ at }: Issued) => writeTaipei(at, '-').slice(0, 10)

/** What the list answers when it has none. */
const none = '7'

/** An allowance has no number of ours, so the credit note's is written into its items, and looked for first. */
async function takeBack(ask: Ask, facts: InvoiceFacts, of: Issued): Promise<Issued> {
  const mark = ` (CN${facts.receipt})`
  const where = { InvoiceNo: of.number, Date: dayOf(of) }
  const list = await ask('GetAllowanceList', { SearchType: '1', ...where })
  if (!isDone(list) && String(list.RtnCode) !== none) refuse('the list of allowances', list)
  const known = Array.isArray(list.AllowanceInfo) ? list.AllowanceInfo : []
  const before = known.filter(isObject).find((one) => isMarked(one, mark))
  if (before) return issuedOf(before.IA_Allow_No, before.IA_Date)
  const said = await ask('Allowance', {
    ...{
      InvoiceNo: of.number,
      InvoiceDate: dayOf(of),
      CustomerName: facts.buyer.name.slice(0, 60),
    },
    ...{ AllowanceNotify: facts.buyer.email ? 'E' : 'N', NotifyMail: facts.buyer.email ?? '' },
    AllowanceAmount: Number(facts.total),
    Items: itemsOf(facts, mark),
  })
  if (!isDone(said)) refuse('the allowance', said)
  return issuedOf(said.IA_Allow_No, said.IA_Date)
}

function isMarked({ Items, IA_Invalid_Status }: JsonObject, mark: string): boolean {
  const items = Array.isArray(Items) ? Items.filter(isObject) : []
  const marked = items.some(({ ItemName }) => String(ItemName).endsWith(mark))
  return marked && String(IA_Invalid_Status) !== '1'
}

async function cancel(ask: Ask, of: Issued, reason: string): Promise<void> {
  const where = { InvoiceNo: of.number, InvoiceDate: dayOf(of) }
  const said = await ask('Invalid', { ...where, Reason: reason.slice(0, 20) })
  if (isDone(said)) return
  const now = await ask('GetIssue', where)
  if (!isDone(now) || String(now.IIS_Invalid_Status) !== '1') refuse('to void the invoice', said)
}
