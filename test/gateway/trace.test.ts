/** Traces of calls, as a collector gets them (OpenTelemetry's `gen_ai` conventions). */
import { afterAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import { readTraceparent } from '../../src/gateway/trace.ts'
import { openCollector, type Received } from '../helpers/collector.ts'
import { type AskOptions, openWorld } from '../helpers/world.ts'

const collector = openCollector()
const on = { KKAI_OTEL_ENDPOINT: collector.url, KKAI_OTEL_HEADERS: 'x-tenant=ours,x-a=b=c' }
const world = await openWorld(on)
const { hostname, port } = new URL(world.simulator.url)

const theirs = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const messages = [{ role: 'user', content: 'tell nobody of the canary' }]

/** Calls, and gives the trace of it: the whole, then its steps in order. */
async function traced(fields: JsonObject, options: AskOptions = {}): Promise<Received[]> {
  const before = collector.spans.length
  await world.send({ messages, ...fields }, options).then((reply) => reply.text().catch(() => {}))
  await collector.until((span) => span.kind === 2 && collector.spans.indexOf(span) >= before)
  const [whole, ...steps] = collector.spans.slice(before)
  for (const step of steps) {
    expect([step.traceId, step.parentSpanId]).toEqual([whole!.traceId, whole!.spanId])
    expect(BigInt(step.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(whole!.startTimeUnixNano))
    expect(BigInt(step.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(whole!.endTimeUnixNano))
  }
  return [whole!, ...steps]
}

describe.each([false, true])('a call, streamed: %p', (stream) => {
  test('is one trace: hold, attempt, settle', async () => {
    const [whole, hold, attempt, settle] = await traced({ model: 'sim-chat', stream })
    expect(whole).toMatchObject({ name: 'chat sim-chat', kind: 2 })
    expect(whole?.status).toBeUndefined()
    expect(whole?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'sim-chat',
      'gen_ai.request.stream': stream,
      'gen_ai.provider.name': 'simulated',
      'gen_ai.response.id': expect.stringMatching(/^gen-/),
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
      'http.response.status_code': 200,
      'kkai.outcome': 'complete',
      'kkai.first_token_ms': expect.any(Number),
    })
    const record = await world.generation(String(whole?.attributes['gen_ai.response.id']))
    expect(whole?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': record.tokens_prompt,
      'gen_ai.usage.output_tokens': record.tokens_completion,
    })
    expect([hold?.name, settle?.name]).toEqual(['hold', 'settle'])
    expect(attempt).toMatchObject({ name: 'chat sim-chat', kind: 3 })
    expect(attempt?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'sim-chat',
      'gen_ai.provider.name': 'simulated',
      'server.address': hostname,
      'server.port': Number(port),
      'kkai.channel': 'simulated',
    })
  })
})

test('embeddings are named so', async () => {
  const call = { model: 'sim-embed', input: 'x' }
  const [whole] = await traced(call, { path: 'embeddings' })
  expect(whole).toMatchObject({
    name: 'embeddings sim-embed',
    attributes: { 'gen_ai.operation.name': 'embeddings', 'gen_ai.usage.output_tokens': 0 },
  })
})

describe('what goes wrong has a word of a closed list', () => {
  test('each attempt that failed, and the whole where none was left', async () => {
    const channels = ['simulated', 'simulated-anthropic'].map((channel, priority) => ({
      ...{ channel, model: 'demo/500', priority },
    }))
    const model = await world.sell('twice', { channels })
    const [whole, hold, first, second, settle] = await traced({ model })
    expect(whole).toMatchObject({
      status: { code: 2 },
      attributes: {
        ...{ 'error.type': 'upstream_error', 'http.response.status_code': 502 },
        'kkai.outcome': 'failed',
      },
    })
    expect(hold?.status).toBeUndefined()
    expect([first, second].map((step) => step?.attributes['error.type'])).toEqual(
      Array(2).fill(expect.stringMatching(/^(broken|overloaded)$/)),
    )
    expect(settle).toMatchObject({ name: 'settle' })
  })

  test('a refusal before anything was sent', async () => {
    const { key } = await world.customer({ credit: '0' })
    const [whole, ...steps] = await traced({ model: 'sim-chat' }, { key })
    expect(whole).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'insufficient_credits' },
    })
    expect(steps.map(({ name }) => name)).toEqual(['hold'])
  })

  test('a stream that breaks off: its attempt and the whole', async () => {
    const [whole, , attempt] = await traced({ model: 'demo/broken-stream', stream: true })
    expect(whole?.attributes).toMatchObject({ 'kkai.outcome': 'broken' })
    expect(attempt?.attributes['error.type']).toBe('broken')
  })
})

