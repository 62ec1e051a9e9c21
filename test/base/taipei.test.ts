/** Taiwan's clock is eight hours ahead of UTC, all year. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { readTaipei, writeTaipei } from '../../src/base/taipei.ts'

test.each([
  ['2026-11-24T12:30:00Z', '/', '2026/11/24 20:30:00'],
  ['2026-12-31T16:00:00Z', '-', '2027-01-01 00:00:00'],
  ['2026-07-01T00:00:01Z', '/', '2026/07/01 08:00:01'],
] as const)('%s is written with %s as %s', (utc, separator, written) => {
  expect(writeTaipei(Date.parse(utc), separator)).toBe(written)
})

test('what was written is read again, to the second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
      expect(readTaipei(writeTaipei(seconds * 1000, '/'))).toBe(seconds * 1000)
    }),
  )
})

test.each([
  ['2026/11/24', '2026-11-23T16:00:00Z'],
  ['2026-11-24', '2026-11-23T16:00:00Z'],
])('the day %s begins at %s', (day, utc) => {
  expect(readTaipei(day)).toBe(Date.parse(utc))
})

test.each(['', '2026/13/01', '2026/11/24 25:00:00', '24.11.2026', '2026/11/24T20:30:00'])(
  'no time is read from "%s"',
  (text) => {
    expect(readTaipei(text)).toBeNull()
  },
)
