/**
 * The connections to upstreams: HTTP/1.1 over Bun's sockets, kept alive. Our own, because Bun's `fetch` keeps 64 idle
 * sockets an origin and `node:http` costs twice the time: at 256 connections this carries 2.8 times as many calls as
 * `fetch` (see `bun run bench`). It never follows a redirect, adds no header, decodes no compression, and stops reading
 * when nobody takes what it read, so memory stays bounded by the reader's pace.
 */
import type { Socket } from 'bun'
import { Backlog } from './backlog.ts'
import { BadReply, type ReplyHead, ReplyReader } from './http-reply.ts'

export interface Origin {
  hostname: string
  port: number
  tls: boolean
}

/** Why no whole reply came. `reached` is false when nothing was ever sent. */
export class ConnectionLost extends Error {
  readonly reached: boolean
  constructor(message: string, reached: boolean) {
    super(message)
    this.reached = reached
  }
}

export interface Exchange {
  /** The reply's head. Rejects with `ConnectionLost` or `BadReply`. */
  head: Promise<ReplyHead>
  /** The next piece of the body; null at its end. One read at a time. */
  read(): Promise<Uint8Array | null>
  /** Closes the connection now; what waits is rejected with `cause`. After the end it does nothing. */
  cancel(cause: Error): void
  /** No more of the body is wanted: the connection is kept if the reply ends right away, else closed. */
  abandon(): void
  /** Whether someone waits for what the upstream says next. */
  readonly awaited: boolean
  /** Once a second: what nobody took since the last time is kept small. */
  rest(): void
}

export interface HttpClient {
  /** Sends one request, given whole as HTTP/1.1 text. A kept connection that turns out dead is replaced once, if no byte came. */
  send(origin: Origin, request: string, connectMs: number): Exchange
  /** Closes every idle connection. */
  close(): void
}

const mostUnread = 64 * 1024
const idleMs = 30_000
/** How long an upstream may take to end a reply that has said it is over. */
const lingerMs = 1_000

interface Idle {
  socket: Socket<Line>
  since: number
}
/** What a socket is doing: an exchange, or nothing while it is idle. */
interface Line {
  exchange: Running | null
}

export function httpClient(now: () => number): HttpClient {
  const pools = new Map<string, Idle[]>()

  function take(pool: Idle[]): Socket<Line> | null {
    const idle = pool.pop()
    if (idle === undefined) return null
    if (now() - idle.since < idleMs) return idle.socket
    idle.socket.terminate()
    return take(pool)
  }

  return {
    send: (origin, request, connectMs) => {
      const name = `${origin.tls ? 'https' : 'http'}://${origin.hostname}:${origin.port}`
      const kept = pools.get(name) ?? []
      pools.set(name, kept)
      const running = new Running(request, {
        release: (socket) => kept.push({ socket, since: now() }),
        connect: (exchange) => connect(origin, exchange, connectMs, kept),
      })
      running.start(take(kept))
      return running
    },
    close: () => {
      for (const pool of pools.values()) for (const { socket } of pool.splice(0)) socket.terminate()
    },
  }
}

function connect(origin: Origin, exchange: Running, connectMs: number, pool: Idle[]): void {
  const timer = setTimeout(
    () => exchange.lose(new ConnectionLost('no connection in time', false)),
    connectMs,
  )
  Bun.connect<Line>({
    hostname: origin.hostname,
    port: origin.port,
    tls: origin.tls ? { serverName: origin.hostname, rejectUnauthorized: true } : false,
    data: { exchange },
    socket: {
      open: (socket) => {
        if (!origin.tls) exchange.use(socket, false)
      },
      handshake: (socket, trusted, error) => {
        if (trusted) return exchange.use(socket, false)
        exchange.lose(new ConnectionLost(`TLS: ${error?.message ?? 'not trusted'}`, false))
        socket.terminate()
      },
      data: (socket, bytes) => {
        // An idle connection has nothing to say: what it says would be taken for the next call's reply.
        if (socket.data.exchange === null) return discard(pool, socket)
        socket.data.exchange.receive(bytes)
      },
      drain: (socket) => socket.data.exchange?.flush(),
      close: (socket) => {
        socket.data.exchange?.closed()
        if (socket.data.exchange === null) discard(pool, socket)
      },
      error: (socket) => socket.data.exchange?.closed(),
      connectError: (_, error) => exchange.lose(new ConnectionLost(error.message, false)),
    },
  })
    .catch((cause) => exchange.lose(new ConnectionLost(String(cause), false)))
    .finally(() => clearTimeout(timer))
}

