/** When credit periods begin, in UTC. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { periodStart } from '../../src/key/period.ts'

test.each([
  // reset      at                          began
  ['daily', '2026-03-31T23:59:59.999Z', '2026-03-31'],
  ['daily', '2026-04-01T00:00:00.000Z', '2026-04-01'],
  ['weekly', '2026-01-01T12:00:00Z', '2025-12-29'],
  ['weekly', '2026-01-04T23:59:59.999Z', '2025-12-29'],
  ['weekly', '2026-01-05T00:00:00Z', '2026-01-05'],
  ['monthly', '2028-02-29T12:00:00Z', '2028-02-01'],
  ['monthly', '2026-12-31T23:59:59.999Z', '2026-12-01'],
  [null, '2026-12-31T12:00:00Z', '1970-01-01'],
] as const)('%s at %s began on %s', (reset, at, began) => {
  expect(periodStart(reset, Date.parse(at))).toBe(Date.parse(began))
})

test('a period holds its own time and begins where its start begins', () => {
  const resets = fc.constantFrom('daily' as const, 'weekly' as const, 'monthly' as const)
  fc.assert(
    fc.property(resets, fc.integer({ min: 0, max: 4e12 }), (reset, now) => {
      const start = periodStart(reset, now)
      expect(start).toBeLessThanOrEqual(now)
      expect(now - start).toBeLessThan(31 * 86_400_000)
      expect(periodStart(reset, start)).toBe(start)
    }),
  )
})
