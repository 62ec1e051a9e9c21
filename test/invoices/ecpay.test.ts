/** E-invoices by ECPay: sealed as it published, issued once whatever the network does, taken back once. */
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Config } from '../../src/config.ts'
import { readSettings } from '../../src/config.ts'
import { startEcpayInvoices } from '../../src/demo/payments/ecpay-invoice.ts'
import { openEcpayInvoices } from '../../src/invoices/ecpay.ts'
import { seal, unseal } from '../../src/invoices/ecpay-seal.ts'
import { type InvoiceFacts, type Issuer, IssuerError } from '../../src/invoices/invoice.ts'
import { openIssuers } from '../../src/invoices/list.ts'

/** ECPay's public test merchant for e-invoices. */
const merchant = {
  merchantId: '2000132',
  ...{ hashKey: 'ejCk326UnaZWKisg', hashIv: 'q9jcZX8Ib9LM8wYk' },
}
const start = Date.parse('2026-11-24T12:00:00Z')
let now = start
const clock = { now: () => now, elapsed: () => now }
const simulator = startEcpayInvoices({ hostname: '127.0.0.1', port: 0, clock, ...merchant })
afterAll(() => simulator.stop())

function settingsOf(more: Record<string, string> = {}): Config {
  const settings = {
    ...{ ecpay_invoice_merchant_id: merchant.merchantId, ecpay_invoice_url: simulator.url },
    ...{ ecpay_invoice_hash_key: merchant.hashKey, ecpay_invoice_hash_iv: merchant.hashIv },
    ...more,
  }
  return readSettings(settings, {}).config
}

function openIssuer(more: Record<string, string> = {}): Issuer {
  const issuer = openEcpayInvoices(settingsOf(more), clock)
  if (!issuer) throw new Error('it is off')
  return issuer
}

let receipt = 0
const ann = { name: '王小明', address: '台北市信義路1號', email: 'ann@example.com', taxId: null }

/** A receipt over 105 TWD that nobody else has. */
function facts(more: Partial<InvoiceFacts> = {}): InvoiceFacts {
  receipt += 1
  return {
    ...{ receipt, at: start, currency: 'TWD', total: 105n, tax: 5n },
    seller: { name: 'KKCompany', address: '台北市', taxId: '53538851' },
    buyer: { ...ann, country: 'TW' },
    lines: [
      { name: 'AI 平台儲值 US$3.00', quantity: 1, amount: 100n },
      { name: '手續費', quantity: 1, amount: 5n },
    ],
    ...more,
  }
}

const issuedFor = ({ receipt }: InvoiceFacts) =>
  simulator.invoices.filter(({ data }) => String(data.RelateNumber).startsWith(`R${receipt}T`))

/** What became of it: `retry` or `final`, and the words. */
async function failure(act: Promise<unknown>): Promise<[string, string]> {
  const error = await act.then(
    () => null,
    (cause) => cause,
  )
  expect(error).toBeInstanceOf(IssuerError)
  return [error.retry ? 'retry' : 'final', error.message]
}

beforeEach(() => {
  now = start
  simulator.setDown(false)
})

