/** Secrets: how they are made, and that a sealed one opens for its own row, by its own key, unchanged. */
import { expect, test } from 'bun:test'
import { newSealingKey, randomText, seal, unseal } from '../../src/base/secret.ts'

const key = newSealingKey()
const sealed = seal('the secret', key, 'row_1')

test('what is sealed opens as it was, and is sealed anew each time', () => {
  expect(unseal(sealed, key, 'row_1')).toBe('the secret')
  expect(seal('the secret', key, 'row_1')).not.toBe(sealed)
})

test.each([
  ['by another key', () => unseal(sealed, newSealingKey(), 'row_1')],
  ['in another row', () => unseal(sealed, key, 'row_2')],
  ['with a bit changed', () => unseal(flipped(sealed), key, 'row_1')],
  ['cut short', () => unseal(sealed.slice(0, -2), key, 'row_1')],
  ['of another version', () => unseal(sealed.replace('v1', 'v2'), key, 'row_1')],
])('it stays shut %s', (_, open) => {
  expect(open).toThrow()
})

/** Its last byte with another lowest bit. */
function flipped(text: string): string {
  const [version, nonce, tag, body = ''] = text.split('.')
  const bytes = Buffer.from(body, 'base64url')
  bytes[bytes.length - 1]! ^= 1
  return [version, nonce, tag, bytes.toString('base64url')].join('.')
}

test('what is made at random has its length, and each of 62 characters as often', () => {
  const text = randomText(62_000)
  expect(text).toMatch(/^[0-9A-Za-z]{62000}$/)
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  // 1,000 each, and beyond six times the deviation of some 31 once in a hundred million.
  expect([...counts.values()].filter((count) => Math.abs(count - 1_000) > 200)).toEqual([])
})
