/**
 * Many streams at once, over raw sockets: each connection begins in its turn, reads its stream to the end, and begins again
 * for as many rounds as asked. A stream is whole when it had its frames and the last chunk; else it broke, and says how.
 */
import type { Socket } from 'bun'
import { StreamReader } from './reply.ts'

export interface StreamsJob {
  port: number
  /** As HTTP/1.1 text. */
  request: string
  connections: number
  rounds: number
  /** All connections have begun after so long, one after the other. */
  rampMs: number
  /** Frames of a whole stream. */
  frames: number
  /** What has not ended by then is broken. */
  patienceMs: number
}

export interface Streams {
  whole: number
  broken: number
  /** How the first of them broke. */
  reason: string | null
  /** The most that were flowing at one time. */
  atOnce: number
  /** Milliseconds to the first token, of streams that began while (nearly) all others were flowing. */
  firstTokenMs: number[]
}

interface Line {
  sentAt: number
  /** Whether its first token is to be timed. */
  timed: boolean
  reader: StreamReader
  roundsLeft: number
}
type Connection = Socket<Line>

const nearlyAll = 0.9

export function runStreams(job: StreamsJob): Promise<Streams> {
  const { promise, resolve } = Promise.withResolvers<Streams>()
  const request = Buffer.from(job.request)
  const running = new Set<Connection>()
  const tally = createTally(job.connections * job.rounds, resolve)
  let flowing = 0

  function begin(socket: Connection): void {
    const { data } = socket
    running.add(socket)
    data.reader = new StreamReader()
    data.timed = flowing >= (job.connections - 1) * nearlyAll
    data.sentAt = performance.now()
    socket.write(request)
  }

  function receive(socket: Connection, bytes: Buffer): void {
    const { reader, timed, sentAt } = socket.data
    const wasFlowing = reader.flowing
    reader.push(bytes)
    if (reader.flowing && !wasFlowing) {
      flowing++
      tally.flow(flowing, timed ? performance.now() - sentAt : null)
    }
    if (reader.refusal !== null) lose(socket, reader.refusal)
    else if (!reader.ended) return
    else if (reader.frames === job.frames) finish(socket)
    else lose(socket, `${reader.frames} frames instead of ${job.frames}`)
  }

  function finish(socket: Connection): void {
    leave(socket)
    socket.data.roundsLeft--
    if (socket.data.roundsLeft > 0) begin(socket)
    else socket.end()
    tally.whole()
  }

  function lose(socket: Connection, reason: string): void {
    if (!leave(socket)) return
    socket.terminate()
    tally.broken(socket.data.roundsLeft, reason)
  }

  /** False when it had left already. */
  function leave(socket: Connection): boolean {
    if (!running.delete(socket)) return false
    if (socket.data.reader.flowing) flowing--
    return true
  }

  const deadline = setTimeout(() => {
    for (const socket of running) lose(socket, 'not ended in time')
    tally.giveUp()
  }, job.patienceMs)
  connectEvenly(job, (data) =>
    Bun.connect<Line>({
      hostname: '127.0.0.1',
      port: job.port,
      data,
      socket: {
        open: begin,
        data: receive,
        close: (socket) => lose(socket, `closed after ${socket.data.reader.frames} frames`),
      },
    }).catch((cause) => tally.broken(job.rounds, String(cause))),
  )
  return promise.finally(() => clearTimeout(deadline))
}

/** Sums how the streams ended, and resolves once all have. */
function createTally(all: number, resolve: (sum: Streams) => void) {
  const sum: Streams = { whole: 0, broken: 0, reason: null, atOnce: 0, firstTokenMs: [] }
  const add = (kind: 'whole' | 'broken', streams: number) => {
    sum[kind] += streams
    if (sum.whole + sum.broken === all) resolve(sum)
  }
  return {
    flow: (flowing: number, firstTokenMs: number | null) => {
      sum.atOnce = Math.max(sum.atOnce, flowing)
      if (firstTokenMs !== null) sum.firstTokenMs.push(firstTokenMs)
    },
    whole: () => add('whole', 1),
    broken: (streams: number, reason: string) => {
      sum.reason ??= reason
      add('broken', streams)
    },
    /** Those that have not even begun. */
    giveUp: () => add('broken', all - sum.whole - sum.broken),
  }
}

/** Makes each connection in its turn, so that all have begun at the end of the ramp. */
function connectEvenly(job: StreamsJob, connect: (line: Line) => void): void {
  const startedAt = performance.now()
  let made = 0
  const timer = setInterval(() => {
    const share = Math.min(1, (performance.now() - startedAt) / job.rampMs)
    for (; made < Math.ceil(job.connections * share); made++) {
      connect({ sentAt: 0, timed: false, reader: new StreamReader(), roundsLeft: job.rounds })
    }
    if (share === 1) clearInterval(timer)
  }, 5)
}
