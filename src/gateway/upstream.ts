/**
 * Asks the model's channels, one after the other, until one answers: fallback ends at the first output. For a stream an
 * answer is its first frame with output, for the rest the whole reply; what came so far travels with it.
 */
import { assert } from '../base/assert.ts'
import { isObject, type Json } from '../base/json.ts'
import { type SseFrame, SseReader, SseTooLarge } from '../base/sse.ts'
import type { Channel, Route } from '../catalog/model.ts'
import type { Read, Reader, Target, UpstreamDialect } from '../dialects/dialect.ts'
import { upstreamDialects } from '../dialects/list.ts'
import type { Attempt } from './attempt.ts'
import { broken, mayTryAnother, ProviderError } from './failure.ts'
import type { Gateway } from './gateway.ts'
import type { HoldInHand } from './hold.ts'
import { ConnectionLost, type Exchange, type Origin } from './http-client.ts'
import { BadReply, type ReplyHead } from './http-reply.ts'

export interface Answer {
  route: Route
  upstream: UpstreamDialect
  reader: Reader
  exchange: Exchange
  sse: SseReader
  /** What was read so far. */
  reads: Read[]
  /** Fields of the request that this upstream could not be told. */
  ignored: string[]
}

const longestError = 64 * 1024
/** For a model whose maximum the catalogue does not name: what every model of today can write. */
const leastMaximum = 4_096

/** Refuses with `ProviderError` when no channel answers, with `AppError` when the request cannot be said there. */
export async function firstAnswer(
  app: Gateway,
  hold: HoldInHand,
  attempt: Attempt,
): Promise<Answer> {
  let last: ProviderError | null = null
  const { training } = hold.key.account
  for (const route of app.breakers.order(hold.model, app.clock.elapsed(), Math.random, training)) {
    hold.route = route
    const traceparent = hold.trace?.ask(route)
    try {
      const answer = await ask(app, hold, route, attempt, traceparent)
      app.breakers.succeeded(route.channel)
      return answer
    } catch (cause) {
      attempt.exchange?.cancel(new ConnectionLost('given up', true))
      if (attempt.ended !== null) throw attempt.ended
      last = providerError(cause)
      hold.trace?.fail(last)
      if (!mayTryAnother(last)) {
        // It answers, if only with what is wrong with the request.
        app.breakers.succeeded(route.channel)
        break
      }
      // A model that is missing there says nothing of the channel's other models.
      if (last.failure.kind !== 'missing')
        app.breakers.failed(route.channel, last, app.clock.elapsed())
      app.metrics.upstreamFailed(route.channel.id, last.failure.kind)
      app.log.warn('upstream.failed', {
        ...{
          request: hold.id,
          channel: route.channel.id,
          model: hold.model.id,
          kind: last.failure.kind,
        },
        cause: last,
      })
    }
  }
  throw last ?? broken('no channel is available', 'overloaded')
}

