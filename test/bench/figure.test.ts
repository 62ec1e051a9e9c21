/** What the bench says: its figures against their targets, and what it reckons from the provider's journal. */
import { expect, test } from 'bun:test'
import { readJournal } from './money.ts'
import { readPlan } from './plan.ts'
import { providerModel } from './shape.ts'
import { type Figure, judge, median, writeTable } from './table.ts'

const figure = { name: 'speed', unit: 'ms' }

test.each<[string, Partial<Figure> & { value: number | null }]>([
  ['ok', { value: 2, target: { most: 2 } }],
  ['miss', { value: 2.1, target: { most: 2 } }],
  ['ok', { value: 2, target: { least: 2 } }],
  ['miss', { value: 1.9, target: { least: 2 } }],
  ['miss', { value: Number.NaN, target: { most: 2 } }],
  ['', { value: 2 }],
  ['', { value: null, target: { most: 2 } }],
])('is %j for %j', (verdict, more) => {
  expect(judge({ ...figure, ...more })).toBe(verdict as ReturnType<typeof judge>)
})

test('the table shows each figure beside its target', () => {
  const figures: Figure[] = [
    { ...figure, value: 1.23456, target: { most: 1 }, detail: '2 ms instead of 0.77 ms' },
    { name: 'streams', unit: '', value: null, detail: 'needs ulimit -n 17000' },
  ]
  expect(
    writeTable(figures)
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(0, 5)),
  ).toEqual([
    ['', 'found', 'target'],
    ['speed', '1.23 ms', '≤ 1', 'miss', '2 ms instead of 0.77 ms'],
    ['streams', 'not run', 'needs ulimit -n 17000'],
  ])
})

test.each([
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 2, 9], 3],
  [[], Number.NaN],
])('the median of %j is %p', (values, middle) => {
  expect(median(values)).toBe(middle)
})

test('of the journal only what came through ours is reckoned, at our prices', () => {
  const entry = { requests: 2, reported: { prompt: 40, completion: 32 } }
  const models = { [providerModel('call', true)]: entry, [providerModel('call', false)]: entry }
  expect(readJournal(models)).toEqual({ calls: 2, journalNano: 40n * 150n + 32n * 600n })
})

test.each(['--rows=many', '--rows=-1', '--fast'])('%s is refused', (flag) => {
  expect(() => readPlan([flag])).toThrow()
})

test('what is asked for beside the size is added to it', () => {
  const plan = readPlan(['--quick', '--million', '--rows', '5', '--json'])
  expect(plan).toMatchObject({ pairs: 2, calls: 1_000_000, rows: 5, json: true })
})
