/**
 * A disk that fails: the executable under `strace`, which lets every so-many-th write or flush to the disk fail with EIO. It may
 * refuse, and it may stop; what it has acknowledged must be there when it starts again on a good disk, and the books verify.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { type Answered, ask } from '../money/client.ts'
import { randomFrom } from '../money/draw.ts'
import type { Outcome } from './case.ts'
import { furnish, openFile, startProcess, verifyData } from './process.ts'

export const strace = Bun.which('strace')
const failures = ['fdatasync,fsync', 'pwrite64', 'ftruncate,pwrite64,fdatasync,fsync'] as const
const calls = 60
const patienceMs = 20_000

export async function failTheDisk(rounds: number, seed: number): Promise<Outcome> {
  if (strace === null) return { figures: 'not run: strace is not installed', troubles: [] }
  const random = randomFrom(seed)
  const data = mkdtempSync(join(tmpdir(), 'kkai-eio-'))
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journalEntries: 100_000 })
  const troubles: string[] = []
  const seen = { answered: 0, refused: 0, stopped: 0 }
  try {
    const first = await startProcess(data)
    const { key } = await furnish(first, simulator.url, { quick: 'sim-fast' })
    first.kill('SIGTERM')
    await first.exited
    for (let round = 1; round <= rounds; round++) {
      simulator.journal.clear()
      const which = failures[round % failures.length]
      const from = 30 + Math.floor(random() * 120)
      const inject = `inject=${which}:error=EIO:when=${from}+${1 + Math.floor(random() * 9)}`
      // With -D it is the traced one that is our child.
      const wrap = [
        strace,
        '-D',
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        `trace=${which}`,
        '-e',
        inject,
      ]
      const server = await startProcess(data, {}, wrap).catch(() => null)
      if (server === null) {
        seen.stopped++
        continue
      }
      const answers: Answered[] = []
      for (let at = 0; at < calls; at++) {
        const call = ask({ url: server.url, key }, { model: 'quick' })
        const got = await Promise.race([call, Bun.sleep(patienceMs)])
        if (!got || got.lost !== null) break
        answers.push(got)
      }
      server.kill('SIGKILL')
      await server.exited
      const again = await startProcess(data)
      again.kill('SIGTERM')
      await again.exited
      const acknowledged = answers.filter(({ finished }) => finished)
      seen.answered += acknowledged.length
      seen.refused += answers.length - acknowledged.length
      if (answers.length < calls) seen.stopped++
      const asked = simulator.journal.entries().map(({ caller }) => caller ?? '')
      for (const what of [...findLost(data, acknowledged, asked), await verifyData(data)]) {
        if (what !== null) troubles.push(`round ${round}, ${inject}: ${what}`)
      }
    }
  } finally {
    await simulator.stop()
    rmSync(data, { recursive: true, force: true })
  }
  const { answered, refused, stopped } = seen
  const figures = `${rounds} rounds: ${answered} calls answered, ${refused} refused, stopped ${stopped} times`
  return { figures, troubles }
}

function findLost(
  data: string,
  acknowledged: readonly Answered[],
  asked: readonly string[],
): string[] {
  const file = openFile(data)
  const charged = file.query<{ charged: bigint }, [string]>(
    'SELECT charged FROM usage WHERE id = ?',
  )
  const lost = acknowledged.filter(({ id, cost }) => charged.get(id ?? '')?.charged !== cost)
  const unknown = asked.filter((id) => charged.get(id) === null)
  const held = file.query('SELECT id FROM hold').all().length
  file.close()
  return [
    ...lost.map(({ id }) => `${id} was acknowledged, and is not so in the ledger`),
    ...unknown.map((id) => `${id} was asked of the provider without a record`),
    ...(held > 0 ? [`${held} left held`] : []),
  ]
}