describe('the seal', () => {
  // The specification's own example (?p=7809, appendix on encryption), and test-vectors/aes-encryption.json of ECPay's
  // public repository ECPay-API-Skill.
  test.each([
    [
      { Name: 'Test', ID: 'A123456789' },
      'uvI4yrErM37XNQkXGAgRgJAgHn2t72jahaMZzYhWL1HmvH4WV18VJDP2i9pTbC+tby5nxVExLLFyAkbjbS2Dvg==',
    ],
    [
      { MerchantID: '2000132', BarCode: '/1234567' },
      'XeEOdHpTRvxKEqs/JD9RSd16s7VtpyWVCN6AV44pKTW3DVa6yI7vKmjBRp2eulDhXoru/qBqFDBH3fEqlkMn3bbJfJBfGAq+v+SvttutYnc=',
    ],
    [
      { Name: "test!*'()~value" },
      'uvI4yrErM37XNQkXGAgRgBuDOiJoVs72Xn/rum9Ejl1DSna4HyLSoY7764PmhTR7JXb9jJWLSjCGcZEDeFiABg==',
    ],
    [{ N: '1234567890' }, 'gVwWJnIpl1m3ZDypcRAjiCctilYnQhHn4h8OzJP5IxQPov7HuysXX+jPONvrHS7Z'],
    [
      { MerchantID: '2000132', ItemName: '綠界科技測試商品' },
      'XeEOdHpTRvxKEqs/JD9RSd16s7VtpyWVCN6AV44pKTVKsXddZRgV+Cle9oeB2PqsEC2O0oDi4kObiCtdGznG9aAX69Kj0//VjGXhieBYZ3RuGW9v20xQyBevaBwtOvg1lYjlDw6jsgfToGMUvlGsIJ2DO6/tbXjNZumnRgj2GCSj7LLDRBU3KlkUWji16nO1',
    ],
  ])('of %j is the published one, and opens', (data, sealed) => {
    expect(seal(data, merchant)).toBe(sealed)
    expect(unseal(sealed, merchant)).toEqual(data)
  })

  test('opens whatever was sealed', () => {
    const word = fc.string({ unit: 'grapheme' }).map((text) => text.toWellFormed())
    fc.assert(
      fc.property(fc.dictionary(word, word), (data) => {
        expect(unseal(seal(data, merchant), merchant)).toEqual({ ...data })
      }),
    )
  })

  test.each(['', 'AAAA', 'not base64', 'uvI4yrErM37XNQkXGAgRgA=='])(
    'does not open "%s"',
    (text) => {
      expect(unseal(text, merchant)).toBeNull()
    },
  )

  test('does not open with another key', () => {
    const other = { ...merchant, hashKey: '0123456789abcdef' }
    expect(unseal(seal({ Name: 'Test' }, merchant), other)).toBeNull()
  })
})

test.each(['ecpay_invoice_merchant_id', 'ecpay_invoice_hash_key', 'ecpay_invoice_hash_iv'])(
  'without %s nothing is issued',
  (name) => {
    expect([...openIssuers(settingsOf(), clock).keys()]).toEqual(['ecpay'])
    expect(openIssuers({ ...settingsOf(), [camel(name)]: '' } as Config, clock).size).toBe(0)
    expect(openIssuers({ ...settingsOf(), [camel(name)]: null } as Config, clock).size).toBe(0)
  },
)

const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

