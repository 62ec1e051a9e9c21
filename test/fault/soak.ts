/**
 * `bun run test:soak --minutes N`: the executable under load for a while, in figures. First 200 streams that never cease: what
 * memory and descriptors do after a warm-up. Then, started anew, 500 readers that never read and 2,000 sockets that say nothing: what they
 * cost, and what others feel of them. Nothing is asserted but that the books verify: a machine's load is not the platform's fault.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { ask } from '../money/client.ts'
import { randomFrom } from '../money/draw.ts'
import { percentile } from './case.ts'
import { furnish, type Process, residentBytes, startProcess, verifyData } from './process.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    streams: { type: 'string', default: '200' },
    readers: { type: 'string', default: '500' },
    idle: { type: 'string', default: '2000' },
  },
})
const minutes = Number(values.minutes)
const say = (line: string) => process.stdout.write(`${line}\n`)
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

const models = {
  stream: 'sim-chat@ttft=100,tps=40,tokens=200',
  // 15 MB: more than the system takes in for a client that does not read.
  flood: 'sim-chat@tokens=60000',
  quick: 'sim-fast',
}
const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journal: 'off' })
const random = randomFrom(1)

interface Sample {
  atMs: number
  rss: number
  descriptors: number
}

interface Scene {
  server: Process
  target: { url: string; key: string }
}

const sample = ({ server }: Scene, since: number): Sample => ({
  atMs: performance.now() - since,
  rss: residentBytes(server.pid),
  descriptors: readdirSync(`/proc/${server.pid}/fd`).length,
})

/** How fast it grows, by least squares: bytes an hour. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (one: Sample) => number) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length
  const [at, rss] = [mean(({ atMs }) => atMs), mean((one) => one.rss)]
  const above = samples.reduce((sum, one) => sum + (one.atMs - at) * (one.rss - rss), 0)
  const below = samples.reduce((sum, one) => sum + (one.atMs - at) ** 2, 0)
  return (above / below) * 3_600_000
}

/** What it took in the middle of each minute. */
function byMinute(samples: readonly Sample[]): string[] {
  const minutes = Map.groupBy(samples, ({ atMs }) => Math.floor(atMs / 60_000))
  return [...minutes.values()].map((all) =>
    megabytes(
      percentile(
        all.map(({ rss }) => rss),
        50,
      ),
    ),
  )
}

async function soak(scene: Scene): Promise<void> {
  const begun = performance.now()
  const endMs = minutes * 60_000
  let calls = 0
  const stream = async () => {
    while (performance.now() - begun < endMs) {
      const leave = random() < 0.1 ? { afterMs: random() * 4_000 } : null
      await ask(scene.target, { model: 'stream', stream: true, max_tokens: 200 }, { leave })
      calls++
    }
  }
  const running = Promise.all(Array.from({ length: Number(values.streams) }, stream))
  const samples: Sample[] = []
  while (performance.now() - begun < endMs) {
    await Bun.sleep(Math.min(2_000, endMs / 60))
    samples.push(sample(scene, begun))
  }
  await running
  const warm = samples.slice(Math.floor(samples.length / 3))
  const most = Math.max(...warm.map(({ rss }) => rss))
  const descriptors = warm.map((one) => one.descriptors)
  say(`${values.streams} streams for ${minutes} minutes: ${calls} calls`)
  say(
    `memory after a third of it: ${megabytes(most)} MB at most, ${megabytes(slopeOf(warm))} MB an hour`,
  )
  say(`memory by the minute: ${byMinute(samples).join(', ')} MB`)
  say(`descriptors: ${Math.min(...descriptors)} to ${Math.max(...descriptors)}`)
}

/** Latencies of quick calls, 20 at once, for so long. */
async function feel({ target }: Scene, ms: number): Promise<number[]> {
  const end = performance.now() + ms
  const took: number[] = []
  const caller = async () => {
    while (performance.now() < end) {
      const from = performance.now()
      const { status } = await ask(target, { model: 'quick' })
      if (status === 200) took.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: 20 }, caller))
  return took
}

const floodBody = JSON.stringify({
  ...{ model: 'flood', stream: true, max_tokens: 60_000 },
  messages: [{ role: 'user', content: 'Hello' }],
})
const floodRequest = ({ url, key }: Scene['target']) =>
  [
    'POST /api/v1/chat/completions HTTP/1.1',
    `host: ${new URL(url).host}`,
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    `content-length: ${floodBody.length}`,
    '',
    floodBody,
  ].join('\r\n')

/** A connection that is never read from; `request`: what it says first. */
async function openSilent(url: string, request: string | null) {
  const { hostname, port } = new URL(url)
  const socket = await Bun.connect({ hostname, port: Number(port), socket: { data: () => {} } })
  if (request !== null) socket.write(request)
  socket.pause()
  return socket
}

async function burden(scene: Scene): Promise<void> {
  const { target } = scene
  const alone = await feel(scene, 10_000)
  const before = sample(scene, 0)
  const silent = []
  for (let at = 0; at < Number(values.readers); at++)
    silent.push(await openSilent(target.url, floodRequest(target)))
  for (let at = 0; at < Number(values.idle); at++) silent.push(await openSilent(target.url, null))
  await Bun.sleep(3_000)
  const during = sample(scene, 0)
  const beside = await feel(scene, 10_000)
  const after = sample(scene, 0)
  for (const socket of silent) socket.terminate()
  const p99 = [alone, beside].map((took) => percentile(took, 99).toFixed(1))
  say(`${values.readers} readers that never read, ${values.idle} idle sockets:`)
  say(
    `memory ${megabytes(before.rss)} MB before, ${megabytes(during.rss)} MB with them, ${megabytes(after.rss)} MB under load; descriptors ${before.descriptors} and ${during.descriptors}`,
  )
  say(
    `others' p99: ${p99[0]} ms alone (${alone.length} calls), ${p99[1]} ms beside them (${beside.length} calls)`,
  )
}

/** On a server of its own; answers what is wrong with its books. */
async function tryOn(part: (scene: Scene) => Promise<void>): Promise<string | null> {
  const data = mkdtempSync(join(tmpdir(), 'kkai-soak-'))
  const server = await startProcess(data)
  try {
    const { key } = await furnish(server, simulator.url, models)
    await part({ server, target: { url: server.url, key } })
  } finally {
    server.kill('SIGTERM')
    await server.exited
  }
  const wrong = await verifyData(data)
  rmSync(data, { recursive: true, force: true })
  return wrong
}

const wrong = (await tryOn(soak)) ?? (await tryOn(burden))
await simulator.stop()
say(wrong ?? 'the books verify')
process.exit(wrong === null ? 0 : 1)
