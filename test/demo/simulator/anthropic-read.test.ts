/** What Anthropic's side refuses, in words and shapes that the official client reads. */
import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import type { JsonObject } from '../../../src/base/json.ts'
import { anthropicMessages } from '../../../src/demo/simulator/anthropic.ts'
import { readModel } from '../../../src/demo/simulator/models.ts'
import { Refusal } from '../../../src/demo/simulator/refusal.ts'
import { ask, credentials, simulator } from './ask.ts'

const anthropic = new Anthropic({
  apiKey: 'sk-sim-a',
  authToken: null,
  baseURL: simulator.url,
  maxRetries: 0,
})
const role = fc.constantFrom('user', 'assistant', 'system', 'tool')
const user = (content: string) => ({ role: 'user' as const, content })
const weather: Anthropic.Tool = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const base = { model: 'sim-chat', max_tokens: 2000 }

describe('A request is refused', () => {
  const use = (fields = {}) => ({
    role: 'assistant',
    content: [{ type: 'tool_use', id: 't1', name: 'f', input: {}, ...fields }],
  })
  const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'x' })
  const turn = (...content: unknown[]) => ({ role: 'user', content })
  const text = (text: string, more = {}) => ({ type: 'text', text, ...more })
  const marked = text('x', { cache_control: { type: 'ephemeral' } })

  test.each([
    ['without max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['with max_tokens 0', { max_tokens: 0 }, 'greater than or equal to 1'],
    ['with max_tokens above the most', { max_tokens: 128_001 }, 'maximum allowed number'],
    ['with an unknown field', { n: 2 }, 'n: Extra inputs are not permitted'],
    ['with temperature 1.5', { temperature: 1.5 }, 'temperature: range: 0..1'],
    ['with temperature and top_p', { temperature: 1, top_p: 1 }, 'cannot both be specified'],
    ['with two user turns in a row', { messages: [user('a'), user('b')] }, 'roles must alternate'],
    [
      'that starts with the assistant',
      { messages: [{ role: 'assistant', content: 'a' }] },
      'first message must use the "user" role',
    ],
    [
      'that ends with the assistant',
      { messages: [user('a'), { role: 'assistant', content: 'b' }] },
      'prefill',
    ],
    ['with an empty text', { messages: [user('')] }, 'must be non-empty'],
    ['with a blank text', { messages: [turn(text(' '))] }, 'non-whitespace'],
    ['with an empty system text', { system: '' }, 'must be non-empty'],
    ['with no content', { messages: [turn()] }, 'non-empty content'],
    [
      'with a tool use unanswered',
      { messages: [user('a'), use(), user('b')] },
      'without `tool_result` blocks immediately after: t1',
    ],
    [
      'with a tool result of nothing',
      { messages: [turn(result('t9'))] },
      'unexpected `tool_use_id`',
    ],
    [
      'with words before the result',
      { messages: [user('a'), use(), turn(text('b'), result('t1'))] },
      'must come first',
    ],
    [
      'with tool input as text',
      { messages: [user('a'), use({ input: '{}' }), turn(result('t1'))] },
      'valid dictionary',
    ],
    [
      'with OpenAI’s tool shape',
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      'name: String should match',
    ],
    ['with a tool without schema', { tools: [{ name: 'f' }] }, 'input_schema: Field required'],
    [
      'with OpenAI’s image',
      { messages: [turn({ type: 'image_url', image_url: { url: 'https://x/' } })] },
      "'image_url'",
    ],
    [
      'with an image that is not base64',
      {
        messages: [
          turn({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '!' } }),
        ],
      },
      'invalid base64',
    ],
    [
      'with five cache marks',
      { messages: [turn(marked, marked, marked, marked, marked)] },
      'maximum of 4 blocks',
    ],
    ['with a small thinking budget', { thinking: { type: 'enabled', budget_tokens: 100 } }, '1024'],
    [
      'with a budget above max_tokens',
      { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 1000 },
      'must be greater than',
    ],
    [
      'thinking at temperature 0',
      { thinking: { type: 'adaptive' }, temperature: 0 },
      'may only be set to 1',
    ],
    [
      'thinking while a tool is forced',
      { thinking: { type: 'adaptive' }, tools: [weather], tool_choice: { type: 'any' } },
      'forces tool use',
    ],
    ['with a choice of OpenAI’s', { tools: [weather], tool_choice: 'auto' }, 'tool_choice'],
  ])('%s', async (_, fields, words) => {
    const response = await ask('anthropic-messages', fields as never)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(words) },
      request_id: response.headers.get('request-id'),
    })
  })

  const { 'x-api-key': key, ...version } = credentials['anthropic-messages']
  test.each([
    ['no key', version, 401],
    ['another key', { ...version, 'x-api-key': 'sk-kk' }, 401],
    ['another bearer token', { ...version, authorization: 'Bearer sk-kk' }, 401],
    ['both headers', { ...version, 'x-api-key': key, authorization: 'Bearer sk-sim' }, 401],
    ['no version', { 'x-api-key': key }, 400],
    ['a version unknown', { 'x-api-key': key, 'anthropic-version': '2030-01-01' }, 400],
  ])('that has %s', async (_, headers, status) => {
    expect((await ask('anthropic-messages', {}, { headers } as RequestInit)).status).toBe(status)
  })

  test('with a temperature, even the default, since the newest version', async () => {
    const headers = { ...version, 'x-api-key': key, 'anthropic-version': '2026-10-21' }
    const response = await ask('anthropic-messages', { temperature: 1 }, { headers })
    expect(await response.text()).toContain('temperature: Extra inputs are not permitted')
  })

  test('in a shape that the official client tells apart', async () => {
    const refused = anthropic.messages.create({ ...base, model: 'demo/529', messages: [user('x')] })
    const error = await refused.catch((error) => error)
    expect(error).toBeInstanceOf(Anthropic.APIError)
    expect(error.status).toBe(529)
    expect(error.error.error.type).toBe('overloaded_error')
  })
})

test('An older model takes prefill, and temperature with top_p', async () => {
  const messages = [user('a'), { role: 'assistant', content: 'b' }]
  const response = await ask('anthropic-messages', {
    model: 'sim-old',
    messages,
    temperature: 1,
    top_p: 1,
  })
  expect(response.status).toBe(200)
})

test('Whatever is in a request, it is answered or refused', () => {
  const model = readModel('sim-chat@tokens=3')!
  const headers = new Headers(credentials['anthropic-messages'])
  const desk = { count: 1, seed: 1, cache: new Set<bigint>(), headers }
  const good = { model: 'sim-chat', max_tokens: 9, messages: [user('x')] }
  const names = fc.constantFrom(
    'tools',
    'tool_choice',
    'system',
    'thinking',
    'output_config',
    'stop_sequences',
    'cache_control',
    'stream',
  )
  const nest = fc.jsonValue({ maxDepth: 3 })
  fc.assert(
    fc.property(fc.dictionary(names, nest), fc.array(fc.tuple(role, nest)), (fields, said) => {
      const messages = said.map(([role, content]) => ({ role, content }))
      const body = { ...good, ...(messages.length > 0 && { messages }), ...fields } as JsonObject
      try {
        const turn = anthropicMessages.open(body, model, desk)
        expect(JSON.parse(turn.reply().text)).toBeObject()
        expect([...turn.frames()].length).toBeGreaterThan(2)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }),
  )
})
