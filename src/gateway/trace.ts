/**
 * The trace of a call, by OpenTelemetry's `gen_ai` conventions: one span for the whole, and below it one for each step,
 * one after the other: hold, every attempt at an upstream, settle. It names models, channels, counts and codes, never
 * content, a key, an account or an address of a person. A trace is always ours: what the client sends as `traceparent` is
 * only linked, so a stranger can neither choose our ids nor what is sampled.
 */
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/error.ts'
import { readHeaders } from '../base/kind.ts'
import type { Logger } from '../base/log.ts'
import { completionTokens, promptTokens, type Units } from '../base/units.ts'
import type { Model, Route } from '../catalog/model.ts'
import type { Metrics } from '../http/metrics.ts'
import { type Attributes, type Exporter, openOtlp, type Span, type SpanId } from '../http/otlp.ts'
import { ProviderError } from './failure.ts'

export interface Tracer {
  /** Null for a call that is not sampled. */
  begin(model: Model, streamed: boolean, traceparent: string | null): Trace | null
  /** Sends what waits, for a moment. */
  stop(): Promise<void>
}

export interface Trace {
  /** What it does next; the step before is over. */
  step(name: 'hold' | 'settle'): void
  /** An attempt begins. Answers the header line for the upstream: empty unless the operator wants it told. */
  ask(route: Route): string
  /** What it is doing fails. */
  fail(cause: unknown): void
  /** Once; later ones are ignored. `error` is a code of ours, null when all went well. */
  end(error: string | null, attributes?: Attributes): void
}

/** The part of the settings that says what is traced; `config.ts` says what each means. */
interface TraceSettings {
  otelEndpoint: string | null
  otelHeaders: string | null
  otelSample: number
  otelPropagate: boolean
}
interface Surroundings {
  clock: Clock
  log: Logger
  metrics: Metrics
  instanceId: string
  version: string
}

/** Null without a collector. */
export function openTracer(settings: TraceSettings, around: Surroundings): Tracer | null {
  const { otelEndpoint, otelHeaders, otelSample, otelPropagate } = settings
  const { clock, log, metrics, instanceId, version } = around
  if (otelEndpoint === null) return null
  const resource = { 'service.name': 'kkai', 'service.version': version }
  const exporter = openOtlp({
    ...{ endpoint: otelEndpoint, headers: readHeaders(otelHeaders), log },
    resource: { ...resource, 'service.instance.id': instanceId },
    counted: metrics.traced,
  })
  return {
    begin: (...call) =>
      Math.random() < otelSample ? beginTrace({ exporter, clock, otelPropagate }, ...call) : null,
    stop: exporter.stop,
  }
}

interface Way {
  exporter: Exporter
  clock: Clock
  otelPropagate: boolean
}

function beginTrace(
  { exporter, clock, otelPropagate }: Way,
  ...[model, streamed, traceparent]: Parameters<Tracer['begin']>
): Trace {
  const startedAt = clock.elapsed()
  const startMs = clock.now()
  const now = () => startMs + clock.elapsed() - startedAt
  const operation = model.kind
  const whole: Span = {
    ...{ traceId: randomHex(16), spanId: randomHex(8), parentId: null },
    ...{ name: `${operation} ${model.id}`, kind: 'server', startMs, endMs: startMs, failed: false },
    link: readTraceparent(traceparent),
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.request.model': model.id,
      'gen_ai.request.stream': streamed,
    },
  }
  const steps: Span[] = []
  let ended = false

  function begin(name: string, kind: Span['kind'], attributes: Attributes): Span {
    const at = now()
    const before = steps.at(-1)
    if (before) before.endMs = at
    const { traceId, spanId } = whole
    const step: Span = {
      ...{ traceId, spanId: randomHex(8), parentId: spanId, link: null },
      ...{ name, kind, startMs: at, endMs: at, attributes, failed: false },
    }
    steps.push(step)
    return step
  }

  return {
    step: (name) => {
      begin(name, 'internal', {})
    },
    ask: ({ channel, upstreamModel }) => {
      const { hostname, port, protocol } = new URL(channel.baseUrl)
      const provider = { 'gen_ai.provider.name': providerName(channel.provider) }
      whole.attributes = { ...whole.attributes, ...provider }
      const { traceId, spanId } = begin(`${operation} ${upstreamModel}`, 'client', {
        ...{ 'gen_ai.operation.name': operation, 'gen_ai.request.model': upstreamModel },
        ...provider,
        'server.address': hostname,
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
        'kkai.channel': channel.id,
      })
      return otelPropagate ? `traceparent: 00-${traceId}-${spanId}-01\r\n` : ''
    },
    fail: (cause) => {
      const step = steps.at(-1)
      if (step) mark(step, errorType(cause))
    },
    end: (error, attributes = {}) => {
      if (ended) return
      ended = true
      whole.attributes = { ...whole.attributes, ...attributes }
      whole.endMs = now()
      const last = steps.at(-1)
      if (last) last.endMs = whole.endMs
      if (error !== null) mark(whole, error)
      exporter.offer([whole, ...steps])
    },
  }
}

function mark(span: Span, type: string): void {
  span.failed = true
  span.attributes = { ...span.attributes, 'error.type': type }
}

/** A word of a closed list: an upstream's own words may hold what the client sent. */
export function errorType(cause: unknown): string {
  if (cause instanceof AppError) return cause.code
  return cause instanceof ProviderError ? cause.failure.kind : 'internal_error'
}

/** What the whole span says of a call that was settled. */
export function describeEnd(end: {
  id: string
  units: Units
  finish: string | null
  firstTokenMs: number | null
}): Attributes {
  return {
    'gen_ai.response.id': end.id,
    'gen_ai.response.finish_reasons': end.finish === null ? null : [end.finish],
    'gen_ai.usage.input_tokens': promptTokens(end.units),
    'gen_ai.usage.output_tokens': completionTokens(end.units),
    'kkai.first_token_ms': end.firstTokenMs,
  }
}

/** The conventions' name where it is not the one that we use. */
const conventional: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
}
const providerName = (name: string) => conventional[name] ?? name

/** W3C Trace Context: version 00, and of later ones what they share with it; null for anything else. */
export function readTraceparent(header: string | null): SpanId | null {
  const form =
    /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(?:-|$)/
  const [, traceId, spanId] = form.exec(header ?? '') ?? []
  return traceId && spanId ? { traceId, spanId } : null
}

function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}
