/**
 * What is counted for Prometheus, in one registry made at start. Labels are closed sets or names that an admin chose, so
 * a stranger cannot grow them. OpenTelemetry's names (`gen_ai_*`) where it has one.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ErrorCode } from '../base/error.ts'
import { type Units, unitClasses } from '../base/units.ts'
import type { SpanFate } from './otlp.ts'

/** One call, once it is settled. */
export interface CountedCall {
  model: string
  operation: 'chat' | 'embeddings'
  /** How it ended: the usage record's own word. */
  outcome: string
  units: Units
  /** Nano-USD. */
  charged: bigint
  durationMs: number
  /** Null where nothing was sent. */
  firstTokenMs: number | null
}

type Maybe<T> = T | Promise<T>

export interface Metrics {
  called(call: CountedCall): void
  refused(code: ErrorCode): void
  upstreamFailed(channel: string, kind: string): void
  /** The upstream's usage was missing or could not be believed. */
  doubtedUsage(model: string): void
  /** A callback that is not believed; both are closed lists. */
  callbackRefused(processor: string, why: string): void
  /** A bug: a promise that nobody caught. */
  unhandled(): void
  jobRan(job: string, seconds: number, failed: boolean): void
  traced(fate: SpanFate, spans: number): void
  /** Shows a number that someone else keeps, read when asked for; null, or one that cannot be read, is left out. */
  show(name: string, help: string, read: () => Maybe<number | null>): void
  /** The same by one label, whose values are a closed list or an admin's. */
  showBy(
    label: string,
    ...rest: [name: string, help: string, read: () => Maybe<ReadonlyMap<string, number>>]
  ): void
  /** Prometheus' text. */
  expose(): Promise<string>
}

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE

const seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers })
  const duration = (name: string, help: string) =>
    new Histogram({
      name,
      help,
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model'],
      buckets: seconds,
      registers,
    })

  const calls = counter('kkai_calls_total', 'Calls by how they ended.', 'model', 'outcome')
  const units = counter('kkai_units_total', 'Tokens and other units, by class.', 'model', 'unit')
  const charged = counter('kkai_charged_nano_usd_total', 'Charged to customers.', 'model')
  const refusals = counter('kkai_refusals_total', 'Requests refused, by code.', 'code')
  const failures = counter(
    'kkai_upstream_failures_total',
    'Failed attempts, by channel.',
    'channel',
    'kind',
  )
  const doubts = counter('kkai_doubted_usage_total', 'Usage missing or not believed.', 'model')
  const callbacks = counter(
    'kkai_callbacks_refused_total',
    'Callbacks of payment processors that are not believed.',
    'processor',
    'why',
  )
  const unhandled = counter('kkai_unhandled_rejections_total', 'Bugs: errors that nothing caught.')
  const whole = duration('gen_ai_server_request_duration_seconds', 'From request to last byte.')
  const first = duration(
    'gen_ai_server_time_to_first_token_seconds',
    'From request to first output.',
  )

  const runs = counter('kkai_job_runs_total', 'Runs of jobs by how they ended.', 'job', 'outcome')
  const ran = counter('kkai_job_seconds_total', 'Time that jobs took.', 'job')
  const spans = counter('kkai_trace_spans_total', 'Spans by what became of them.', 'fate')

  function show(name: string, help: string, read: () => Maybe<number | null>): void {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const value = await tryTo(read)
        if (value === null) this.remove()
        else this.set(value)
      },
    })
  }
  const showBy: Metrics['showBy'] = (label, name, help, read) => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      async collect() {
        const values = await tryTo(read)
        this.reset()
        for (const [of, value] of values ?? []) this.set({ [label]: of }, value)
      },
    })
  }
  show('process_resident_memory_bytes', 'Memory.', () => process.memoryUsage.rss())
  show('process_uptime_seconds', 'Time since start.', () => process.uptime())
  show('kkai_event_loop_lag_seconds', 'One turn of the event loop, now.', measureTurn)

  return {
    called({ model, operation, outcome, units: counts, charged: nano, durationMs, firstTokenMs }) {
      const labels = { gen_ai_operation_name: operation, gen_ai_request_model: model }
      calls.inc({ model, outcome })
      charged.inc({ model }, Number(nano))
      whole.observe(labels, durationMs / 1000)
      if (firstTokenMs !== null) first.observe(labels, firstTokenMs / 1000)
      for (const unit of unitClasses) {
        const count = counts[unit]
        if (count) units.inc({ model, unit }, count)
      }
    },
    refused: (code) => refusals.inc({ code }),
    upstreamFailed: (channel, kind) => failures.inc({ channel, kind }),
    doubtedUsage: (model) => doubts.inc({ model }),
    callbackRefused: (processor, why) => callbacks.inc({ processor, why }),
    unhandled: () => unhandled.inc(),
    jobRan: (job, seconds, failed) => {
      runs.inc({ job, outcome: failed ? 'failed' : 'done' })
      ran.inc({ job }, seconds)
    },
    traced: (fate, count) => spans.inc({ fate }, count),
    ...{ show, showBy },
    expose: () => registry.metrics(),
  }
}

/** One number that cannot be read must not hide the others. */
async function tryTo<T>(read: () => Maybe<T>): Promise<T | null> {
  try {
    return await read()
  } catch {
    return null
  }
}

async function measureTurn(): Promise<number> {
  const start = performance.now()
  await new Promise(setImmediate)
  return (performance.now() - start) / 1000
}
