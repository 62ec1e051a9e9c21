/** Files for a spreadsheet: nothing in them is run, nothing is lost, and nothing is written before it is read. */
import { expect, test } from 'bun:test'
import { assert, property, string } from 'fast-check'
import { answerCsv, writeCsv } from '../../src/http/csv.ts'

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1+1', "'-1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['＝1', "'＝1"],
  ['-0.000001234', '-0.000001234'],
  ['12.50', '12.50'],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['金鑰', '金鑰'],
  [null, ''],
  [7, '7'],
  [true, 'true'],
])('the cell %j is written %j', (cell, text) => {
  expect(writeCsv([[cell, 'end']])).toBe(`${text},end\r\n`)
})

test('no text becomes a formula', () => {
  assert(
    property(string({ unit: 'grapheme' }), (cell) => {
      const text = writeCsv([[cell, 'end']]).replace(/^"/, '')
      expect(text).not.toMatch(/^[=+@\t\r＝＋－＠]/)
      expect(text).not.toMatch(/^-(?!\d+(\.\d+)?,end)/)
    }),
  )
})

test('pages are asked for as they are read, and no more once the client is gone', async () => {
  const events: string[] = []
  async function* pages() {
    try {
      for (let at = 0; ; at++) {
        events.push(`page ${at}`)
        yield [{ name: `row ${at}` }]
      }
    } finally {
      events.push('closed')
    }
  }
  const response = answerCsv('x.csv', ['name'], pages())
  expect(events).toEqual([])
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const next = async () => decoder.decode((await reader.read()).value)
  expect(await next()).toBe('\ufeffname\r\n')
  expect(await next()).toBe('row 0\r\n')
  expect(events.length).toBeLessThanOrEqual(2)
  await reader.cancel()
  expect(events.at(-1)).toBe('closed')
})
