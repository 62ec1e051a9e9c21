/** The table of refusals (wire.md §2), row by row: status, type, code and headers, always JSON in OpenAI's shape. */
import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import { type AskOptions, openWorld, type Reply } from '../helpers/world.ts'

const world = await openWorld({ KKAI_FIRST_BYTE_MS: '1000', KKAI_BODY_LIMIT_BYTES: '100000' })

type Row = [
  row: string,
  status: number,
  code: string,
  type: string,
  ask: () => Promise<Reply>,
  headers?: Record<string, RegExp | null>,
]

const ask = (fields: JsonObject, options?: AskOptions) =>
  world.ask({ model: 'sim-fast', ...fields }, options)
const keyWith = async (limits: Record<string, string>, credit = '1') =>
  (await world.customer({ credit, limits })).key

async function stoppedAccount(command: string): Promise<string> {
  const { account, key } = await world.customer()
  await world.run(`account ${command}`, { account, reason: 'test' })
  return key
}
async function switchedKey(command: string): Promise<string> {
  const { key, hash } = await world.customer()
  await world.run(`key ${command}`, { hash })
  return key
}
/** A key's second call within its limits. */
async function second(limits: Record<string, string>): Promise<Reply> {
  const key = await keyWith(limits)
  await ask({}, { key })
  return ask({}, { key })
}

const waits = { 'retry-after': /^[1-9]\d*$/ }
const limited = {
  ...waits,
  'retry-after-ms': /^[1-9]\d{3,}$/,
  'x-ratelimit-limit-requests': /^1$/,
  'x-ratelimit-remaining-requests': /^0$/,
  'x-ratelimit-reset-requests': /^(1m0s|\d+(\.\d)?s)$/,
}

// biome-ignore format: a table is read by its rows
const rows: Row[] = [
  ['a body that is no object', 400, 'invalid_request', 'invalid_request_error', () => raw('[]')],
  ['malformed JSON', 400, 'invalid_json', 'invalid_request_error', () => raw('{"model": "sim-fast",')],
  ['a bad field', 400, 'invalid_request', 'invalid_request_error', () => ask({ messages: 'Hello' })],
  ['a context too long', 400, 'context_length_exceeded', 'invalid_request_error', () => ask({ model: 'demo/context-length' })],
  ['what a translation cannot say', 400, 'unsupported_parameter', 'invalid_request_error', () => ask({ model: 'anthropic/sim-chat', n: 2 })],
  ['an upstream’s 400', 400, 'invalid_request', 'invalid_request_error', () => ask({ model: 'demo/400' })],
  ['a policy refusal', 400, 'content_policy', 'invalid_request_error', () => ask({ model: 'demo/policy' })],
  ['two credentials', 400, 'ambiguous_credentials', 'invalid_request_error', () => ask({}, { headers: { 'x-api-key': 'sk-kk-other' } })],
  ['no key', 401, 'invalid_api_key', 'invalid_request_error', () => ask({}, { headers: { authorization: '' } })],
  ['a bad key', 401, 'invalid_api_key', 'invalid_request_error', () => ask({}, { key: 'sk-kk-bad' })],
  ['a revoked key', 401, 'invalid_api_key', 'invalid_request_error', async () => ask({}, { key: await switchedKey('revoke') })],
  ['a disabled key', 401, 'invalid_api_key', 'invalid_request_error', async () => ask({}, { key: await switchedKey('disable') })],
  ['no credit', 402, 'insufficient_credits', 'insufficient_quota', async () => ask({}, { key: await keyWith({}, '0') }), { 'x-should-retry': /^false$/, 'retry-after': null }],
  ['a key’s budget spent', 402, 'key_limit_reached', 'insufficient_quota', async () => ask({}, { key: await keyWith({ limit: '0.000001' }) }), { 'x-should-retry': /^false$/, 'retry-after': null }],
  ['a suspended account', 403, 'account_suspended', 'permission_error', async () => ask({}, { key: await stoppedAccount('suspend') })],
  ['a model not allowed', 403, 'model_not_allowed', 'permission_error', async () => ask({}, { key: await keyWith({ models: 'sim-chat' }) })],
  ['an address not allowed', 403, 'ip_not_allowed', 'permission_error', async () => ask({}, { key: await keyWith({ ips: '203.0.113.0/24' }) })],
  ['an unknown model', 404, 'model_not_found', 'invalid_request_error', () => ask({ model: 'gpt-none' })],
  ['a model of another kind', 404, 'model_not_found', 'invalid_request_error', () => ask({ model: 'sim-embed' })],
  ['a retired model', 404, 'model_not_found', 'invalid_request_error', async () => ask({ model: await world.sell('old', { fields: { state: 'retired' } }) })],
  ['an unknown route', 404, 'not_found', 'invalid_request_error', () => ask({}, { path: 'completions' })],
  ['a body too large', 413, 'body_too_large', 'invalid_request_error', () => ask({ user: 'x'.repeat(100_000) })],
  ['requests a minute', 429, 'rate_limit_exceeded', 'rate_limit_error', () => second({ rpm: '1' }), limited],
  ['our credential refused', 502, 'upstream_error', 'upstream_error', () => ask({ model: 'demo/401' }), waits],
  ['our credit there spent', 502, 'upstream_error', 'upstream_error', () => ask({ model: 'demo/402-quota' }), waits],
  ['a provider that limits us', 503, 'overloaded', 'overloaded_error', () => ask({ model: 'demo/429' }), waits],
  ['a provider overloaded', 503, 'overloaded', 'overloaded_error', () => ask({ model: 'demo/529' }), waits],
  ['a provider too slow', 504, 'timeout', 'timeout', () => ask({ model: 'demo/timeout' }), { 'retry-after': null }],
]

