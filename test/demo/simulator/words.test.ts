import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base'
import { countTokens, drawWords, tokenize } from '../../../src/demo/simulator/words.ts'

test.each([
  ['', 0],
  ['hello', 1],
  ['hello there, you', 4],
  ['a  word\nand another ', 5],
  ['internationalisation', 2],
  ['天地玄黃', 4],
  ['🌊🌙', 2],
])('%j is %d tokens', (text, count) => {
  expect(countTokens(text)).toBe(count)
})

test('tokens joined are the text again, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(tokenize(text).join('')).toBe(text)
    }),
  )
})

test.each(['english', 'multibyte'] as const)(
  'each drawn word of %s is one token, drawn alike for one seed',
  (vocabulary) => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(), (count, seed) => {
        const words = drawWords(count, seed, vocabulary)
        expect(countTokens(words.join(''))).toBe(count)
        expect(drawWords(count, seed, vocabulary)).toEqual(words)
      }),
      { numRuns: 30 },
    )
  },
)

test('plain English is as many tokens here as in o200k', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (count, seed) => {
      const text = `You said:${drawWords(count, seed, 'english').join('')}.`
      expect(countTokens(text)).toBe(countO200k(text))
    }),
    { numRuns: 30 },
  )
})

test('different seeds draw different words', () => {
  expect(drawWords(20, 1, 'english')).not.toEqual(drawWords(20, 2, 'english'))
})