describe('an invoice', () => {
  test('is issued with its number, its four digits and its time', async () => {
    const sold = facts()
    const issued = await openIssuer().issue(sold)
    const [invoice] = issuedFor(sold)
    expect(issued).toEqual({
      number: invoice?.number ?? '',
      random: invoice?.random ?? '',
      at: start,
    })
    expect(issued.number).toMatch(/^[A-Z]{2}\d{8}$/)
  })

  test('of a person is kept in her carrier and mailed; amounts contain the tax', async () => {
    const sold = facts()
    await openIssuer().issue(sold)
    expect(issuedFor(sold)[0]?.data).toMatchObject({
      ...{ CustomerIdentifier: '', CustomerName: '王小明', CustomerEmail: 'ann@example.com' },
      ...{ Print: '0', Donation: '0', CarrierType: '1', TaxType: '1', SpecialTax: 0 },
      ...{ InvType: '07', SalesAmount: 105 },
      Items: [
        {
          ItemSeq: 1,
          ItemName: 'AI 平台儲值 US$3.00',
          ItemCount: 1,
          ItemPrice: 100,
          ItemAmount: 100,
        },
        { ItemSeq: 2, ItemName: '手續費', ItemCount: 1, ItemPrice: 5, ItemAmount: 5 },
      ],
    })
  })

  test.each([
    // tax id   country  what the invoice bears
    ['22099131', 'TW', '22099131'],
    ['2209 9131', 'TW', '22099131'],
    ['DE123456789', 'DE', ''],
    [null, 'TW', ''],
  ])('of a buyer with the tax id %s in %s bears "%s"', async (taxId, country, number) => {
    const sold = facts({ buyer: { ...ann, taxId, country } })
    await openIssuer().issue(sold)
    expect(issuedFor(sold)[0]?.data.CustomerIdentifier).toBe(number)
  })

  test.each([
    ['a wrong company number', facts({ buyer: { ...ann, taxId: '22099132', country: 'TW' } })],
    ['no e-mail address', facts({ buyer: { ...ann, email: null, country: 'TW' } })],
    ['lines that do not add up', facts({ total: 106n })],
  ])('with %s is not issued, and somebody must look', async (_, sold) => {
    const [kind] = await failure(openIssuer().issue(sold))
    expect(kind).toBe('final')
    expect(issuedFor(sold)).toEqual([])
  })

  test('is issued once though it is asked for three times', async () => {
    const sold = facts()
    const first = await openIssuer().issue(sold)
    now += 3_600_000
    expect(await openIssuer().issue(sold)).toEqual(first)
    expect(await openIssuer().issue(sold)).toEqual(first)
    expect(issuedFor(sold)).toHaveLength(1)
  })

  test('whose answer was lost is found again', async () => {
    const sold = facts()
    simulator.loseAnswerTo('Issue')
    expect((await failure(openIssuer().issue(sold)))[0]).toBe('retry')
    expect((await openIssuer().issue(sold)).number).toBe(issuedFor(sold)[0]?.number ?? '')
    expect(issuedFor(sold)).toHaveLength(1)
  })

  test('of another amount under the same number is not taken for it', async () => {
    const sold = facts()
    await openIssuer().issue(sold)
    const other = { ...sold, total: 100n, lines: sold.lines.slice(0, 1) }
    expect((await failure(openIssuer().issue(other)))[0]).toBe('final')
  })

  test.each([
    ['is down', () => simulator.setDown(true), {}],
    ['is not there', () => {}, { ecpay_invoice_url: 'http://127.0.0.1:1' }],
    ['has another key', () => {}, { ecpay_invoice_hash_key: '0123456789abcdef' }],
    ['has another merchant', () => {}, { ecpay_invoice_merchant_id: '2000133' }],
  ])('is asked for again when ECPay %s', async (_, make, settings) => {
    make()
    expect((await failure(openIssuer(settings).issue(facts())))[0]).toBe('retry')
  })

  test('is not taken by a clock that is eleven minutes wrong', async () => {
    const slow = openEcpayInvoices(settingsOf(), { ...clock, now: () => now - 660_000 })
    expect((await failure(slow?.issue(facts()) ?? Promise.resolve()))[1]).toContain('Timestamp')
  })
})

describe('an invoice is taken back', () => {
  /** A credit note over 21 TWD. */
  const note = () =>
    facts({ total: 21n, tax: 1n, lines: [{ name: '退款', quantity: 1, amount: 21n }] })

  test('in part, once for each credit note', async () => {
    const sold = facts()
    const of = await openIssuer().issue(sold)
    const first = note()
    const allowance = await openIssuer().allowance(first, of)
    now += 60_000
    expect(await openIssuer().allowance(first, of)).toEqual(allowance)
    const second = await openIssuer().allowance(note(), of)
    expect(second.number).not.toBe(allowance.number)
    expect(issuedFor(sold)[0]?.allowances.map(({ data }) => data.AllowanceAmount)).toEqual([21, 21])
  })

  test('in part, once though the answer was lost', async () => {
    const sold = facts()
    const of = await openIssuer().issue(sold)
    const back = note()
    simulator.loseAnswerTo('Allowance')
    expect((await failure(openIssuer().allowance(back, of)))[0]).toBe('retry')
    const found = await openIssuer().allowance(back, of)
    expect(issuedFor(sold)[0]?.allowances.map(({ number }) => number)).toEqual([found.number])
    expect(found.random).toBeNull()
  })

  test('never more than there is of it', async () => {
    const of = await openIssuer().issue(facts())
    const lines = [{ name: '退款', quantity: 1, amount: 106n }]
    expect((await failure(openIssuer().allowance(facts({ total: 106n, lines }), of)))[0]).toBe(
      'final',
    )
  })

  test('as a whole, and again without harm', async () => {
    const sold = facts()
    const of = await openIssuer().issue(sold)
    await openIssuer().void(of, '退款')
    await openIssuer().void(of, '退款')
    expect(issuedFor(sold)[0]?.isVoid).toBe(true)
  })

  test('not when there is no such invoice', async () => {
    const unknown = { number: 'ZZ00000000', random: null, at: start }
    expect((await failure(openIssuer().void(unknown, '退款')))[0]).toBe('final')
  })
})
