/** `bun run test:fault`: kills the executable 100 times under load, or as often as `--rounds` says. */
import { parseArgs } from 'node:util'
import { killAgainAndAgain } from './kill.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
})
const rounds = Number(values.rounds)
let failed = 0
await killAgainAndAgain(rounds, Number(values.seed), (round, at) => {
  const { afterMs, acknowledged, crashed, charged, grants, troubles } = round
  if (troubles.length > 0) failed++
  process.stdout.write(
    `${at}/${rounds} killed after ${afterMs} ms: ${acknowledged} calls and ${grants} grants acknowledged, ${crashed} in flight (${charged} charged for what was sent) ${troubles.length === 0 ? 'ok' : `FAILED\n  ${troubles.join('\n  ')}`}\n`,
  )
})
process.stdout.write(`${rounds - failed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
