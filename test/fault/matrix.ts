/** The fault matrix (operations.md §2): every fault, how often it is made, and what makes it. */
import { killInCallbacks } from './callback.ts'
import type { Case, Outcome } from './case.ts'
import { leaveAtRandom } from './disconnect.ts'
import { failTheDisk } from './io-error.ts'
import { killAgainAndAgain, type Round } from './kill.ts'
import { sendMalformed } from './malformed.ts'
import { killAtPoints } from './points.ts'
import { spendAtOnce } from './spend.ts'

/** What is a test of the suite already, run as it is there. */
function tested(name: string, file: string): Case {
  return { name, full: 1, cut: 1, run: () => runTests(file) }
}

export const matrix: readonly Case[] = [
  { name: 'kill -9 under load', full: 1000, cut: 60, run: killUnderLoad },
  { name: 'kill -9 while payments are called back', full: 200, cut: 20, run: killWhilePaid },
  { name: 'kill -9 at named points', full: 50, cut: 4, run: killAtPoints },
  tested('a full disk', 'test/fault/disk.test.ts'),
  { name: 'a disk that fails', full: 30, cut: 3, run: failTheDisk },
  tested('every byte of a recorded stream', 'test/gateway/cut.test.ts'),
  { name: 'malformed streams', full: 1000, cut: 200, run: sendMalformed },
  { name: 'clients that leave', full: 10_000, cut: 2000, run: leaveAtRandom },
  { name: 'parallel spending', full: 1000, cut: 60, run: spendAtOnce },
  tested('callbacks in every order', 'test/billing/order-of-events.test.ts'),
  tested('stopped with 200 streams', 'test/fault/stop.test.ts'),
  tested('a clock that jumps', 'test/money/clock.test.ts'),
]

/** How often one data directory is killed on. */
const killsEach = 100

async function killUnderLoad(times: number, seed: number): Promise<Outcome> {
  const troubles: string[] = []
  const sums = { acknowledged: 0, grants: 0, crashed: 0, charged: 0 }
  const note = (round: Round, at: number) => {
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += round[name]
    troubles.push(...round.troubles.map((what) => `kill ${at}, after ${round.afterMs} ms: ${what}`))
  }
  // Each start verifies all there is: a directory that grew for a thousand kills would make that most of the time.
  for (let made = 0; made < times; made += killsEach)
    await killAgainAndAgain(Math.min(killsEach, times - made), seed + made, note)
  const { acknowledged, grants, crashed, charged } = sums
  return {
    figures: `${times} kills: ${acknowledged} calls and ${grants} grants acknowledged, ${crashed} calls in flight, ${charged} of them charged for what was sent`,
    troubles,
  }
}

async function killWhilePaid(times: number, seed: number): Promise<Outcome> {
  let credited = 0
  const { orders, troubles } = await killInCallbacks(times, seed, (round) => {
    credited += round.credited
  })
  return {
    figures: `${times} kills, ${orders} payments: ${credited} credited before, the rest after the next start`,
    troubles,
  }
}

async function runTests(file: string): Promise<Outcome> {
  const child = Bun.spawn([process.execPath, 'test', '--isolate', '--timeout', '60000', file], {
    ...{ cwd: `${import.meta.dir}/../..`, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
  })
  const [text, exit] = await Promise.all([new Response(child.stderr).text(), child.exited])
  const count = (word: string) => Number(new RegExp(`^ *(\\d+) ${word}$`, 'm').exec(text)?.[1] ?? 0)
  const [passed, skipped] = [count('pass'), count('skip')]
  return {
    figures: `${file}: ${passed} tests passed${skipped > 0 ? `, ${skipped} not run here` : ''}`,
    troubles: exit === 0 ? [] : [text.slice(-2000)],
  }
}
