/**
 * `bun run test:fault`: kills the executable 100 times under load, or as often as `--rounds` says, and 200 times while payments
 * are called back, or as often as `--callbacks` says.
 */
import { parseArgs } from 'node:util'
import { killInCallbacks } from './callback.ts'
import { killAgainAndAgain } from './kill.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    callbacks: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
})
const rounds = Number(values.rounds)
const seed = Number(values.seed)
let failed = 0
await killAgainAndAgain(rounds, seed, (round, at) => {
  const { afterMs, acknowledged, crashed, charged, grants, troubles } = round
  if (troubles.length > 0) failed++
  process.stdout.write(
    `${at}/${rounds} killed after ${afterMs} ms: ${acknowledged} calls and ${grants} grants acknowledged, ${crashed} in flight (${charged} charged for what was sent) ${troubles.length === 0 ? 'ok' : `FAILED\n  ${troubles.join('\n  ')}`}\n`,
  )
})
process.stdout.write(`${rounds - failed} passed, ${failed} failed\n`)

const callbacks = Number(values.callbacks)
const { orders, troubles } = await killInCallbacks(callbacks, seed, ({ afterMs, credited }, at) => {
  process.stdout.write(
    `${at}/${callbacks} killed ${afterMs} ms after the payments: ${credited} credited\n`,
  )
})
process.stdout.write(
  troubles.length === 0
    ? `${orders} payments, each credited once\n`
    : `FAILED\n  ${troubles.join('\n  ')}\n`,
)
process.exit(failed === 0 && troubles.length === 0 ? 0 : 1)
