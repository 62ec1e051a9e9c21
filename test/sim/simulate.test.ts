/** A cut of the simulation: `bun run test:sim` is the whole of it. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { makeTemplate, type Run, simulate, type Template } from './simulate.ts'
import { neverSeen } from './sometimes.ts'

/** Where every fault has happened already, by then. */
const seeds = 120

let template: Template
beforeAll(async () => {
  template = await makeTemplate()
})
afterAll(() => template.remove())

test(`${seeds} seeds: whatever happens, the books verify, and every balance is what the world owes`, async () => {
  const total = new Map<string, number>()
  const failed: Pick<Run, 'seed' | 'troubles'>[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const { troubles, seen } = await simulate(seed, template)
    if (troubles.length > 0) failed.push({ seed, troubles })
    for (const [what, times] of seen) total.set(what, (total.get(what) ?? 0) + times)
  }
  expect(failed).toEqual([])
  expect(neverSeen(total)).toEqual([])
}, 120_000)

test('a seed is the same run each time, and no other is it', async () => {
  const [one, again, other] = [7, 7, 8].map((seed) => () => simulate(seed, template))
  const trace = (await one!()).trace
  expect((await again!()).trace).toBe(trace)
  expect((await other!()).trace).not.toBe(trace)
}, 30_000)
