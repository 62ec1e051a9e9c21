/**
 * Clients that leave at random points of a stream, many at once. Nothing may stay held, and nobody may pay for more than was
 * sent; how soon the provider hears of it is told.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { type Answered, ask } from '../money/client.ts'
import { randomFrom } from '../money/draw.ts'
import { type Outcome, percentile } from './case.ts'
import { mostFor } from './kill.ts'
import { furnish, openFile, startProcess, verifyData } from './process.ts'

const atOnce = 50
/** A figure to read, not a check: clients, platform and provider share one machine here. */
const mostMs = 100
const models = {
  openai: 'sim-chat@ttft=20,tps=400,tokens=2000',
  'anthropic/leave': 'sim-chat@ttft=20,tps=400,tokens=2000',
}
const settledMs = 15_000

export async function leaveAtRandom(times: number, seed: number): Promise<Outcome> {
  const random = randomFrom(seed)
  const data = mkdtempSync(join(tmpdir(), 'kkai-leave-'))
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journalEntries: times + 1 })
  const server = await startProcess(data)
  const told: { got: Answered; at: number }[] = []
  try {
    const { key } = await furnish(server, simulator.url, models)
    let begun = 0
    const client = async () => {
      while (begun++ < times) {
        const model = Object.keys(models)[begun % 2] as string
        const fields = { model, stream: true, max_tokens: 2000 }
        const leave = { afterMs: 1 + random() * 600 }
        const got = await ask({ url: server.url, key }, fields, { leave })
        told.push({ got, at: Date.now() })
      }
    }
    await Promise.all(Array.from({ length: atOnce }, client))
    const left = await untilNoneIsHeld(data)
    const entries = new Map(simulator.journal.entries().map((entry) => [entry.caller, entry]))
    const waits = told.flatMap(({ got, at }) => {
      const cancelledAt = entries.get(got.id)?.cancelledAt
      return got.left && cancelledAt ? [cancelledAt - at] : []
    })
    const file = openFile(data)
    const charge = file.query<{ charged: bigint }, [string]>(
      'SELECT charged FROM usage WHERE id = ?',
    )
    const over = [...entries.values()].filter(
      (entry) => (charge.get(entry.caller ?? '')?.charged ?? 0n) > mostFor(entry, undefined),
    )
    file.close()
    const wrong = await verifyData(data)
    const median = percentile(waits, 50)
    return {
      figures: `${told.length} streams, ${waits.length} left mid-stream; the provider knew after ${median} ms (median), ${percentile(waits, 99)} ms (p99), ${Math.max(...waits)} ms (most; the aim is less than ${mostMs})`,
      troubles: [
        ...(left > 0 ? [`${left} left held`] : []),
        ...over.slice(0, 5).map(({ caller }) => `${caller} paid for more than was sent`),
        ...(wrong === null ? [] : [wrong]),
      ],
    }
  } finally {
    server.kill('SIGTERM')
    await server.exited
    await simulator.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

async function untilNoneIsHeld(data: string): Promise<number> {
  const file = openFile(data)
  const held = () => file.query('SELECT id FROM hold').all().length
  for (const end = Date.now() + settledMs; held() > 0 && Date.now() < end; ) await Bun.sleep(20)
  const left = held()
  file.close()
  return left
}
