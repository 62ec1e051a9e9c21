/**
 * Kills the executable under load, with streams in flight, again and again on one data directory, and compares three
 * witnesses each time: what clients were told, what the provider sent, what the ledger says. No acknowledged settlement or
 * grant may be lost or doubled, no hold left, and nobody charged for more than was sent to them (money.md §4).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { JsonObject } from '../../src/base/json.ts'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import { type Simulator, startSimulator } from '../../src/demo/simulator/simulator.ts'
import { type Answered, ask } from '../money/client.ts'
import { randomFrom } from '../money/draw.ts'
import { countPrompt } from '../money/recompute.ts'
import { furnish, openFile, type Process, startProcess, verifyData } from './process.ts'
import { socketFetch } from './socket-fetch.ts'

const clients = 48
const models = {
  slow: 'sim-chat@ttft=5,tps=100,tokens=150',
  'anthropic/slow': 'sim-chat@ttft=5,tps=100,tokens=150',
  quick: 'sim-chat',
  'anthropic/quick': 'sim-chat',
  breaks: 'demo/broken-stream@ttft=5,tps=100,after=20',
  embed: 'sim-embed',
}
const streams = ['slow', 'anthropic/slow', 'breaks', 'quick'].map((model) => ({
  model,
  stream: true,
}))
const wholes = ['quick', 'anthropic/quick', 'embed'].map((model) => ({ model, stream: false }))

interface Told {
  fields: JsonObject
  got: Answered
}

interface Scene {
  data: string
  simulator: Simulator
  server: Process
  key: string
  account: string
  random: () => number
  /** How many grants were tried: each has its number as reference. */
  grants: number
}

export interface Round {
  afterMs: number
  acknowledged: number
  crashed: number
  /** Of the crashed, those that had noted what they delivered. */
  charged: number
  grants: number
  troubles: string[]
}

