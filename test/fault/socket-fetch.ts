/**
 * `fetch` over a plain socket. The built-in one throws away what has arrived and was not yet handed over once the connection
 * breaks; but what a client has received is what is weighed here.
 */
import { httpClient } from '../../src/gateway/http-client.ts'

const client = httpClient(() => performance.now())
const connectMs = 5_000

interface Init {
  method: string
  headers: Record<string, string>
  body: string
  signal: AbortSignal
}

export async function socketFetch(url: string, init: Init): Promise<Response> {
  const { hostname, port, pathname, host } = new URL(url)
  const fields = { host, ...init.headers, 'content-length': Buffer.byteLength(init.body) }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const exchange = client.send(
    { hostname, port: Number(port), tls: false },
    `${init.method} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${init.body}`,
    connectMs,
  )
  init.signal.addEventListener('abort', () => exchange.cancel(new Error('left')))
  const { status, headers } = await exchange.head
  // Asked for piece by piece: what a stream keeps in front of its reader is lost when it fails.
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const piece = await exchange.read()
        if (piece === null) controller.close()
        else controller.enqueue(piece)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { status, headers: [...headers] })
}