function discard(pool: Idle[], socket: Socket<Line>): void {
  const at = pool.findIndex((idle) => idle.socket === socket)
  if (at !== -1) pool.splice(at, 1)
  socket.terminate()
}

interface Home {
  release(socket: Socket<Line>): void
  connect(exchange: Running): void
}

/** One request and its reply on one connection. */
class Running implements Exchange {
  head: Promise<ReplyHead>
  #reader = new ReplyReader()
  #request: Buffer
  #home: Home
  #socket: Socket<Line> | null = null
  #reused = false
  #sent = 0
  #answered = false
  readonly #unread = new Backlog()
  #paused = false
  #resting = false
  #failure: Error | null = null
  /** The reply came whole, and nothing but the reply. */
  #finished = false
  #settleHead!: { resolve: (head: ReplyHead) => void; reject: (cause: Error) => void }
  #waiting: { resolve: (piece: Uint8Array | null) => void; reject: (cause: Error) => void } | null =
    null

  constructor(request: string, home: Home) {
    this.#request = Buffer.from(request)
    this.#home = home
    this.head = new Promise((resolve, reject) => {
      this.#settleHead = { resolve, reject }
    })
    // Who cancels does not wait for the head; its rejection is then nobody's.
    this.head.catch(() => {})
  }

  start(kept: Socket<Line> | null): void {
    if (kept === null) this.#home.connect(this)
    else this.use(kept, true)
  }

  use(socket: Socket<Line>, reused: boolean): void {
    if (this.#failure !== null) {
      socket.terminate()
      return
    }
    this.#socket = socket
    this.#reused = reused
    socket.data.exchange = this
    this.#sent = 0
    this.flush()
  }

  /** Sends what the socket takes; the rest when it drains. */
  flush(): void {
    if (this.#sent >= this.#request.length) return
    this.#sent += Math.max(this.#socket?.write(this.#request, this.#sent) ?? 0, 0)
  }

  receive(bytes: Uint8Array): void {
    this.#answered = true
    try {
      const headBefore = this.#reader.head
      const pieces = this.#reader.push(bytes)
      if (headBefore === null && this.#reader.head !== null)
        this.#settleHead.resolve(this.#reader.head)
      for (const piece of pieces) this.#offer(piece)
      if (this.#reader.done) this.#finish()
    } catch (cause) {
      this.lose(cause instanceof Error ? cause : new BadReply(String(cause)))
    }
  }

  closed(): void {
    if (this.#reused && !this.#answered && this.#failure === null) {
      this.#socket = null
      this.#home.connect(this)
      return
    }
    try {
      this.#reader.close()
      this.#finish()
    } catch {
      this.lose(new ConnectionLost('the connection closed early', true))
    }
  }

  lose(cause: Error): void {
    if (this.#failure !== null || this.#finished) return
    this.#failure = cause
    this.#drop()
    this.#settleHead.reject(cause)
    this.#waiting?.reject(cause)
    this.#waiting = null
  }

  cancel(cause: Error): void {
    this.lose(cause)
  }

  abandon(): void {
    if (this.#finished) return
    setTimeout(() => this.cancel(new ConnectionLost('no longer wanted', true)), lingerMs).unref()
  }

  get awaited(): boolean {
    // What is over and was read to its end keeps nobody: its call may still be counted.
    const over = this.#unread.bytes === 0 && (this.#finished || this.#failure !== null)
    return over || this.#waiting !== null || this.#reader.head === null
  }

  rest(): void {
    if (this.#resting) this.#unread.pack()
    this.#resting = true
  }

  /** What came before a failure is still delivered: it was sent, so it is charged. */
  async read(): Promise<Uint8Array | null> {
    this.#resting = false
    const piece = this.#unread.take()
    if (this.#paused && this.#unread.bytes < mostUnread / 2) {
      this.#paused = false
      this.#socket?.resume()
    }
    if (piece !== null) return piece
    if (this.#failure !== null) throw this.#failure
    if (this.#finished) return null
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  #offer(piece: Uint8Array): void {
    if (this.#waiting !== null) {
      this.#waiting.resolve(piece)
      this.#waiting = null
      return
    }
    this.#unread.push(piece)
    if (this.#unread.bytes > mostUnread && !this.#paused) {
      this.#paused = true
      this.#socket?.pause()
    }
  }

  #finish(): void {
    this.#finished = true
    const socket = this.#socket
    this.#socket = null
    if (socket !== null) {
      socket.data.exchange = null
      if (this.#paused) socket.resume()
      if (this.#reader.keepAlive) this.#home.release(socket)
      else socket.terminate()
    }
    this.#waiting?.resolve(null)
    this.#waiting = null
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    if (socket === null) return
    socket.data.exchange = null
    socket.terminate()
  }
}
