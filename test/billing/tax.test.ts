/** Tax ids by country: what cannot be one is refused where it is typed. And what of a buyer says where she is taxed. */
import { describe, expect, test } from 'bun:test'
import { AppError } from '../../src/base/error.ts'
import { checkTaxId, postalCodeOf, typedTaxId } from '../../src/billing/tax.ts'

describe('a tax id', () => {
  test.each([
    // The Ministry of Finance's own example of a seventh digit 7, and one without.
    ['TW', '10458575', '10458575'],
    ['TW', '04595257', '04595257'],
    ['TW', '1045 8575', '10458575'],
    ['DE', 'de 123.456.789', 'DE123456789'],
    ['GR', 'EL123456789', 'EL123456789'],
    ['NL', 'NL123456789B01', 'NL123456789B01'],
    ['US', '12-3456789', '123456789'],
    [null, 'ABC123', 'ABC123'],
  ])('of %p: %p is %p', (country, text, id) => {
    expect(checkTaxId(country, text)).toBe(id)
  })

  test.each([
    ['TW', '04595258'],
    ['TW', '00000000'],
    ['TW', '1045857'],
    ['TW', '1045857５'],
    ['DE', '12345678'],
    ['FR', 'FR12345678'],
    ['US', ''],
    ['US', '<script>'],
    ['US', '1'.repeat(31)],
  ])('of %p cannot be %p', (country, text) => {
    expect(() => checkTaxId(country, text)).toThrow(AppError)
  })
})

test.each([
  ['US', '1 Main St, Springfield, IL 62704', '62704'],
  ['US', '1 Main St\nSpringfield, IL 62704-1234\nUSA', '62704-1234'],
  ['US', '12345 Main St, Springfield', null],
  ['US', 'Springfield 627041', null],
  ['US', '', null],
  ['CA', '24 Sussex Dr, Ottawa k1m1m4, Ontario', 'K1M 1M4'],
  ['CA', 'Ottawa', null],
  ['DE', '10115 Berlin', null],
  [null, 'IL 62704', null],
])('in %p, the postal code in %p is %p', (country, address, code) => {
  expect(postalCodeOf(country, address)).toBe(code)
})

test.each([
  ['DE', 'DE123456789', { type: 'eu_vat', value: 'DE123456789' }],
  ['DE', '123456789', { type: 'eu_vat', value: 'DE123456789' }],
  ['GR', '123456789', { type: 'eu_vat', value: 'EL123456789' }],
  ['TW', '10458575', { type: 'tw_vat', value: '10458575' }],
  // Saved while the account was elsewhere.
  ['TW', 'DE123456789', null],
  ['US', '123456789', null],
  ['DE', null, null],
  [null, 'DE123456789', null],
] as const)('in %p, processors are told of the tax id %p as %p', (country, id, told) => {
  expect(typedTaxId(country, id)).toEqual(told)
})
