/**
 * Whole calls as fast as they are answered: each connection sends the same bytes again as soon as its reply is whole. Raw
 * sockets, because the load shares two cores with what it measures: any HTTP client would cost more than the server.
 */
import type { Socket } from 'bun'
import { isGood, isWhole } from './reply.ts'

export interface CallsJob {
  port: number
  /** As HTTP/1.1 text. */
  request: string
  connections: number
  /** No call begins after so long, nor after so many. */
  ms: number
  calls: number
}

export interface Calls {
  /** Answered with 200 while the time ran. */
  calls: number
  perSecond: number
  p50: number
  p99: number
  /** Other answers, and the first of them. */
  refused: number
  refusal: string | null
}

const longestReason = 500

/** A call under way. */
interface Line {
  sentAt: number
  text: string
}
type Connection = Socket<Line | null>

export function runCalls(job: CallsJob): Promise<Calls> {
  const { promise, resolve, reject } = Promise.withResolvers<Calls>()
  const request = Buffer.from(job.request)
  const startedAt = performance.now()
  const until = startedAt + job.ms
  const times: number[] = []
  let sent = 0
  let open = job.connections
  let lastAt = startedAt
  let refused = 0
  let refusal: string | null = null

  function send(socket: Connection): void {
    const now = performance.now()
    if (now >= until || sent >= job.calls) {
      socket.data = null
      socket.end()
      open--
      if (open === 0) resolve(summarise())
      return
    }
    sent++
    socket.data = { sentAt: now, text: '' }
    if (socket.write(request) !== request.length) reject(new Error('a request was cut'))
  }

  function receive(socket: Connection, bytes: Buffer): void {
    const line = socket.data
    if (line === null) return
    line.text += bytes.toString('latin1')
    if (!isWhole(line.text)) return
    const now = performance.now()
    if (!isGood(line.text)) {
      refused++
      refusal ??= line.text.slice(0, longestReason)
    } else if (now <= until) {
      times.push(now - line.sentAt)
      lastAt = now
    }
    send(socket)
  }

  function lose({ data }: Connection): void {
    if (data !== null) reject(new Error('a connection was closed under a call'))
  }

  function summarise(): Calls {
    times.sort((a, b) => a - b)
    const part = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN
    const calls = times.length
    const perSecond = (calls / (lastAt - startedAt)) * 1000
    return { calls, perSecond, p50: part(0.5), p99: part(0.99), refused, refusal }
  }

  for (let made = 0; made < job.connections; made++) {
    Bun.connect<Line | null>({
      hostname: '127.0.0.1',
      port: job.port,
      data: null,
      socket: { open: send, data: receive, close: lose },
    }).catch(reject)
  }
  return promise
}
