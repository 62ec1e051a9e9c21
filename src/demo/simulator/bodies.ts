/** What is sent instead of an answer by models that send none. */
import type { Entry, Journal } from './journal.ts'
import type { Model } from './models.ts'

const html =
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'
const megabyte = 2 ** 20
let bomb: { mb: number; bytes: Uint8Array<ArrayBuffer> } | null = null

export async function sendOther(
  { body, mb, status }: Model,
  request: Request,
  entry: Entry,
  journal: Journal,
): Promise<Response> {
  const type = entry.stream ? 'text/event-stream' : 'application/json'
  const headers = { 'content-type': type }
  if (body === 'never') {
    await leaving(request)
    journal.end(entry, 'client-left')
    return new Response(null)
  }
  if (body === 'huge') return new Response(sendLine(mb * megabyte, entry, journal), { headers })
  entry.status = body === 'redirect' ? 302 : status
  journal.end(entry, 'failed')
  switch (body) {
    case 'html':
      return new Response(html, { status, headers: { 'content-type': 'text/html' } })
    case 'bomb':
      return new Response(bombOf(mb), { headers: { ...headers, 'content-encoding': 'gzip' } })
    case 'redirect':
      return new Response(null, { status: 302, headers: { location: elsewhere(request) } })
    default:
      return new Response('', { headers })
  }
}

/** Another origin that is still this server: what arrives there is seen in the journal. */
function elsewhere(request: Request): string {
  const url = new URL('/stolen', request.url)
  url.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost'
  return url.href
}

/** Resolves when the client has left. */
export function leaving({ signal }: Request): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Blanks that are many more than their bytes. */
function bombOf(mb: number): Uint8Array<ArrayBuffer> {
  if (bomb?.mb !== mb) bomb = { mb, bytes: Bun.gzipSync(new Uint8Array(mb * megabyte).fill(0x20)) }
  return bomb.bytes
}

/** A line so long that no reader should wait for its end. */
function sendLine(bytes: number, entry: Entry, journal: Journal): ReadableStream<Uint8Array> {
  const piece = new Uint8Array(65_536).fill(0x61)
  let left = bytes
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: ')),
      pull(controller) {
        controller.enqueue(piece)
        left -= piece.length
        if (left > 0) return
        journal.end(entry, 'failed')
        controller.close()
      },
      cancel: () => journal.end(entry, 'client-left'),
    },
    { highWaterMark: 0 },
  )
}
