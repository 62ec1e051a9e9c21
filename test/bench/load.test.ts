/** The load itself: a bench that takes a broken answer for a whole one proves nothing. */
import { afterAll, describe, expect, test } from 'bun:test'
import { runCalls } from './calls.ts'
import { isWhole, StreamReader } from './reply.ts'
import { runStreams } from './streams.ts'

const frames = ['{"role":"assistant","content":""}', '{"content":"Hi"}', '[DONE]']
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const body = frames.map((frame) => chunk(`data: ${frame}\n\n`)).join('')
const stream = `${head}${body}0\r\n\r\n`
const reply = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
const refusal = 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'
const request = 'POST / HTTP/1.1\r\n\r\n'

const servers: { stop(closing: boolean): void }[] = []
afterAll(() => {
  for (const server of servers) server.stop(true)
})

/** Answers every request with these bytes, and closes after them where asked. */
function answering(text: string, closes = false): number {
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { data: (socket) => void (closes ? socket.end(text) : socket.write(text)) },
  })
  servers.push(server)
  return server.port
}

test('a stream that is cut in two at any byte is read alike', () => {
  for (let at = 1; at < stream.length; at++) {
    const reader = new StreamReader()
    reader.push(Buffer.from(stream.slice(0, at)))
    expect(reader.ended).toBe(false)
    reader.push(Buffer.from(stream.slice(at)))
    expect(reader).toMatchObject({ frames: 3, flowing: true, ended: true, refusal: null })
  }
})

test.each([
  [reply, true],
  [reply.slice(0, -1), false],
  [reply.slice(0, 20), false],
  [stream, true],
  [stream.slice(0, -1), false],
])('of %j it is said whether it is whole: %p', (text, whole) => {
  expect(isWhole(text)).toBe(whole)
})

describe('calls', () => {
  const job = { request, connections: 3, ms: 10_000, calls: 50 }

  test('are counted when they were answered', async () => {
    expect(await runCalls({ ...job, port: answering(reply) })).toMatchObject({
      calls: 50,
      refused: 0,
    })
  })

  test('are not counted when they were refused', async () => {
    const { calls, refused, refusal: first } = await runCalls({ ...job, port: answering(refusal) })
    expect([calls, refused, first]).toEqual([0, 50, refusal])
  })

  test('fail the bench when a connection is closed under one', () => {
    expect(runCalls({ ...job, port: answering(reply.slice(0, -1), true) })).rejects.toThrow(
      'closed',
    )
  })
})

describe('of ten streams', () => {
  const job = { request, connections: 5, rounds: 2, rampMs: 10, frames: 3, patienceMs: 10_000 }
  const run = (text: string, more: { closes?: boolean; patienceMs?: number } = {}) =>
    runStreams({ ...job, port: answering(text, more.closes), ...more })

  test('all are whole when each had its frames and its end', async () => {
    expect(await run(stream)).toMatchObject({ whole: 10, broken: 0, reason: null })
  })

  test.each([
    ['too few frames', stream.replace(chunk('data: [DONE]\n\n'), ''), {}, '2 frames instead of 3'],
    ['a close before the end', head + body, { closes: true }, 'closed after 3 frames'],
    ['silence', head + body, { patienceMs: 100 }, 'not ended in time'],
    ['a refusal', refusal, {}, refusal],
  ])('all are broken by %s', async (_, text, more, reason) => {
    expect(await run(text, more)).toMatchObject({ whole: 0, broken: 10, reason })
  })

  test('all are broken when nobody listens', async () => {
    const port = answering(stream)
    servers.pop()?.stop(true)
    expect(await runStreams({ ...job, port })).toMatchObject({ whole: 0, broken: 10 })
  })
})
