/** Counting what no provider counted: whatever the text is, it ends, off the request's path, and loses nothing. */
import { afterAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createCounter } from '../../src/gateway/count.ts'
import { cutRuns } from '../../src/gateway/count-worker.ts'
import { leastTokens } from '../../src/gateway/tally.ts'

const counter = createCounter()
afterAll(() => counter.close())

test('runs are cut to 256 characters, and nothing is lost', () => {
  const run = fc.tuple(fc.constantFrom('a', 'é', '漢', ' ', '\n', ' x'), fc.nat(1_000))
  fc.assert(
    fc.property(fc.array(run), (runs) => {
      const text = runs.map(([part, times]) => part.repeat(times)).join('')
      const parts = cutRuns(text)
      expect(parts.join('')).toBe(text)
      for (const part of parts) expect(part).not.toMatch(/\S{257}/)
    }),
  )
})

test.each<[string, string[], number]>([
  ['nothing', [], 0],
  ['two texts', ['Hello', 'Hello world'], 3],
  ['text that looks like a marker', ['<|endoftext|>'], 7],
])('%s', async (_, texts, tokens) => {
  expect(await counter.count(texts)).toBe(tokens)
})

test('100 KB of one letter, of blanks and of nothing known are counted', async () => {
  for (const part of ['a', ' ', '\u{1F600}']) {
    expect(await counter.count([part.repeat(100_000)])).toBeGreaterThan(100)
  }
})

test.each([
  'Hello',
  'Internationalization of responsibilities notwithstanding, the characterization stands.',
  '負責任的人工智慧平台把每一筆請求算得清清楚楚。',
  'export const total = items.reduce((sum, { price }) => sum + price, 0)',
  '\u{1F600}\u{1F601} ñandú façade',
])('where it cannot be counted it is taken for no more than it is: %s', async (text) => {
  const tokens = await counter.count([text])
  expect(leastTokens([text])).toBeLessThanOrEqual(tokens!)
})

test('who is closed while it counts answers that it does not know', async () => {
  const closing = createCounter()
  const counting = closing.count(['Hello'])
  closing.close()
  expect(await counting).toBeNull()
})
