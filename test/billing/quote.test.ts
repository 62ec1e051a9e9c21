/** What credit costs: exact, each part rounded once, and never more or less than the sum of its parts [T3.6]. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { AppError } from '../../src/base/error.ts'
import { quote } from '../../src/billing/quote.ts'
import type { BusinessFacts } from '../../src/legal/business.ts'

fc.configureGlobal({ seed: 5 })

const cent = 10_000_000n
const facts = {
  ...{ topUpMin: '5', topUpMax: '1000', feePercent: '2.5', twdPerUsd: '32.5' },
  taxes: { TW: '5', '*': '0', DE: '19' },
} as unknown as BusinessFacts
const wanted = { credit: 2500n * cent, currency: 'USD', country: null } as const

describe('US$25 of credit, with a fee of 2.5 %', () => {
  test.each([
    // paid in, from where       price   fee  tax   total
    ['USD', null, 2500n, 63n, 0n, 2563n],
    ['USD', 'TW', 2500n, 63n, 128n, 2691n],
    ['USD', 'DE', 2500n, 63n, 487n, 3050n],
    ['TWD', 'TW', 813n, 20n, 42n, 875n],
  ] as const)('costs in %s from %p', (currency, country, price, fee, tax, total) => {
    expect(quote(facts, { ...wanted, currency, country })).toMatchObject({ price, fee, tax, total })
  })

  test('says which rates it was made by', () => {
    expect(quote(facts, { ...wanted, currency: 'TWD', country: 'TW' })).toMatchObject({
      ...{ taxRate: 50_000, taxCountry: 'TW', exchangeRate: 32_500_000n },
    })
    expect(quote({ ...facts, taxes: {} }, { ...wanted, country: 'TW' })).toMatchObject({
      ...{ tax: 0n, taxRate: null, taxCountry: null, exchangeRate: null },
    })
  })

  test('a country by the name of what every object has pays what all others pay', () => {
    const country = 'constructor'
    expect(quote(facts, { ...wanted, country }).taxRate).toBe(0)
  })
})

test.each([
  ['nothing', 0n],
  ['less than the least', 499n * cent],
  ['more than the most', 100_001n * cent],
  ['a thousandth', 10_001n * (cent / 10n)],
  ['a debt', -2500n * cent],
])('%s cannot be bought', (_, credit) => {
  expect(() => quote(facts, { ...wanted, credit })).toThrow(AppError)
})

const percent = fc.nat(1_000_000).map((ppm) => String(ppm / 10_000))
const settings = fc.record({
  ...{ feePercent: percent, tax: percent, currency: fc.constantFrom('USD' as const, 'TWD') },
  twdPerUsd: fc.integer({ min: 1, max: 100_000 }).map((hundredths) => String(hundredths / 100)),
})
const cents = fc.bigInt(500n, 100_000n)

test('whatever the operator sets, the total is the sum, credit is never free, and more costs no less', () => {
  fc.assert(
    fc.property(settings, cents, cents, ({ tax, currency, ...set }, one, other) => {
      const all = { ...facts, ...set, taxes: { '*': tax } }
      const cost = (amount: bigint) =>
        quote(all, { credit: amount * cent, currency, country: null })
      const [less, more] = one < other ? [one, other] : [other, one]
      const { price, fee, tax: taxed, total, credit } = cost(less)
      expect(total).toBe(price + fee + taxed)
      expect(credit).toBe(less * cent)
      expect(price).toBeGreaterThan(0n)
      expect(cost(more).total).toBeGreaterThanOrEqual(total)
      if (currency === 'USD') expect(price).toBe(less)
    }),
  )
})
