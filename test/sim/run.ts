/**
 * `bun run test:sim`: 10,000 seeds, or as many as `--seeds` says from `--from` on; `--seed S` replays one and tells all that
 * was seen of it. Every seed that fails is printed, with how to replay it; what should happen sometimes must have happened.
 * With `--record` the guide to reliability says what was seen.
 */
import { parseArgs } from 'node:util'
import { recordSimulation } from '../evidence/record.ts'
import { writeGuides } from '../evidence/tables.ts'
import { makeTemplate, simulate } from './simulate.ts'
import { neverSeen } from './sometimes.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const template = await makeTemplate()
const total = new Map<string, number>()
const first = Number(values.seed ?? values.from)
const seeds = values.seed === undefined ? Number(values.seeds) : 1
const failed: number[] = []
const begun = performance.now()
let said = begun
for (let seed = first; seed < first + seeds; seed++) {
  const { troubles, seen, trace } = await simulate(seed, template)
  for (const [what, times] of seen) total.set(what, (total.get(what) ?? 0) + times)
  if (values.seed !== undefined) say(`seed ${seed}: trace ${trace}`)
  if (troubles.length > 0) {
    failed.push(seed)
    say(`seed ${seed} FAILED, replay it by: bun test/sim/run.ts --seed ${seed}`)
    for (const trouble of troubles) say(`  ${trouble}`)
  }
  if (performance.now() - said < 5_000) continue
  said = performance.now()
  say(`${seed - first + 1} of ${seeds} seeds, ${failed.length} failed`)
}
template.remove()
for (const [what, times] of [...total].sort()) say(`${String(times).padStart(9)}  ${what}`)
const never = values.seed === undefined ? neverSeen(total) : []
if (never.length > 0) say(`NEVER SEEN: ${never.join(', ')}`)
const seconds = Math.round((performance.now() - begun) / 1000)
say(`${seeds - failed.length} passed, ${failed.length} failed in ${seconds} s`)
if (values.record) {
  recordSimulation({ seeds, failed: failed.length, seconds, seen: Object.fromEntries(total) })
  writeGuides()
}
process.exit(failed.length + never.length === 0 ? 0 : 1)
