/** Prices: markup, equality, and what is sold below its cost. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Rate } from '../../src/base/amount.ts'
import { raisePrice } from '../../src/base/amount.ts'
import { changesIn, markUp, sameRates, soldBelowCost, timesFrom } from '../../src/catalog/price.ts'

const rate = (unit: Rate['unit'], price: bigint, minPromptTokens = 0): Rate => ({
  unit,
  minPromptTokens,
  price,
})

test.each([
  // price      percent  raised
  [150_000n, '20', 180_000n],
  [150_000n, '0', 150_000n],
  [1n, '0.01', 2n],
  [3n, '12.5', 4n],
  [0n, '1000', 0n],
  [10_000_000_000n, '50', 10_000_000_000n],
])(
  '%p raised by %s % is %p, rounded up and never above the highest price',
  (price, percent, raised) => {
    expect(raisePrice(price, percent)).toBe(raised)
  },
)

test.each(['', '-5', '1e2', '1000.01', '12.345', '20%', 'NaN'])('%j is no markup', (percent) => {
  expect(() => raisePrice(1n, percent)).toThrow('A markup must be a percentage')
})

test('a markup never sells below the buy price', () => {
  const prices = fc.bigInt({ min: 0n, max: 10_000_000_000n })
  const percents = fc
    .integer({ min: 0, max: 100_000 })
    .map((hundredths) => (hundredths / 100).toFixed(2))
  fc.assert(
    fc.property(prices, prices, percents, (input, output, percent) => {
      const buy = [rate('input', input), rate('output', output), rate('input', output, 1000)]
      expect(soldBelowCost(markUp(buy, percent), buy)).toEqual([])
    }),
  )
})

test('equal prices are equal in any order; another tier or class makes others', () => {
  const [a, b] = [rate('input', 1n), rate('output', 2n)]
  expect(sameRates([a, b], [b, a])).toBe(true)
  expect(sameRates([a, b], [a])).toBe(false)
  expect(sameRates([a], [rate('input', 1n, 5)])).toBe(false)
  expect(sameRates([a], [rate('input', 2n)])).toBe(false)
})

test.each([
  // sell                                            buy                                               below
  [[rate('input', 5n)], [rate('input', 5n)], []],
  [
    [rate('input', 4n), rate('output', 9n)],
    [rate('input', 5n), rate('output', 9n)],
    ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_in'],
  ],
  [
    [rate('input', 5n), rate('cache_read', 1n)],
    [rate('input', 5n), rate('cache_read', 2n)],
    ['cache_read'],
  ],
  [
    [rate('input', 5n)],
    [rate('input', 5n), rate('cache_write', 6n)],
    ['cache_write', 'cache_write_1h'],
  ],
  [
    [rate('input', 5n)],
    [rate('input', 5n), rate('input', 9n, 1000)],
    ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_in'],
  ],
])('what is sold below its cost, case %#', (sell, buy, below) => {
  expect(soldBelowCost(sell, buy)).toEqual(below as ReturnType<typeof soldBelowCost>)
})

/** Versions by their times and the price of their input. */
const versions = (...some: [time: number, price: bigint][]) =>
  some.map(([effectiveFrom, price]) => ({ effectiveFrom, rates: [rate('input', price)] }))

test.each([
  // Published                                what changes something
  [
    [
      [1, 5n],
      [9, 7n],
    ],
    [1, 9],
  ],
  // At 9 called off: another one for its time has the price until then.
  [
    [
      [1, 5n],
      [9, 7n],
      [9, 5n],
    ],
    [1],
  ],
  [
    [
      [1, 5n],
      [9, 7n],
      [9, 8n],
      [12, 5n],
    ],
    [1, 9, 12],
  ],
  [[], []],
] as [[number, bigint][], number[]][])('of %p those at %p change something', (some, times) => {
  expect(changesIn(versions(...some)).map(({ effectiveFrom }) => effectiveFrom)).toEqual(times)
})

test.each([
  // Published                                       from  to be published for
  [[[1, 5n]], 3, [3]],
  [
    [
      [1, 5n],
      [9, 7n],
    ],
    3,
    [3],
  ],
  [
    [
      [1, 5n],
      [9, 7n],
      [9, 5n],
    ],
    3,
    [3, 9],
  ],
  [
    [
      [1, 5n],
      [9, 7n],
      [9, 5n],
      [12, 8n],
      [15, 8n],
    ],
    3,
    [3, 9],
  ],
  [
    [
      [1, 5n],
      [9, 7n],
      [9, 5n],
    ],
    9,
    [9],
  ],
  [[], 3, [3]],
] as [[number, bigint][], number, number[]][])(
  'with %p, a new price from %p goes on at %p: what was called off does not bring the old one back',
  (some, from, times) => {
    expect(timesFrom(versions(...some), from)).toEqual(times)
  },
)
