/**
 * `bun run test:fault --full`: the whole fault matrix, for some hours; `--cut`, which is meant without either, in about ten
 * minutes. `--only NAME` is one of its rows, `--times N` how often; `--list` names them. Each row says whether it holds, and in
 * which figures; with `--record` the guide to reliability says it too.
 */
import { parseArgs } from 'node:util'
import { recordFault } from '../evidence/record.ts'
import { writeGuides } from '../evidence/tables.ts'
import { matrix } from './matrix.ts'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    cut: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    only: { type: 'string' },
    times: { type: 'string' },
    seed: { type: 'string', default: '1' },
    record: { type: 'boolean', default: false },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const rows = matrix.filter(({ name }) => values.only === undefined || name === values.only)
if (values.list || rows.length === 0) {
  for (const { name, full, cut } of matrix) say(`${name} (${full} times, ${cut} in the cut)`)
  process.exit(values.list ? 0 : 2)
}

let failed = 0
for (const { name, full, cut, run } of rows) {
  const begun = performance.now()
  const times = Number(values.times ?? (values.full ? full : cut))
  const { figures, troubles } = await run(times, Number(values.seed)).catch((cause) => ({
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
