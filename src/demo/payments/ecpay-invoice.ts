/**
 * The simulated e-invoices of ECPay: issues, looks up, takes back and voids, in memory, and as strict as the real one about
 * seals, the ten minutes of a question, numbers used once, and amounts that do not add up.
 *
 *   POST /B2CInvoice/{Issue,GetIssue,Allowance,GetAllowanceList,Invalid}
 */
import type { Clock } from '../../base/clock.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { writeTaipei } from '../../base/taipei.ts'
import { type SealKeys, seal, unseal } from '../../invoices/ecpay-seal.ts'

export interface EcpayInvoiceSimulator {
  url: string
  /** What was issued, oldest first: the data of each question, and what became of it. */
  invoices: readonly SimulatedInvoice[]
  /** The next such act is done, but its answer is lost. */
  loseAnswerTo(act: string): void
  setDown(down: boolean): void
  stop(): Promise<void>
}

export interface SimulatedInvoice {
  number: string
  random: string
  date: string
  data: JsonObject
  isVoid: boolean
  allowances: { number: string; date: string; data: JsonObject }[]
}

export interface EcpayInvoiceOptions extends SealKeys {
  hostname: string
  /** 0 takes a free one. */
  port: number
  merchantId: string
  clock: Clock
}

type Answer = { RtnCode: number; RtnMsg: string } & JsonObject
type Act = (invoices: SimulatedInvoice[], data: JsonObject, date: string) => Answer

export function startEcpayInvoices(options: EcpayInvoiceOptions): EcpayInvoiceSimulator {
  const { hostname, port, clock } = options
  const invoices: SimulatedInvoice[] = []
  let down = false
  let losing = ''
  const server = Bun.serve({
    ...{ hostname, port, development: false },
    fetch: async (request) => {
      if (down) return new Response('down', { status: 503 })
      const name = new URL(request.url).pathname.replace('/B2CInvoice/', '')
      const act = acts[name]
      const question: unknown = await request.json().catch(() => null)
      if (!act || !isObject(question)) return new Response('not found', { status: 404 })
      const data = open(question, options)
      if (typeof data === 'string') return Response.json({ TransCode: 0, TransMsg: data, Data: '' })
      const said = act(invoices, data, writeTaipei(clock.now(), '-'))
      if (losing === name) {
        losing = ''
        return new Response('lost', { status: 502 })
      }
      return Response.json({ TransCode: 1, TransMsg: 'Success', Data: seal(said, options) })
    },
  })
  return {
    url: server.url.origin,
    invoices,
    loseAnswerTo: (act) => {
      losing = act
    },
    setDown: (next) => {
      down = next
    },
    stop: () => server.stop(true),
  }
}

/** The question's data, or why it is not taken. */
function open(question: JsonObject, options: EcpayInvoiceOptions): JsonObject | string {
  const { MerchantID, RqHeader, Data } = question
  const data = typeof Data === 'string' ? unseal(Data, options) : null
  if (!data) return 'Data cannot be decrypted'
  if (MerchantID !== options.merchantId || data.MerchantID !== MerchantID) return 'MerchantID'
  const seconds = isObject(RqHeader) ? Number(RqHeader.Timestamp) : Number.NaN
  return Math.abs(options.clock.now() / 1000 - seconds) <= 600 ? data : 'Timestamp'
}

// Of the codes, 1 (done) and 7 (an empty list) are the published ones; the others only stand for refusals.
const done = (more: JsonObject): Answer => ({ RtnCode: 1, RtnMsg: '成功', ...more })
const refused = (RtnCode: number, RtnMsg: string): Answer => ({ RtnCode, RtnMsg })

