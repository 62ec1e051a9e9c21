/** Prices as an operator writes them into one field. */
import { expect, test } from 'bun:test'
import { readPrice, writePrice } from '../../../web/parts/tiers.ts'

test.each([
  ['2.50', '2.50'],
  ['2.50, 272000: 5.00', { '0': '2.50', '272000': '5.00' }],
  ['', ''],
])('%p is read and written alike', (text, price) => {
  expect(readPrice(text)).toEqual(price)
  expect(writePrice(price)).toBe(text)
})

test.each([
  [' 3 ', '3'],
  ['2,5:x', { '0': '2', '5': 'x' }],
  ['much', 'much'],
])('what is wrong in %p is left for the server to say', (text, price) => {
  expect(readPrice(text)).toEqual(price)
})

test('no price is an empty field', () => {
  expect([undefined, null].map(writePrice)).toEqual(['', ''])
})
