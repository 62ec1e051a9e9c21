/** What a stacked chart draws: every amount is in it once, gaps are columns, and the largest groups keep their names. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  barsOf,
  columnsOf,
  groupsOf,
  others,
  type Point,
  slotsOf,
} from '../../../web/parts/stack.ts'

const point = (at: string, group: string, value: number): Point => ({
  ...{ at, group, value, name: group.toUpperCase() },
})
const [first, second, third] = ['2026-03-01', '2026-03-02', '2026-03-03'].map(
  (day) => `${day}T00:00:00.000Z`,
) as [string, string, string]

describe('Ann used two models on two of three days', () => {
  const points = [point(first, 'a', 1), point(first, 'b', 4), point(third, 'a', 2)]
  const groups = groupsOf(points, 'Others')
  const columns = columnsOf(points, groups, [first, second, third])

  test('the larger model comes first, by its name', () => {
    expect(groups).toEqual([
      { id: 'b', name: 'B' },
      { id: 'a', name: 'A' },
    ])
  })
  test('the day without a call is a column without a bar', () => {
    expect(columns.map(({ at, values }) => [at, values.size])).toEqual([
      [first, 2],
      [second, 0],
      [third, 1],
    ])
  })
  test('bars stand on each other, and the highest column is the top', () => {
    const { bars, top } = barsOf(columns, groups)
    expect(top).toBe(5)
    expect(bars.map(({ column, group, y0, y1 }) => [column, group.id, y0, y1])).toEqual([
      [0, 'b', 0, 4],
      [0, 'a', 4, 5],
      [2, 'a', 0, 2],
    ])
  })
})

test('what is beyond the six largest is one group of others, at the end', () => {
  const points = [...'abcdefgh'].map((group, index) => point(first, group, 10 - index))
  const groups = groupsOf(points, 'Others')
  expect(groups.map(({ id }) => id)).toEqual([...'abcdef', others])
  expect(columnsOf(points, groups, [first])[0]?.values.get(others)).toBe(4 + 3)
})

test('nothing is lost or drawn twice, whatever comes', () => {
  const some = fc.record({
    at: fc.constantFrom(first, second, third),
    group: fc.constantFrom(...'abcdefghij'),
    value: fc.nat(1000),
  })
  fc.assert(
    fc.property(fc.array(some), (rows) => {
      const points = rows.map(({ at, group, value }) => point(at, group, value))
      const groups = groupsOf(points, 'Others')
      const { bars } = barsOf(columnsOf(points, groups, [second]), groups)
      expect(bars.reduce((sum, { value }) => sum + value, 0)).toBe(
        points.reduce((sum, { value }) => sum + value, 0),
      )
    }),
  )
})

test.each([
  ['hour', '2026-03-01T22:00:00.000Z', '2026-03-02T01:00:00.000Z', 3],
  ['day', '2026-03-01T12:00:00.000Z', '2026-03-04T11:00:00.000Z', 4],
] as const)('by the %s, every slot from %s to before %s is there', (bucket, from, to, length) => {
  const slots = slotsOf(from, to, bucket)
  expect(slots).toHaveLength(length)
  expect(new Set(slots).size).toBe(length)
})