const acts: Readonly<Record<string, Act>> = {
  Issue: (invoices, data, date) => {
    const refusal = refusalOf(invoices, data)
    if (refusal) return refusal
    const at = invoices.length + 1
    const number = `KK${String(at).padStart(8, '0')}`
    const random = String((at * 7919) % 10_000).padStart(4, '0')
    invoices.push({ number, random, date, data, isVoid: false, allowances: [] })
    return done({ InvoiceNo: number, InvoiceDate: date, RandomNumber: random })
  },
  GetIssue: (invoices, data) => {
    const found = find(invoices, data)
    if (!found) return refused(2, '查無發票資料，請重新確認')
    return done({
      ...{ IIS_Number: found.number, IIS_Create_Date: found.date, IIS_Random_Number: found.random },
      ...{ IIS_Relate_Number: found.data.RelateNumber, IIS_Sales_Amount: found.data.SalesAmount },
      ...{ IIS_Issue_Status: '1', IIS_Invalid_Status: found.isVoid ? '1' : '0' },
    })
  },
  Allowance: (invoices, data, date) => {
    const found = find(invoices, data)
    if (!found || found.isVoid) return refused(2, '查無發票資料，請重新確認')
    const left = leftOf(found) - Number(data.AllowanceAmount)
    if (left < 0 || sumOf(data) !== data.AllowanceAmount) return refused(2000020, '折讓金額錯誤')
    const number = `${date.replace(/\D/g, '')}${found.allowances.length + 10}`
    found.allowances.push({ number, date, data })
    return done({ IA_Allow_No: number, IA_Date: date, IA_Remain_Allowance_Amt: left })
  },
  GetAllowanceList: (invoices, data) => {
    const list = find(invoices, { ...data, InvoiceDate: data.Date })?.allowances ?? []
    if (list.length === 0) return refused(7, '查無資料')
    return done({
      AllowanceInfo: list.map(({ number, date, data }) => ({
        ...{ IA_Allow_No: number, IA_Date: date, IA_Invalid_Status: '0', Items: data.Items },
        IA_Total_Tax_Amount: data.AllowanceAmount,
      })),
    })
  },
  Invalid: (invoices, data) => {
    const found = find(invoices, data)
    if (!found || found.isVoid) return refused(5070453, '發票已作廢或不存在')
    found.isVoid = true
    return done({ InvoiceNo: found.number })
  },
}

function find(invoices: SimulatedInvoice[], data: JsonObject): SimulatedInvoice | undefined {
  return invoices.find(({ number, date, data: made }) =>
    data.RelateNumber === undefined
      ? number === data.InvoiceNo && date.slice(0, 10) === data.InvoiceDate
      : made.RelateNumber === data.RelateNumber,
  )
}

function sumOf({ Items }: JsonObject): number {
  const items = Array.isArray(Items) ? Items.filter(isObject) : []
  return items.reduce((total, { ItemAmount }) => total + Number(ItemAmount), 0)
}

function leftOf({ data, allowances }: SimulatedInvoice): number {
  const back = allowances.reduce((total, one) => total + Number(one.data.AllowanceAmount), 0)
  return Number(data.SalesAmount) - back
}

/** The rules of ?p=7896: a number once, one way to reach the buyer, the carrier or paper, sums that fit. */
function refusalOf(invoices: SimulatedInvoice[], data: JsonObject): Answer | null {
  const { RelateNumber, CustomerEmail, CustomerIdentifier, CarrierType, Print } = data
  if (!/^[0-9A-Za-z]{1,30}$/.test(String(RelateNumber))) return refused(10000002, 'RelateNumber')
  if (find(invoices, { RelateNumber })) return refused(10000009, 'RelateNumber 重複')
  if (!CustomerEmail) return refused(10000002, 'CustomerEmail')
  if (CustomerIdentifier && !/^\d{8}$/.test(String(CustomerIdentifier)))
    return refused(10000002, 'CustomerIdentifier')
  if ((CarrierType === '1') !== (Print === '0')) return refused(10000002, 'Print')
  if (data.TaxType !== '1' || data.InvType !== '07') return refused(10000002, 'TaxType')
  return sumOf(data) === data.SalesAmount ? null : refused(10000002, 'SalesAmount')
}
