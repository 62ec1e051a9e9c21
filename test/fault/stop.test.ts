/** A server that is told to stop: streams under way end as if nothing had happened; a second signal ends it at once. */
import { afterAll, expect, test } from 'bun:test'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { newDirectory } from '../helpers/database.ts'
import { type Answered, ask } from '../money/client.ts'
import { furnish, openFile, type Process, startProcess, verifyData } from './process.ts'

const streams = 200
const simulator = startSimulator({ hostname: '127.0.0.1', port: 0 })
afterAll(() => simulator.stop())
const models = {
  short: 'sim-chat@ttft=20,tps=50,tokens=60',
  endless: 'sim-chat@tps=20,tokens=4000',
}

async function openStreams(
  model: string,
  settings: Record<string, string> = {},
): Promise<{ data: string; server: Process; answers: Promise<Answered[]> }> {
  const data = newDirectory()
  const server = await startProcess(data, settings)
  const { key } = await furnish(server, simulator.url, models)
  const fields = { model, stream: true, max_tokens: 4000, stream_options: { include_usage: true } }
  const answers = Array.from({ length: streams }, () => ask({ url: server.url, key }, fields))
  await allHeld(data)
  return { data, server, answers: Promise.all(answers) }
}

async function allHeld(data: string): Promise<void> {
  const file = openFile(data)
  const held = file.query<{ count: bigint }, []>('SELECT count(*) AS count FROM hold')
  while (Number(held.get()?.count) < streams) await Bun.sleep(10)
  file.close()
}

function settledAs(data: string, outcome: string): number {
  const file = openFile(data)
  const text = 'SELECT count(*) AS count FROM usage WHERE outcome = ?1 AND charged > 0'
  const count = file.query<{ count: bigint }, [string]>(text).get(outcome)?.count
  file.close()
  return Number(count)
}

test(`SIGTERM with ${streams} streams: nothing new is taken, each is answered to its end and settled`, async () => {
  const { data, server, answers } = await openStreams('short')
  server.kill('SIGTERM')
  await Bun.sleep(100)
  const late = await fetch(`${server.url}/readyz`).catch(() => null)
  expect(late === null || late.status === 503).toBe(true)
  for (const answer of await answers) {
    expect(answer).toMatchObject({ status: 200, finished: true, error: null, lost: null })
    expect(answer.cost).toBeGreaterThan(60n)
  }
  expect(await server.exited).toBe(0)
  expect(settledAs(data, 'complete')).toBe(streams)
  expect(await verifyData(data)).toBeNull()
}, 30_000)

test('streams that outlast the grace are told so in-band and pay for what they got', async () => {
  const { data, server, answers } = await openStreams('endless', { KKAI_DRAIN_MS: '500' })
  server.kill('SIGTERM')
  for (const answer of await answers) {
    expect(answer).toMatchObject({ finished: true, error: 'shutting_down', lost: null })
  }
  expect(await server.exited).toBe(0)
  expect(settledAs(data, 'cut')).toBe(streams)
  expect(await verifyData(data)).toBeNull()
}, 30_000)

test('a second signal ends it at once; the next start settles what was left', async () => {
  const { data, server, answers } = await openStreams('endless')
  server.kill('SIGTERM')
  await Bun.sleep(400)
  server.kill('SIGTERM')
  expect(await server.exited).toBe(1)
  for (const answer of await answers) expect(answer.finished).toBe(false)
  const next = await startProcess(data)
  next.kill('SIGTERM')
  expect(await next.exited).toBe(0)
  const file = openFile(data)
  expect(file.query('SELECT id FROM hold').all()).toEqual([])
  file.close()
  expect(await verifyData(data)).toBeNull()
}, 30_000)