/** Kills `rounds` times; reports each. */
export async function killAgainAndAgain(
  rounds: number,
  seed: number,
  report: (round: Round, at: number) => void,
): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'kkai-kill-'))
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journalEntries: 100_000 })
  const server = await startProcess(data)
  const scene = { data, simulator, server, random: randomFrom(seed), grants: 0 }
  const whole: Scene = { ...scene, ...(await furnish(server, simulator.url, models)) }
  try {
    for (let at = 1; at <= rounds; at++) report(await killOnce(whole, killTime(at)), at)
  } finally {
    whole.server.kill('SIGTERM')
    await whole.server.exited
    await simulator.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

/** From 0.1 to 2.5 s, spread evenly however many rounds there are: some before a stream's first note, some after. */
function killTime(round: number): number {
  const goldenRatio = 0.618_033_988_75
  return Math.floor(100 + ((round * goldenRatio) % 1) * 2_400)
}

async function killOnce(scene: Scene, afterMs: number): Promise<Round> {
  scene.simulator.journal.clear()
  const told: Told[] = []
  const granted: string[] = []
  const load = [
    ...Array.from({ length: clients }, (_, at) =>
      callUntilDeath(scene, at % 4 === 0 ? wholes : streams, told),
    ),
    grantUntilDeath(scene, granted),
  ]
  await Bun.sleep(afterMs)
  scene.server.kill('SIGKILL')
  await Promise.all([scene.server.exited, ...load])
  scene.server = await startProcess(scene.data)
  return { afterMs, ...(await compare(scene, told, granted)) }
}

async function callUntilDeath(
  { server, key, random }: Scene,
  kinds: { model: string; stream: boolean }[],
  told: Told[],
): Promise<void> {
  for (;;) {
    const kind = kinds[Math.floor(random() * kinds.length)]!
    const fields = {
      ...kind,
      ...(kind.model === 'embed' && { input: 'light river' }),
      ...(kind.stream && { stream_options: { include_usage: true } }),
    }
    const path = kind.model === 'embed' ? 'embeddings' : 'chat/completions'
    const leave = random() < 0.1 ? { afterMs: 100 + random() * 1_500 } : null
    const got = await ask({ url: server.url, key }, fields, { path, leave, send: socketFetch })
    told.push({ fields, got })
    if (got.lost !== null || (got.status === 200 && !got.finished && !got.left)) return
  }
}

async function grantUntilDeath(scene: Scene, granted: string[]): Promise<void> {
  const { server, account } = scene
  for (;;) {
    const reference = String(++scene.grants)
    const values = { account, amount: '0.01', reason: 'test', reference }
    const result = await server.run('credit grant', values).catch(() => null)
    if (result === null) return
    granted.push(`${account}:${reference}`)
    await Bun.sleep(20)
  }
}

interface Row {
  id: string
  outcome: string
  charged: bigint
  posted: bigint | null
  resolved: bigint
}

async function compare(
  { data, simulator }: Scene,
  told: Told[],
  granted: string[],
): Promise<Omit<Round, 'afterMs'>> {
  const file = openFile(data)
  const troubles: string[] = []
  const expectNone = (what: string, ids: string[]) => {
    if (ids.length > 0) troubles.push(`${what}: ${ids.slice(0, 5).join(', ')} (${ids.length})`)
  }
  const one = file.query<Row, [string]>(`
    SELECT u.id, u.outcome, u.charged, max(t.amount) AS posted, count(t.id) AS resolved
    FROM usage u LEFT JOIN transfer t ON t.pending_id = u.id WHERE u.id = ?1 GROUP BY u.id`)
  const isHeld = file.query<{ id: string }, []>('SELECT id FROM hold')
  const grant = file.query<{ count: bigint }, [string]>(
    "SELECT count(*) AS count FROM transfer WHERE code = 'grant' AND external_id = ?1",
  )

  expectNone(
    'left held',
    isHeld.all().map(({ id }) => id),
  )
  expectNone(
    'granted, but not once',
    granted.filter((reference) => grant.get(reference)?.count !== 1n),
  )

  const acknowledged = told.filter(({ got }) => got.finished)
  expectNone(
    'acknowledged, but not so in the ledger',
    acknowledged.flatMap(({ got }) => {
      const row = one.get(got.id!)
      const same =
        row !== null &&
        row.outcome !== 'crashed' &&
        row.charged === row.posted &&
        row.resolved === 1n
      return same && (got.cost === null || got.cost === row.charged) ? [] : [got.id!]
    }),
  )

  const byId = new Map(told.map((one) => [one.got.id, one]))
  const entries = simulator.journal.entries()
  const rows = entries.map(({ caller }) => one.get(caller ?? ''))
  expectNone(
    'asked of the provider without a hold',
    entries.filter((_, at) => rows[at] === null).map(({ caller }) => String(caller)),
  )
  const crashed = entries.flatMap((entry, at) => {
    const row = rows[at]
    return row?.outcome === 'crashed' ? [{ entry, row }] : []
  })
  expectNone(
    'charged for more than was sent',
    crashed.flatMap(({ entry, row }) => {
      const told = byId.get(row.id)
      const most = mostFor(entry, told)
      return row.charged > most
        ? [`${row.id} ${row.charged} > ${most} ${JSON.stringify(told)}`]
        : []
    }),
  )
  file.close()
  const verdict = await verifyData(data)
  if (verdict !== null) troubles.push(verdict)
  return {
    ...{ acknowledged: acknowledged.length, grants: granted.length, troubles },
    crashed: crashed.length,
    charged: crashed.filter(({ row }) => row.charged > 0n).length,
  }
}

/**
 * Tokens of the prompt and of what the client had received, each a nano-dollar. What was on its way to a client that left
 * it never saw: then it is what the provider had sent.
 */
export function mostFor({ usage, delivered }: Entry, told: Told | undefined): bigint {
  const stayed = told !== undefined && !told.got.left
  const sent = stayed ? countTokens(told.got.text.get(0) ?? '') : (delivered.output ?? 0)
  const counted = countPrompt({ messages: [{ content: 'Hello' }], ...told?.fields })
  return BigInt(Math.max(Number(usage?.prompt ?? 0), counted) + sent)
}
