/** Money arithmetic: exact, rounded up once, and never negative or unbounded whatever is counted (money.md §1). */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  costOf,
  formatExchangeRate,
  formatMinor,
  formatPercent,
  formatPrice,
  formatUnitPrice,
  formatUsd,
  paidBack,
  parseExchangeRate,
  parseMinor,
  parsePercent,
  parsePrice,
  parseUsd,
  proportion,
  type Rate,
  rateFor,
  shareOf,
  twdOf,
} from '../../src/base/amount.ts'
import { AppError } from '../../src/base/error.ts'
import { type UnitClass, type Units, unitClasses } from '../../src/base/units.ts'

fc.configureGlobal({ seed: 5 })

const highestPrice = 10_000_000_000n
const rate = (unit: UnitClass, price: bigint, minPromptTokens = 0): Rate => ({
  unit,
  price,
  minPromptTokens,
})

const counts = fc.record(
  Object.fromEntries(unitClasses.map((unit) => [unit, fc.nat(2 ** 31 - 1)])) as Record<
    UnitClass,
    fc.Arbitrary<number>
  >,
  { requiredKeys: [] },
) as fc.Arbitrary<Units>
const rates = fc.array(
  fc.record({
    unit: fc.constantFrom(...unitClasses),
    price: fc.bigInt(0n, highestPrice),
    minPromptTokens: fc.nat(1_000_000),
  }),
)

describe('a cost', () => {
  test('with a price for input and one for output is the plain formula, rounded up once [T3.3]', () => {
    const price = fc.bigInt(0n, highestPrice)
    fc.assert(
      fc.property(
        fc.nat(2 ** 31 - 1),
        fc.nat(2 ** 31 - 1),
        price,
        price,
        (input, output, buy, sell) => {
          const pico = BigInt(input) * buy + BigInt(output) * sell
          const expected = pico / 1000n + (pico % 1000n === 0n ? 0n : 1n)
          expect(costOf({ input, output }, [rate('input', buy), rate('output', sell)])).toBe(
            expected,
          )
        },
      ),
    )
  })

  test('is never negative and never beyond units × the highest price', () => {
    fc.assert(
      fc.property(counts, rates, (units, prices) => {
        const cost = costOf(units, prices)
        const most = BigInt(unitClasses.length) * 2n ** 31n * highestPrice
        expect(cost >= 0n && cost <= most / 1000n && cost < 2n ** 63n).toBe(true)
      }),
    )
  })

  test('does not fall when more is used at the same prices', () => {
    fc.assert(
      fc.property(counts, rates, fc.constantFrom(...unitClasses), (units, prices, unit) => {
        const flat = prices.map((price) => ({ ...price, minPromptTokens: 0 }))
        const more = { ...units, [unit]: (units[unit] ?? 0) + 1 }
        expect(costOf(more, flat) >= costOf(units, flat)).toBe(true)
      }),
    )
  })

  test.each<[string, Units, Rate[], bigint]>([
    [
      '$0.15 and $0.60 per million',
      { input: 1000, output: 500 },
      [rate('input', 150_000n), rate('output', 600_000n)],
      450_000n,
    ],
    [
      'a fraction is rounded up once, not by class',
      { input: 1, output: 1 },
      [rate('input', 500n), rate('output', 500n)],
      1n,
    ],
    ['the least is one nano', { input: 1 }, [rate('input', 1n)], 1n],
    ['nothing is free of charge', {}, [rate('input', 1n)], 0n],
    ['cached tokens fall back to input', { cache_read: 10 }, [rate('input', 1000n)], 10n],
    [
      'an hour’s writes fall back to writes',
      { cache_write_1h: 10 },
      [rate('cache_write', 2000n), rate('input', 1000n)],
      20n,
    ],
    ['reasoning falls back to output', { reasoning: 10 }, [rate('output', 3000n)], 30n],
    ['searches without a price are free', { search: 10 }, [rate('input', 1000n)], 0n],
    [
      'a long prompt has its tier',
      { input: 200 },
      [rate('input', 1000n), rate('input', 2000n, 200)],
      400n,
    ],
    [
      'a short one has not',
      { input: 199 },
      [rate('input', 1000n), rate('input', 2000n, 200)],
      199n,
    ],
    [
      'cached tokens count towards the tier',
      { input: 1, cache_read: 199 },
      [rate('input', 1000n), rate('input', 2000n, 200), rate('cache_read', 100n)],
      22n,
    ],
  ])('%s', (_, units, prices, expected) => {
    expect(costOf(units, prices)).toBe(expected)
  })

  test('takes the tier that begins last, in whatever order they stand', () => {
    const tiers = [rate('input', 3n, 300), rate('input', 1n), rate('input', 2n, 200)]
    expect([0, 199, 200, 299, 300].map((prompt) => rateFor(tiers, 'input', prompt))).toEqual([
      1n,
      1n,
      2n,
      2n,
      3n,
    ])
  })
})