test("a client's traceparent is linked, and decides nothing", async () => {
  const [whole] = await traced({ model: 'sim-chat' }, { headers: { traceparent: theirs } })
  const [, traceId, spanId] = theirs.split('-')
  expect(whole?.links).toEqual([{ traceId, spanId }] as never)
  expect(whole?.traceId).not.toBe(traceId!)
  expect(whole?.parentSpanId).toBeUndefined()
})

describe('a provider is sent', () => {
  let got = new Headers()
  const provider = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    fetch: (request) => {
      got = request.headers
      return new Response('no', { status: 400 })
    },
  })
  afterAll(() => provider.stop(true))
  const headers = { traceparent: theirs, tracestate: 'a=b' }
  const offer = {
    newChannels: [
      {
        ...{ id: 'watched', provider: 'openai-compatible', allow_private: true },
        base_url: `${provider.url.origin}/v1`,
      },
    ],
    channels: [{ channel: 'watched', model: 'upstream' }],
  }

  test("neither the client's trace nor ours", async () => {
    await traced({ model: await world.sell('watched', offer) }, { headers })
    expect([...got.keys()]).toContain('x-request-id')
    expect([got.get('traceparent'), got.get('tracestate')]).toEqual([null, null])
  })

  test('the id of its attempt, once the operator says otel_propagate', async () => {
    const other = openCollector()
    const open = await openWorld({ KKAI_OTEL_ENDPOINT: other.url, KKAI_OTEL_PROPAGATE: 'true' })
    await open.ask({ model: await open.sell('watched', offer), messages }, { headers })
    const { traceId, spanId } = await other.until(({ kind }) => kind === 3)
    expect(got.get('traceparent')).toBe(`00-${traceId}-${spanId}-01`)
    expect(got.get('tracestate')).toBeNull()
  })
})

test('nothing of what was said, who said it, or by which key leaves', () => {
  const all = collector.requests.map(({ text }) => text).join('\n')
  expect(all).toContain('sim-chat')
  for (const secret of ['canary', world.key, world.account, 'example.com', 'sk-']) {
    expect(all).not.toContain(secret)
  }
  const [{ headers }] = collector.requests as [(typeof collector.requests)[0]]
  expect([headers.get('x-tenant'), headers.get('x-a')]).toEqual(['ours', 'b=c'])
})

test('the metrics count what was sent', async () => {
  const text = await fetch(`${world.url}/metrics`).then((reply) => reply.text())
  expect(text).toMatch(/kkai_trace_spans_total\{fate="sent"\} [1-9]/)
})

describe('a share of calls', () => {
  test('of none traces none, though the client asks for it', async () => {
    const quiet = openCollector()
    const none = await openWorld({ KKAI_OTEL_ENDPOINT: quiet.url, KKAI_OTEL_SAMPLE: '0' })
    const asked = { headers: { traceparent: theirs } }
    expect((await none.ask({ model: 'sim-chat', messages }, asked)).status).toBe(200)
    await none.stop()
    expect(quiet.requests).toEqual([])
  })
})

test('a dead collector: calls are answered, and the server stops in time', async () => {
  const alone = await openWorld({ KKAI_OTEL_ENDPOINT: 'http://127.0.0.1:1' })
  expect((await alone.ask({ model: 'sim-chat', messages })).status).toBe(200)
  expect(await alone.stop()).toBe(0)
})

test.each([
  [theirs, true],
  [`${theirs}-later`, false],
  [theirs.replace('00-', 'cc-'), true],
  [`${theirs.replace('00-', 'cc-')}-later`, true],
  [theirs.replace('00-', 'ff-'), false],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, false],
  [`00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`, false],
  [theirs.toUpperCase(), false],
  [theirs.slice(1), false],
  ['', false],
  [null, false],
])('traceparent %p is one: %p (W3C Trace Context §3.2)', (header, good) => {
  expect(readTraceparent(header) !== null).toBe(good)
})
