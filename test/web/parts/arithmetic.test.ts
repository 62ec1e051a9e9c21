/** Products and sums that pages show are the ones that the ledger has. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { sumOf, times } from '../../../web/parts/arithmetic.ts'

test.each([
  [6, '0.15', '0.0000009'],
  [20, '0.60', '0.000012'],
  [1_000_000, '3', '3'],
  [2_000_000_000, '12.5', '25000'],
  [0, '0.15', '0'],
  [7, '0', '0'],
])('%i units at %s USD per million are %s USD', (units, price, product) => {
  expect(times(units, price)).toBe(product)
})

test('every digit is kept, whatever the units and the price', () => {
  const price = fc.tuple(fc.nat(99_999), fc.integer({ min: 0, max: 999_999_999 }))
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), price, (units, [whole, part]) => {
      const [dollars = '0', rest = ''] = times(
        units,
        `${whole}.${String(part).padStart(9, '0')}`,
      ).split('.')
      const shown = BigInt(dollars) * 10n ** 15n + BigInt(rest.padEnd(15, '0'))
      expect(shown).toBe(BigInt(units) * (BigInt(whole) * 10n ** 9n + BigInt(part)))
    }),
  )
})

test.each([
  [['1.50', '-2.25', '0.000000001'], '-0.749999999'],
  [['-0.4', '0.1'], '-0.3'],
  [['7', '-7'], '0'],
  [['825', '1000'], '1825'],
  [['-0.05', '0.05'], '0.00'],
])('the sum of %j is %s', (amounts, sum) => {
  expect(sumOf(amounts)).toBe(sum)
})
