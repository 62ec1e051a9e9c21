/**
 * `bun run test:fault --full`: the whole fault matrix, for some hours; `--cut`, which is meant without either, in about ten
 * minutes. `--only NAME` is one of its rows, `--times N` how often; `--list` names them; `--minutes M` makes of the cut what
 * those leave room for, as the integration server does. Each row says whether it holds, and in which figures; with `--record`
 * the guide to reliability says it too.
 */
import { parseArgs } from 'node:util'
import { recordFault } from '../evidence/record.ts'
import { writeGuides } from '../evidence/tables.ts'
import type { Case, Outcome } from './case.ts'
import { matrix } from './matrix.ts'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    cut: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    only: { type: 'string' },
    times: { type: 'string' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const rows = matrix.filter(({ name, cut }) =>
  // What is done once is a test of the suite, which has run beside.
  values.only === undefined ? values.minutes === undefined || cut > 1 : name === values.only,
)
if (values.list || rows.length === 0) {
  for (const { name, full, cut } of matrix) say(`${name} (${full} times, ${cut} in the cut)`)
  process.exit(values.list ? 0 : 2)
}

const seed = Number(values.seed)
const endsAt = values.minutes === undefined ? null : Number(values.minutes) * 60_000

function make(row: Case, rowsLeft: number): Promise<Outcome> {
  if (endsAt === null)
    return row.run(Number(values.times ?? (values.full ? row.full : row.cut)), seed)
  const now = performance.now()
  return makeUntil(row, now + (endsAt - now) / rowsLeft)
}

/** A tenth of the cut and another, until it is whole or the time is over. */
async function makeUntil({ cut, run }: Case, until: number): Promise<Outcome> {
  const troubles: string[] = []
  let made = 0
  while (made < cut && (made === 0 || performance.now() < until)) {
    const step = Math.min(Math.ceil(cut / 10), cut - made)
    troubles.push(...(await run(step, seed + made)).troubles)
    made += step
  }
  return { figures: `${made} of ${cut} times`, troubles }
}

let failed = 0
for (const [at, row] of rows.entries()) {
  const { name } = row
  const begun = performance.now()
  const { figures, troubles } = await make(row, rows.length - at).catch((cause) => ({
    figures: 'it stopped',
    troubles: [cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)],
  }))
  const seconds = Math.round((performance.now() - begun) / 1000)
  const held = troubles.length === 0
  say(`${held ? 'ok    ' : 'FAILED'} ${name}: ${figures} (${seconds} s)`)
  for (const trouble of troubles.slice(0, 20)) say(`  ${trouble}`)
  if (!held) failed++
  if (values.record) recordFault(name, { figures, held, seconds })
}
if (values.record) writeGuides()
say(`${rows.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
