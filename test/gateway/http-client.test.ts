/** The connections to upstreams: kept, replaced once when dead, never shared with what an idle one says, and bounded in memory. */
import { afterAll, beforeEach, expect, test } from 'bun:test'
import { createServer, type Socket } from 'node:net'
import { ConnectionLost, type Exchange, httpClient } from '../../src/gateway/http-client.ts'

const requests: { text: string; connection: number }[] = []
let connections = 0
/** What the server does with each request. */
let script: (socket: Socket, nth: number) => void
const sockets: Socket[] = []
const server = createServer((socket) => {
  const connection = ++connections
  sockets.push(socket)
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    requests.push({ text: bytes.toString(), connection })
    script(socket, requests.length)
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as { port: number }
const origin = { hostname: '127.0.0.1', port, tls: false }
let elapsed = 0
let client = httpClient(() => elapsed)
afterAll(() => {
  client.close()
  for (const socket of sockets) socket.destroy()
  server.close()
})
beforeEach(() => {
  client.close()
  client = httpClient(() => elapsed)
  elapsed = 0
  connections = 0
  requests.length = 0
  script = (socket) => socket.write(good)
})

const good = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const send = () => client.send(origin, 'POST / HTTP/1.1\r\n\r\n', 1_000)

async function textOf(exchange: Exchange): Promise<string> {
  await exchange.head
  let text = ''
  for (let piece = await exchange.read(); piece !== null; piece = await exchange.read())
    text += Buffer.from(piece)
  return text
}
/** Lets what is on its way arrive. */
const settled = () => Bun.sleep(20)

test('a connection is used again', async () => {
  expect([await textOf(send()), await textOf(send()), await textOf(send())]).toEqual([
    'ok',
    'ok',
    'ok',
  ])
  expect(connections).toBe(1)
})

test.each([
  [
    'says so',
    (socket: Socket) => socket.write(good.replace('content', 'connection: close\r\ncontent')),
  ],
  ['sent bytes after its reply', (socket: Socket) => socket.write(`${good}HTTP/1.1 200 OK\r\n`)],
])('not when the upstream %s', async (_, act) => {
  script = act
  await textOf(send()).catch(() => {})
  await settled()
  script = (socket) => socket.write(good)
  expect(await textOf(send())).toBe('ok')
  expect(connections).toBe(2)
})

test('nor after half a minute of rest', async () => {
  await textOf(send())
  elapsed = 30_000
  await textOf(send())
  expect(connections).toBe(2)
})

test('nor when it spoke while it rested', async () => {
  await textOf(send())
  sockets.at(-1)!.write(good.replace('ok', 'no'))
  await settled()
  expect(await textOf(send())).toBe('ok')
  expect(connections).toBe(2)
})

test.each<[string, (socket: Socket) => void]>([
  ['closed', (socket) => socket.end()],
  ['reset', (socket) => socket.resetAndDestroy()],
])(
  'a kept connection that was %s when the request came is replaced, and the request sent once more only',
  async (_, die) => {
    await textOf(send())
    script = (socket, nth) => (nth === 2 ? die(socket) : socket.write(good))
    expect(await textOf(send())).toBe('ok')
    await settled()
    expect(requests.map(({ connection }) => connection)).toEqual([1, 1, 2])
  },
)

test.each<[string, (socket: Socket) => void]>([
  ['closed', (socket) => socket.end()],
  ['reset', (socket) => socket.resetAndDestroy()],
  ['broken off after a byte', (socket) => socket.end('H')],
])('a new connection that is %s is a failure', async (_, die) => {
  script = die
  expect(await send().head.catch((cause) => cause)).toBeInstanceOf(ConnectionLost)
  await settled()
  expect(requests).toHaveLength(1)
})

test('once a byte has come, nothing is sent again', async () => {
  await textOf(send())
  script = (socket) => socket.end('HTTP/1.1 200 OK\r\n')
  expect(await send().head.catch((cause) => cause)).toBeInstanceOf(ConnectionLost)
  await settled()
  expect(requests).toHaveLength(2)
})

test('who cannot be reached is not waited for', async () => {
  const exchange = client.send({ ...origin, port: 9 }, 'x', 1_000)
  expect(await exchange.head.catch((cause) => cause)).toMatchObject({ reached: false })
})

test('a cancelled exchange is closed, and tells why', async () => {
  script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok')
  const exchange = send()
  await exchange.head
  expect(Buffer.from((await exchange.read())!).toString()).toBe('ok')
  const next = exchange.read().catch((cause) => cause)
  const closed = new Promise((resolve) => sockets.at(-1)!.once('close', resolve))
  exchange.cancel(new Error('enough'))
  expect(await next).toMatchObject({ message: 'enough' })
  await closed
})

test('what came before the connection broke is still read', async () => {
  script = (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok')
  const exchange = send()
  await exchange.head
  await settled()
  expect(Buffer.from((await exchange.read())!).toString()).toBe('ok')
  expect(await exchange.read().catch((cause) => cause)).toBeInstanceOf(ConnectionLost)
})

test('what nobody reads is not taken: memory is bounded by the reader’s pace', async () => {
  const size = 64 * 1024 * 1024
  script = (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`)
    socket.write(Buffer.alloc(size))
  }
  const exchange = send()
  await exchange.head
  const socket = sockets.at(-1)!
  let before = -1
  while (socket.bytesWritten - socket.writableLength !== before) {
    before = socket.bytesWritten - socket.writableLength
    await Bun.sleep(100)
  }
  let read = 0
  for (let piece = await exchange.read(); piece !== null; piece = await exchange.read())
    read += piece.length
  expect(before).toBeLessThan(size)
  expect(read).toBe(size)
})