/** Asks one channel. Refuses as `firstAnswer` does; what was lost on the way is thrown as it came. */
export async function ask(
  app: Pick<Gateway, 'client' | 'clock' | 'settings'>,
  hold: Pick<HoldInHand, 'id' | 'call' | 'model' | 'maxOutput'>,
  route: Route,
  attempt: Pick<Attempt, 'exchange' | 'dueAt'>,
  traceparent = '',
): Promise<Answer> {
  const { call, model } = hold
  const { channel } = route
  const name = model.kind === 'chat' ? channel.dialect.chat : channel.dialect.embeddings
  assert(name !== null, `channel ${channel.id} has no dialect for ${model.kind}`)
  const upstream = upstreamDialects[name]
  const target: Target = {
    model: route.upstreamModel,
    maxOutput:
      hold.maxOutput ?? (upstream.needsMaxOutput ? (model.maxOutput ?? leastMaximum) : null),
    quirks: { ...channel.quirks, ...model.traits.quirks },
  }
  const { body, ignored } = upstream.writeRequest(call, target)
  const line = lineTo(channel, upstream)
  const text = JSON.stringify(body)
  const exchange = app.client.send(
    line.origin,
    `${line.head}${traceparent}x-request-id: ${hold.id}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    app.settings.connectMs,
  )
  attempt.exchange = exchange
  attempt.dueAt = app.clock.elapsed() + (model.traits.firstByteMs ?? app.settings.firstByteMs)
  const head = await exchange.head
  await assertGood(head, exchange, upstream)
  const reader = upstream.reader(call, target)
  const answer: Answer = {
    route,
    upstream,
    reader,
    exchange,
    sse: new SseReader(),
    reads: [],
    ignored,
  }
  if (call.stream) await readFirstFrames(answer, head)
  else answer.reads.push(await readWhole(reader, exchange, app.settings.replyLimitBytes))
  return answer
}

async function assertGood(
  head: ReplyHead,
  exchange: Exchange,
  upstream: UpstreamDialect,
): Promise<void> {
  const { status, headers } = head
  // We ask for no compression: what comes compressed all the same could be a bomb.
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity') throw broken(`compressed (${encoding}) though not asked for`)
  if (status >= 200 && status < 300) return
  if (status < 400) throw broken(`redirect (${status}), which is never followed`)
  const text = await readText(exchange, longestError, true)
  throw new ProviderError(upstream.readError(status, text), retryAfterMs(headers))
}

async function readWhole(reader: Reader, exchange: Exchange, limit: number): Promise<Read> {
  const text = await readText(exchange, limit, false)
  let body: Json
  try {
    body = JSON.parse(text)
  } catch {
    throw broken('the reply is not JSON')
  }
  if (!isObject(body)) throw broken('the reply is not a JSON object')
  const read = reader.reply(body)
  assertNoFailure(read)
  return read
}

async function readFirstFrames(answer: Answer, { headers }: ReplyHead): Promise<void> {
  const type = headers.get('content-type') ?? ''
  if (!type.startsWith('text/event-stream'))
    throw broken(`a stream was asked for, ${type || 'nothing'} came`)
  while (!answer.reads.some(hasOutput)) {
    const reads = await readMore(answer)
    if (reads === null) break
    answer.reads.push(...reads)
  }
  const first = answer.reads.find(hasOutput)
  if (first !== undefined) assertNoFailure(first)
}

const quiet = new Set(['start', 'usage'])

function hasOutput({ events }: Read): boolean {
  return events.some((event) => !quiet.has(event.type))
}

function assertNoFailure({ events }: Read): void {
  for (const event of events) if (event.type === 'failure') throw new ProviderError(event.failure)
}

/** The next frames of a stream; null once it has closed and all was read. */
export async function readMore(answer: Answer): Promise<Read[] | null> {
  const piece = await answer.exchange.read()
  const frames: SseFrame[] = piece === null ? answer.sse.end() : answer.sse.push(piece)
  const reads = readFrames(answer.reader, frames)
  if (piece !== null) return reads
  const events = answer.reader.end()
  if (events.length > 0) reads.push({ events, raw: null })
  return reads.length > 0 ? reads : null
}

/** What came before a frame that cannot be read was said: it is delivered, and the call fails behind it. */
function readFrames(reader: Reader, frames: readonly SseFrame[]): Read[] {
  const reads: Read[] = []
  for (const frame of frames) {
    try {
      reads.push(reader.frame(frame))
    } catch (cause) {
      if (reads.length === 0) throw cause
      reads.push({
        events: [{ type: 'failure', failure: providerError(cause).failure }],
        raw: null,
      })
      break
    }
  }
  return reads
}

async function readText(exchange: Exchange, limit: number, cut: boolean): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const piece = await exchange.read()
    if (piece === null) break
    pieces.push(piece)
    size += piece.length
    if (size <= limit) continue
    exchange.cancel(new ConnectionLost('too long', true))
    if (cut) break
    throw broken(`the reply is longer than ${limit} bytes`)
  }
  const whole = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
  return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString()
}

/** Whatever went wrong on the way, as one kind of error. A refusal of our own (`AppError`) is not touched. */
export function providerError(cause: unknown): ProviderError {
  if (cause instanceof ProviderError) return cause
  if (
    cause instanceof ConnectionLost ||
    cause instanceof BadReply ||
    cause instanceof SseTooLarge
  ) {
    return new ProviderError(
      { kind: 'broken', message: cause.message, param: null, code: null },
      null,
      { cause },
    )
  }
  throw cause
}

function retryAfterMs(headers: Map<string, string>): number | null {
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN)
  if (ms >= 0) return ms
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return seconds >= 0 ? seconds * 1000 : null
}

interface Line {
  origin: Origin
  /** The request's first lines, the same for every call. */
  head: string
}

/** A channel's lines are written once; a changed channel is another object in the next catalogue. */
const lines = new WeakMap<Channel, Map<string, Line>>()

function lineTo(channel: Channel, upstream: UpstreamDialect): Line {
  const known = lines.get(channel) ?? new Map<string, Line>()
  lines.set(channel, known)
  const line = known.get(upstream.name) ?? writeLine(channel, upstream)
  known.set(upstream.name, line)
  return line
}

function writeLine(channel: Channel, upstream: UpstreamDialect): Line {
  const url = new URL(channel.baseUrl)
  const tls = url.protocol === 'https:'
  const query = channel.quirks.query ? `?${channel.quirks.query}` : ''
  const path = `${url.pathname.replace(/\/$/, '')}/${upstream.path}${query}`
  const headers: Record<string, string> = {
    host: url.host,
    'user-agent': 'kkai',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    ...upstream.headers,
    ...credentialHeader(channel, upstream),
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  assert(
    !/[\r\n]/.test(path + Object.values(headers).join('')),
    `channel ${channel.id} has a line break`,
  )
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port)
  return {
    origin: { hostname: url.hostname.replace(/^\[|\]$/g, ''), port, tls },
    head: `POST ${path} HTTP/1.1\r\n${head.join('')}`,
  }
}

function credentialHeader(channel: Channel, upstream: UpstreamDialect): Record<string, string> {
  if (channel.credential === null) return {}
  const way = channel.quirks.auth ?? upstream.auth
  return way === 'bearer'
    ? { authorization: `Bearer ${channel.credential}` }
    : { [way]: channel.credential }
}
