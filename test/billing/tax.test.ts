/** Tax ids by country: what cannot be one is refused where it is typed. */
import { describe, expect, test } from 'bun:test'
import { AppError } from '../../src/base/error.ts'
import { checkTaxId } from '../../src/billing/tax.ts'

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
