/**
 * Sends spans to an OpenTelemetry collector: OTLP over HTTP in its JSON form, written by hand, since one message of it is
 * smaller than any SDK. Off the request's path: spans wait in a bounded queue, go in batches one at a time, and what finds
 * no room is dropped and counted. A collector that is down or slow costs its batches, never a call.
 */
import type { Logger } from '../base/log.ts'

type Value = string | number | boolean | readonly string[]
/** Null is left out. */
export type Attributes = Readonly<Record<string, Value | null>>

export interface SpanId {
  /** 32 and 16 hex digits. */
  traceId: string
  spanId: string
}
export interface Span extends SpanId {
  parentId: string | null
  name: string
  kind: 'internal' | 'server' | 'client'
  /** Milliseconds since 1970, with fractions. */
  startMs: number
  endMs: number
  attributes: Attributes
  /** A trace of someone else's that led here. */
  link: SpanId | null
  failed: boolean
}

/** What became of spans: a closed list for the metrics. */
export type SpanFate = 'sent' | 'refused' | 'dropped'

export interface Exporter {
  offer(spans: readonly Span[]): void
  /** Sends what waits, for as long as `farewellMs`. */
  stop(): Promise<void>
}

export interface OtlpOptions {
  /** Its path is extended by `/v1/traces`. */
  endpoint: string
  headers: Readonly<Record<string, string>>
  /** Says whose spans they are. */
  resource: Attributes
  log: Logger
  counted(fate: SpanFate, spans: number): void
  everyMs?: number
}

const mostWaiting = 4_096
/** Some 150 KB of JSON, a millisecond of work. */
const mostInBatch = 256
const patienceMs = 10_000
const farewellMs = 2_000
const longestPauseMs = 60_000

export function openOtlp(options: OtlpOptions): Exporter {
  const { headers, resource, log, counted, everyMs = 1_000 } = options
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`
  const waiting: Span[] = []
  let sending: Promise<void> | null = null
  let pauseMs = 0
  let resting = 0

  /** Whether the collector has said what it thinks of them; if not, they are tried again. */
  async function post(spans: readonly Span[]): Promise<'sent' | 'refused' | null> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(encode(resource, spans)),
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
    })
    await response.body?.cancel()
    if (response.ok) return 'sent'
    return [429, 502, 503, 504].includes(response.status) ? null : 'refused'
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostInBatch)
      const fate = await post(batch).catch(() => null)
      if (fate === null) {
        if (pauseMs === 0) log.warn('traces.waiting', { spans: waiting.length })
        pauseMs = Math.min(Math.max(pauseMs * 2, everyMs), longestPauseMs)
        resting = Math.ceil(pauseMs / everyMs)
        return
      }
      if (fate === 'refused') log.warn('traces.refused', { spans: batch.length })
      pauseMs = 0
      waiting.splice(0, batch.length)
      counted(fate, batch.length)
    }
  }
  const send = () => {
    sending ??= sendAll().finally(() => {
      sending = null
    })
    return sending
  }
  const timer = setInterval(() => {
    if (resting > 0) resting -= 1
    else send()
  }, everyMs)
  timer.unref()

  return {
    offer: (spans) => {
      const room = mostWaiting - waiting.length
      if (spans.length <= room) waiting.push(...spans)
      else counted('dropped', spans.length)
    },
    stop: async () => {
      clearInterval(timer)
      await Promise.race([(sending ?? Promise.resolve()).then(send), Bun.sleep(farewellMs)])
      if (waiting.length > 0) counted('dropped', waiting.length)
    },
  }
}

const kinds = { internal: 1, server: 2, client: 3 } as const
const failedStatus = { code: 2 } as const

/** The body of an `ExportTraceServiceRequest` (opentelemetry-proto, JSON mapping: ids in hex, 64-bit numbers as text). */
function encode(resource: Attributes, spans: readonly Span[]) {
  return {
    resourceSpans: [
      {
        resource: { attributes: encodeAttributes(resource) },
        scopeSpans: [{ scope: { name: 'kkai' }, spans: spans.map(encodeSpan) }],
      },
    ],
  }
}

function encodeSpan(span: Span) {
  const { traceId, spanId, parentId, name, link } = span
  return {
    ...{ traceId, spanId, name, kind: kinds[span.kind] },
    ...(parentId !== null && { parentSpanId: parentId }),
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: encodeAttributes(span.attributes),
    ...(link !== null && { links: [link] }),
    ...(span.failed && { status: failedStatus }),
  }
}

/** To the microsecond: more would not fit a float. */
const nanoseconds = (ms: number) => `${Math.round(ms * 1_000)}000`

function encodeAttributes(attributes: Attributes) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === null ? [] : [{ key, value: encodeValue(value) }],
  )
}

function encodeValue(value: Value) {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value !== 'number') {
    return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } }
  }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