/** A body as it is. */
async function raw(body: string): Promise<Reply> {
  const response = await fetch(`${world.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.key}` },
    body,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) }
}

test.each(rows)('%s: %i %s', async (_, status, code, type, asked, expected = {}) => {
  const { headers, body, ...reply } = await asked()
  expect(reply.status).toBe(status)
  expect(Object.keys(body)).toEqual(['error'])
  expect(Object.keys(body.error!)).toEqual(['message', 'type', 'param', 'code'])
  expect(body.error).toMatchObject({ code, type, message: expect.stringMatching(/^\w+ \w+/) })
  expect(headers.get('content-type')).toStartWith('application/json')
  expect(headers.get('x-request-id')).toMatch(/^(gen-|req_)[\da-z]{26}$/)
  for (const [name, pattern] of Object.entries(expected)) {
    if (pattern === null) expect(headers.get(name)).toBeNull()
    else expect(headers.get(name)).toMatch(pattern)
  }
})

test('a model of another kind is told as what it is, not as missing', async () => {
  const { body } = await ask({ model: 'sim-embed' })
  expect(body.error?.message).toBe('The model `sim-embed` is for embeddings, not for chat.')
})

describe('the limits stand on every reply', () => {
  const limits = { rpm: '100', tpm: '100000' }
  const names = ['limit', 'remaining', 'reset'].flatMap((what) =>
    ['requests', 'tokens'].map((of) => `x-ratelimit-${what}-${of}`),
  )

  test.each([
    ['an answer', {}, 200],
    ['a stream', { stream: true }, 200],
    ['a refusal', { model: 'gpt-none' }, 404],
    ['an upstream’s failure', { model: 'demo/500' }, 502],
  ])('%s', async (_, fields, status) => {
    const response = await world.send(
      { model: 'sim-fast', ...fields },
      { key: await keyWith(limits) },
    )
    await response.text()
    expect(response.status).toBe(status)
    expect(names.filter((name) => response.headers.get(name) === null)).toEqual([])
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('100')
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('99')
  })
})

test('a failed call names its record', async () => {
  const { headers } = await ask({ model: 'demo/500' })
  const id = headers.get('x-generation-id')!
  expect(headers.get('x-request-id')).toBe(id)
  expect(await world.generation(id)).toMatchObject({ outcome: 'failed', status: 502 })
})

test('a retired model’s refusal names its successor', async () => {
  const model = await world.sell('elder', { fields: { state: 'retired', successor: 'sim-chat' } })
  expect((await ask({ model })).body.error?.message).toContain('Use `sim-chat` instead')
})

test.each(['/api/v1/nothing', '/v1/nothing', '/api/v1', '/v1/'])(
  '%s is JSON, never a page',
  async (path) => {
    const response = await fetch(world.url + path)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } })
  },
)

test('another method is told which there is', async () => {
  const response = await fetch(`${world.url}/api/v1/chat/completions`)
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
})

test('a model without a confirmed price is not sold, never free', async () => {
  const model = {
    id: 'unpriced',
    context_length: 1000,
    channels: [{ channel: 'simulated', model: 'sim-fast' }],
  }
  await world.run('catalog apply', { file: JSON.stringify({ models: [model] }) })
  expect((await ask({ model: 'unpriced' })).body.error?.code).toBe('model_not_found')
})