describe('an amount', () => {
  test('that is printed is read back', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), (nano) => {
        expect(parseUsd(formatUsd(nano))).toBe(nano)
      }),
    )
    fc.assert(
      fc.property(fc.bigInt(0n, highestPrice), (price) => {
        expect(parsePrice(formatPrice(price))).toBe(price)
      }),
    )
  })

  test.each([
    [0n, '0.00'],
    [10_000_000_000n, '10.00'],
    [-1_234n, '-0.000001234'],
    [1_500_000_000n, '1.50'],
  ])('%p nano-USD is printed as %s', (nano, text) => {
    expect(formatUsd(nano)).toBe(text)
  })

  test('of a price is printed for a million units and for one', () => {
    expect([formatPrice(150_000n), formatUnitPrice(150_000n)]).toEqual(['0.15', '0.00000015'])
    expect([formatPrice(0n), formatUnitPrice(0n)]).toEqual(['0.00', '0'])
  })

  const never = [
    '',
    ' 1',
    '1 ',
    '-1',
    '+1',
    '1e3',
    '1,5',
    '.5',
    '1.',
    '0x10',
    '１',
    'NaN',
    'Infinity',
    1,
    null,
    undefined,
    {},
  ]
  test.each([
    ['dollars', parseUsd, [...never, '1000000000.1', '0.0000000001', '9'.repeat(50)]],
    ['a price', parsePrice, [...never, '10000.1', '0.0000001', '9'.repeat(50)]],
  ] as const)('is not read as %s unless it is one', (_, parse, texts) => {
    for (const text of texts) expect(() => parse(text, 'amount')).toThrow(AppError)
    expect(() => parse('x', 'amount')).toThrow(
      expect.objectContaining({ code: 'invalid_amount', param: 'amount' }),
    )
  })

  test('has bounds that are still read', () => {
    expect(parseUsd('1000000000')).toBe(10n ** 18n)
    expect(parseUsd('0.000000001')).toBe(1n)
    expect(parsePrice('10000')).toBe(highestPrice)
    expect(parsePrice('0.000001')).toBe(1n)
  })
})

describe('what a payer pays', () => {
  test.each([
    ['0', 'USD', 0n],
    ['26.25', 'USD', 2625n],
    ['825', 'TWD', 825n],
  ] as const)(
    '%s %s is %d of its smallest unit, and is written so again',
    (text, currency, amount) => {
      expect(parseMinor(text, currency)).toBe(amount)
      expect(parseMinor(formatMinor(amount, currency), currency)).toBe(amount)
    },
  )

  test.each([
    ['26.255', 'USD'],
    ['825.5', 'TWD'],
    ['-1', 'USD'],
    ['1e3', 'USD'],
    ['99999999999999999999', 'USD'],
    ['', 'TWD'],
    [825, 'TWD'],
    [null, 'USD'],
  ] as const)('%p of %s is refused', (text, currency) => {
    expect(() => parseMinor(text, currency, 'amount')).toThrow(AppError)
  })

  test.each([
    ['5', 50_000n],
    ['2.75', 27_500n],
    ['0', 0n],
    ['100', 1_000_000n],
  ])('%s %% is %d parts of a million', (text, rate) => {
    expect(parsePercent(text)).toBe(rate)
    expect(formatPercent(rate)).toBe(text)
  })

  test.each(['100.0001', '-5', '5%', '0.00001', ''])('%p is no percentage', (text) => {
    expect(() => parsePercent(text)).toThrow(AppError)
  })

  test('a rate of exchange is above 0, and is written as it was', () => {
    expect(formatExchangeRate(parseExchangeRate('32.5'))).toBe('32.5')
    for (const text of ['0', '-1', '1000.000001', 'x']) {
      expect(() => parseExchangeRate(text)).toThrow(AppError)
    }
  })

  test('a share is rounded to the nearest, halves up; TWD up', () => {
    expect([149n, 150n, 151n].map((amount) => shareOf(amount, 10_000n))).toEqual([1n, 2n, 2n])
    expect(twdOf(10_000_000n, 32_500_000n)).toBe(1n)
    expect(twdOf(25_000_000_000n, 32_500_000n)).toBe(813n)
  })

  test('the parts of an order are never more than its credit, and all of them are all of it', () => {
    const order = fc.tuple(
      fc.bigInt(1n, 10n ** 12n),
      fc.array(fc.bigInt(1n, 10n ** 6n), { minLength: 1, maxLength: 8 }),
    )
    fc.assert(
      fc.property(order, ([credit, parts]) => {
        const whole = parts.reduce((sum, part) => sum + part)
        let before = 0n
        let taken = 0n
        for (const part of parts) {
          const share = proportion(credit, part, whole, before)
          expect(share).toBeGreaterThanOrEqual(0n)
          before += part
          taken += share
          expect(taken * whole).toBeGreaterThanOrEqual(credit * before)
          expect(taken).toBeLessThanOrEqual(credit)
        }
        expect(taken).toBe(credit)
      }),
    )
  })

  test('of an order whose credit goes back in parts, all of it has gone back with the last', () => {
    const amounts = fc.tuple(
      fc.bigInt(1n, 10n ** 12n),
      fc.bigInt(1n, 10n ** 6n),
      fc.bigInt(0n, 10n ** 5n),
      fc.bigInt(0n, 10n ** 5n),
    )
    fc.assert(
      fc.property(amounts, fc.bigInt(0n, 10n ** 12n), ([credit, price, fee, tax], drawn) => {
        const order = { credit, price, fee, total: price + fee + tax }
        const part = drawn % credit
        const back = paidBack(order, part)
        // Never more than the part's share of all, nor less than its share of the price, but for what is rounded.
        expect(back * credit).toBeLessThanOrEqual(order.total * part)
        expect((back + 1n) * credit).toBeGreaterThan(price * part)
        expect(paidBack(order, credit)).toBe(order.total)
      }),
    )
    const order = { credit: 25n, price: 2500n, fee: 125n, total: 2756n }
    expect([paidBack(order, 10n), paidBack(order, 24n), paidBack(order, 25n)]).toEqual([
      ...[1049n, 2519n, 2756n],
    ])
  })
})
