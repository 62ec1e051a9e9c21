/** What a stacked chart draws, by arithmetic alone: a column for each hour or day, the largest groups, and the rest as one. */
import { max, rollup, sum, ticks } from 'd3-array'
import { stack } from 'd3-shape'

export interface Point {
  at: string
  group: string
  name: string
  value: number
}

export interface Group {
  id: string
  name: string
}

/** No group's id: what is not among the largest. */
export const others = ''
const largest = 6

/** The largest first, so that a colour stays with who matters; what is beyond them is the last. */
export function groupsOf(points: readonly Point[], othersName: string): Group[] {
  const sums = [
    ...rollup(
      points,
      (of) => ({ name: of[0]?.name ?? '', value: sum(of, weightOf) }),
      ({ group }) => group,
    ),
  ]
  sums.sort(([, a], [, b]) => b.value - a.value)
  const groups = sums.slice(0, largest).map(([id, { name }]) => ({ id, name }))
  return sums.length > largest ? [...groups, { id: others, name: othersName }] : groups
}

const weightOf = ({ value }: Point) => value

export interface Column {
  at: string
  /** By group. */
  values: Map<string, number>
}

/** Also those in which nothing happened: a gap is seen. */
export function columnsOf(
  points: readonly Point[],
  groups: readonly Group[],
  slots: readonly string[],
): Column[] {
  const ids = new Set(groups.map(({ id }) => id))
  const known = new Map(slots.map((at) => [Date.parse(at), new Map<string, number>()]))
  for (const { at, group, value } of points) {
    const values = known.get(Date.parse(at)) ?? new Map<string, number>()
    const id = ids.has(group) ? group : others
    values.set(id, (values.get(id) ?? 0) + value)
    known.set(Date.parse(at), values)
  }
  return [...known]
    .sort(([a], [b]) => a - b)
    .map(([at, values]) => ({ at: new Date(at).toISOString(), values }))
}

/** The hours or days from one time to another; days begin where the reader is. */
export function slotsOf(from: string, to: string, bucket: 'hour' | 'day'): string[] {
  const slots: string[] = []
  const at = new Date(from)
  if (bucket === 'day') at.setHours(0, 0, 0, 0)
  while (at.getTime() < Date.parse(to)) {
    slots.push(at.toISOString())
    if (bucket === 'day') at.setDate(at.getDate() + 1)
    else at.setTime(at.getTime() + 3_600_000)
  }
  return slots
}

export interface Bar {
  column: number
  group: Group
  value: number
  y0: number
  y1: number
}

export function barsOf(
  columns: readonly Column[],
  groups: readonly Group[],
): { bars: Bar[]; top: number; steps: number[] } {
  const layers = stack<unknown, Column, Group>()
    .keys(groups)
    .value(({ values }, { id }) => values.get(id) ?? 0)([...columns])
  const bars = layers.flatMap((layer) =>
    layer.map(([y0, y1], column) => ({ column, group: layer.key, value: y1 - y0, y0, y1 })),
  )
  const top = max(bars, ({ y1 }) => y1) || 1
  return { bars: bars.filter(({ value }) => value > 0), top, steps: ticks(0, top, 4) }
}
