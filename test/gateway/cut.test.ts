/**
 * A stream cut at every byte of the provider's HTTP reply, head and framing included. Cut off, what came whole is
 * delivered and charged, and one error ends it; cut in two, nothing changes.
 */
import { afterAll, describe, expect, test } from 'bun:test'
import { createServer, type Socket } from 'node:net'
import type { Units } from '../../src/base/units.ts'
import { openWorld, type Streamed } from '../helpers/world.ts'

const world = await openWorld()

/** What the simulated provider sends for a short answer, as the bytes of one HTTP reply. */
async function record(path: string, credential: Record<string, string>, fields: object) {
  const response = await fetch(`${world.simulator.url}/v1/${path}`, {
    method: 'POST',
    headers: credential,
    body: JSON.stringify({
      ...{ model: 'sim-chat@tokens=3', messages: [{ role: 'user', content: 'Hi' }], stream: true },
      ...fields,
    }),
  })
  if (response.status !== 200) throw new Error(await response.text())
  const body = await response.bytes()
  const head = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`
  const bytes = Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n0\r\n\r\n')])
  return { bytes, body: Buffer.from(body), start: head.length }
}
const recorded = {
  'openai-compatible': await record(
    'chat/completions',
    { authorization: 'Bearer sk-sim' },
    { stream_options: { include_usage: true } },
  ),
  'simulated-anthropic': await record(
    'messages',
    { 'x-api-key': 'sk-sim', 'anthropic-version': '2023-06-01' },
    { max_tokens: 100 },
  ),
}
type Provider = keyof typeof recorded

/** A provider that does to its reply what the prompt says: `off 312` ends it there, `apart 312` pauses there. */
const provider = createServer((socket) => {
  let asked = ''
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    asked += bytes
    const [, path, how, at] = /POST (\S+).*"(off|apart) (\d+)"/s.exec(asked) ?? []
    if (!path) return
    asked = ''
    const { bytes: reply } =
      recorded[path.endsWith('messages') ? 'simulated-anthropic' : 'openai-compatible']
    if (how === 'off') socket.end(reply.subarray(0, Number(at)))
    else sendApart(socket, reply, Number(at))
  })
})
function sendApart(socket: Socket, reply: Buffer, at: number): void {
  socket.setNoDelay(true)
  socket.write(reply.subarray(0, at))
  setTimeout(() => socket.write(reply.subarray(at)), 2)
}
await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
afterAll(() => provider.close())
const { port } = provider.address() as { port: number }

/** So many calls at once; each lane has a channel of its own, whose breaker hears of its failures alone. */
const lanes = 8
const sold = (provider: Provider, lane: number) => `${provider}-${lane}`
for (const provider of Object.keys(recorded) as Provider[]) {
  for (let lane = 0; lane < lanes; lane++) {
    const id = sold(provider, lane)
    const place = { base_url: `http://127.0.0.1:${port}/v1`, allow_private: true, credential: 'x' }
    await world.sell(id, {
      newChannels: [{ id, provider, ...place }],
      channels: [{ channel: id, model: 'm' }],
    })
  }
}

function ask(provider: Provider, lane: number, words: string): Promise<Streamed> {
  return world.stream({ model: sold(provider, lane), messages: [{ role: 'user', content: words }] })
}

/** Does it for every byte of a recorded reply. */
async function forEveryByte(provider: Provider, act: (at: number, lane: number) => Promise<void>) {
  const { length } = recorded[provider].bytes
  const run = async (lane: number) => {
    for (let at = lane; at < length; at += lanes) await act(at, lane)
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)))
}

const pieceOf = {
  'openai-compatible': /"content":"[^"]+"/,
  'simulated-anthropic': /"text":"[^"]+"/,
}
/** Pieces of text in the frames that are whole within the first `at` bytes: one token each. */
function piecesBefore(provider: Provider, at: number): number {
  const { body, start } = recorded[provider]
  const frames = body
    .subarray(0, Math.max(0, at - start))
    .toString()
    .split('\n\n')
    .slice(0, -1)
  return frames.filter((frame) => pieceOf[provider].test(frame)).length
}

describe.each(Object.keys(recorded) as Provider[])('a reply of %s', (provider) => {
  test('cut off at any byte', async () => {
    const { text: whole } = await ask(provider, 0, `apart 0`)
    const endings = new Set<string>()
    await forEveryByte(provider, async (at, lane) => {
      const reply = await ask(provider, lane, `off ${at}`)
      const pieces = piecesBefore(provider, at)
      const record = await world.generation(reply.id)
      const units: Units = Object.fromEntries(record.cost.map(({ unit, count }) => [unit, count]))
      endings.add(record.outcome)
      if (pieces === 0) {
        expect({ at, status: reply.status, ...reply.error }).toMatchObject({
          at,
          status: 502,
          code: 'upstream_error',
        })
        expect(record).toMatchObject({ outcome: 'failed', charged_nano: '0' })
        await ask(provider, lane, 'apart 0')
        return
      }
      expect({ at, status: reply.status, done: reply.done }).toEqual({
        at,
        status: 200,
        done: true,
      })
      expect(whole).toStartWith(reply.text)
      expect({ at, output: units.output }).toEqual({ at, output: pieces })
      expect(record.charged_nano).toBe(String(150 * units.input! + 600 * units.output!))
      if (record.outcome === 'complete')
        expect(reply).toMatchObject({ text: whole, finish: 'stop', error: null })
      else {
        expect(record).toMatchObject({ outcome: 'broken', usage_source: 'counted' })
        expect(reply.error?.code).toBe('upstream_error')
        expect(reply.chunks.findIndex(({ error }) => error)).toBe(reply.chunks.length - 1)
      }
    })
    expect([...endings].toSorted()).toEqual(['broken', 'complete', 'failed'])
  }, 60_000)

  test('cut in two at any byte', async () => {
    const same = ({ raw, id }: Streamed) => raw.replaceAll(id, '').replace(/"created":\d+/g, '')
    const whole = await ask(provider, 0, 'apart 0')
    expect(whole).toMatchObject({ finish: 'stop', done: true, error: null })
    await forEveryByte(provider, async (at, lane) => {
      const reply = await ask(provider, lane, `apart ${at}`)
      expect(same(reply).replaceAll(sold(provider, lane), sold(provider, 0))).toBe(same(whole))
    })
  }, 60_000)
})

test('after all of it nothing is held, and the ledger verifies', async () => {
  expect((await world.balance(world.account)).pending).toBe(0n)
  expect(await world.verify()).toBe(true)
})
