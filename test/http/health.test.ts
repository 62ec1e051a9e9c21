import { describe, expect, test } from 'bun:test'
import { healthRoutes } from '../../src/http/health.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { clock, open } from './open.ts'

let troubles: string[] = []
const metrics = createMetrics()
const findTroubles = async () => troubles
const { url } = open((http) =>
  http.use(healthRoutes({ clock, metrics, metricsToken: 'open-sesame', findTroubles })),
)

async function ask(path: string, headers: Record<string, string> = {}) {
  const reply = await fetch(url + path, { headers })
  return { status: reply.status, text: await reply.text() }
}

test('a process that runs is alive, ready or not', async () => {
  troubles = ['draining']
  expect(await ask('/healthz')).toEqual({ status: 200, text: '{"ok":true}' })
})

test('it is ready when nothing troubles it, and says what does', async () => {
  troubles = []
  expect(await ask('/readyz')).toEqual({ status: 200, text: '{"ok":true,"troubles":[]}' })
  troubles = ['disk_full', 'draining']
  expect(await ask('/readyz')).toEqual({
    status: 503,
    text: '{"ok":false,"troubles":["disk_full","draining"]}',
  })
})

describe('the metrics are read', () => {
  test.each<[string, Record<string, string>, number]>([
    ['from this machine', {}, 200],
    ['with the token', { authorization: 'Bearer open-sesame' }, 200],
    ['with the token through a proxy', { authorization: 'Bearer open-sesame', via: '1.1 x' }, 200],
    ['with another token', { authorization: 'Bearer sesame' }, 404],
    ['through a proxy on this machine', { 'x-forwarded-for': '203.0.113.9' }, 404],
    ['through another kind of proxy', { forwarded: 'for=203.0.113.9' }, 404],
  ])('%s: %j → %p', async (_, headers, status) => {
    expect((await ask('/metrics', headers)).status).toBe(status)
  })
})

test('what was counted is what Prometheus reads', async () => {
  const call = { model: 'demo/chat', operation: 'chat', outcome: 'complete' } as const
  const units = { input: 10, output: 5, reasoning: 0 }
  for (const durationMs of [200, 3_000]) {
    metrics.called({ ...call, units, charged: 1_234n, durationMs, firstTokenMs: 40 })
  }
  metrics.called({
    ...call,
    outcome: 'failed',
    units: {},
    charged: 0n,
    durationMs: 1,
    firstTokenMs: null,
  })
  metrics.refused('insufficient_credits')
  metrics.upstreamFailed('openai-1', 'limited')
  metrics.doubtedUsage('demo/no-usage')
  metrics.unhandled()
  metrics.jobRan('verify', 2, false)
  metrics.jobRan('verify', 1, true)
  metrics.traced('dropped', 5)
  metrics.show('kkai_holds_open', 'Holds.', () => 7)

  const { text } = await ask('/metrics')
  for (const line of [
    'kkai_calls_total{model="demo/chat",outcome="complete"} 2',
    'kkai_calls_total{model="demo/chat",outcome="failed"} 1',
    'kkai_units_total{model="demo/chat",unit="input"} 20',
    'kkai_units_total{model="demo/chat",unit="output"} 10',
    'kkai_charged_nano_usd_total{model="demo/chat"} 2468',
    'kkai_refusals_total{code="insufficient_credits"} 1',
    'kkai_upstream_failures_total{channel="openai-1",kind="limited"} 1',
    'kkai_doubted_usage_total{model="demo/no-usage"} 1',
    'kkai_unhandled_rejections_total 1',
    'kkai_job_runs_total{job="verify",outcome="done"} 1',
    'kkai_job_runs_total{job="verify",outcome="failed"} 1',
    'kkai_job_seconds_total{job="verify"} 3',
    'kkai_trace_spans_total{fate="dropped"} 5',
    'kkai_holds_open 7',
    'gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_request_model="demo/chat"} 3',
    'gen_ai_server_time_to_first_token_seconds_count{gen_ai_operation_name="chat",gen_ai_request_model="demo/chat"} 2',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
  expect(text).toContain('kkai_event_loop_lag_seconds ')
})

test('two servers in one process count apart', async () => {
  expect(await createMetrics().expose()).not.toContain('demo/chat')
})
