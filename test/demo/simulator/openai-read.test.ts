/** What OpenAI's side refuses, in words and shapes that the official client reads. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import OpenAI from 'openai'
import type { JsonObject } from '../../../src/base/json.ts'
import { readModel } from '../../../src/demo/simulator/models.ts'
import { openaiChat } from '../../../src/demo/simulator/openai.ts'
import { Refusal } from '../../../src/demo/simulator/refusal.ts'
import { ask, credentials, lastEntry, simulator } from './ask.ts'

const openai = new OpenAI({ apiKey: 'sk-sim-a', baseURL: `${simulator.url}/v1`, maxRetries: 0 })
const role = fc.constantFrom('user', 'assistant', 'system', 'tool')
const user = (content: string) => ({ role: 'user' as const, content })

describe('A request is refused', () => {
  const call = (fields: object) => ({
    role: 'assistant',
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}', ...fields } },
    ],
  })
  test.each([
    ['without messages', { messages: undefined }, 'messages'],
    ['with a role unknown', { messages: [{ role: 'robot', content: 'x' }] }, 'Invalid value'],
    ['with content null', { messages: [{ role: 'user', content: null }] }, 'got null'],
    [
      'with content of an unknown type',
      { messages: [{ role: 'user', content: [{ type: 'smell' }] }] },
      "'smell'",
    ],
    [
      'with an image that is no URL',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'cat' } }] }] },
      'image URL',
    ],
    [
      'with a tool result out of nowhere',
      { messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] },
      'must be a response',
    ],
    ['with a tool call unanswered', { messages: [user('x'), call({}), user('y')] }, 'c1'],
    [
      'with arguments that are no string',
      { messages: [user('x'), call({ arguments: {} })] },
      'expected a string',
    ],
    ['with temperature 3', { temperature: 3 }, '<= 2'],
    ['with temperature as text', { temperature: '1' }, 'expected a decimal'],
    ['with max_tokens 0', { max_tokens: 0 }, '>= 1'],
    ['with both limits', { max_tokens: 5, max_completion_tokens: 5 }, 'at the same time'],
    ['with n 0', { n: 0 }, '>= 1'],
    [
      'with stream_options but no stream',
      { stream_options: { include_usage: true } },
      'only allowed when',
    ],
    ['with a tool of no type', { tools: [{ function: { name: 'f' } }] }, "expected 'function'"],
    [
      'with a tool named badly',
      { tools: [{ type: 'function', function: { name: 'a b' } }] },
      'pattern',
    ],
    [
      'with a tool whose schema is no object',
      { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'string' } } }] },
      'type: "object"',
    ],
    ['with a choice but no tools', { tool_choice: 'auto' }, 'only allowed when'],
    [
      'with max_tokens to a reasoning model',
      { model: 'sim-reasoner', max_tokens: 5 },
      'max_completion_tokens',
    ],
    [
      'with temperature to a reasoning model',
      { model: 'sim-reasoner', temperature: 0.5 },
      'default (1)',
    ],
    [
      'with an unknown field, where strict',
      { model: 'demo/strict', x: 1 },
      'Unrecognized request argument supplied: x',
    ],
    [
      'without its reasoning, where that must come back',
      {
        model: 'demo/deepseek',
        messages: [user('x'), call({}), { role: 'tool', tool_call_id: 'c1', content: 'y' }],
      },
      'reasoning_content',
    ],
  ])('%s', async (_, fields, words) => {
    const response = await ask('openai-chat', fields as never)
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { type: string; message: string } }
    expect(error.type).toBe('invalid_request_error')
    expect(error.message).toContain(words)
    expect((await lastEntry()).outcome).toBe('failed')
  })

  test('that is not JSON', async () => {
    expect((await ask('openai-chat', {}, { body: '{"model":' })).status).toBe(400)
  })

  test('longer than the model reads', async () => {
    const response = await ask('openai-chat', { messages: [user('x '.repeat(200_001))] })
    expect(await response.json()).toMatchObject({ error: { code: 'context_length_exceeded' } })
  })

  test.each([
    ['no model known', {}, { model: 'demo/nothing' }, 404, 'model_not_found'],
    ['a model parameter unknown', {}, { model: 'sim-chat@speed=9' }, 404, 'model_not_found'],
    ['no key', { headers: {} }, {}, 401, 'invalid_api_key'],
    [
      'a customer’s key',
      { headers: { authorization: 'Bearer sk-kk' } },
      {},
      401,
      'invalid_api_key',
    ],
    ['a bad key', { headers: { authorization: 'Bearer sk-bad-1' } }, {}, 401, 'invalid_api_key'],
    ['Anthropic’s header', { headers: { 'x-api-key': 'sk-sim' } }, {}, 401, 'invalid_api_key'],
    [
      'both headers',
      { headers: { ...credentials['openai-chat'], 'x-api-key': 'sk-sim' } },
      {},
      401,
      'invalid_api_key',
    ],
  ])('that has %s', async (_, init, fields, status, code) => {
    const response = await ask('openai-chat', fields, init as RequestInit)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  test('in a shape that the official client tells apart', async () => {
    const refused = openai.chat.completions.create({ model: 'demo/429', messages: [user('x')] })
    const error = await refused.catch((error) => error)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(error.code).toBe('rate_limit_exceeded')
    expect(error.headers.get('retry-after')).toBe('2')
  })
})

test('Whatever is in a request, it is answered or refused', () => {
  const model = readModel('sim-chat@tokens=3')!
  const headers = new Headers(credentials['openai-chat'])
  const desk = { count: 1, seed: 1, cache: new Set<bigint>(), headers }
  const good = { model: 'sim-chat', messages: [user('x')] }
  const names = fc.constantFrom(
    'tools',
    'tool_choice',
    'n',
    'stop',
    'response_format',
    'stream_options',
    'reasoning_effort',
    'max_tokens',
  )
  const nest = fc.jsonValue({ maxDepth: 3 })
  fc.assert(
    fc.property(fc.dictionary(names, nest), fc.array(fc.tuple(role, nest)), (fields, said) => {
      const messages = said.map(([role, content]) => ({ role, content }))
      const body = { ...good, ...(messages.length > 0 && { messages }), ...fields } as JsonObject
      try {
        const turn = openaiChat.open(body, model, desk)
        expect(JSON.parse(turn.reply().text)).toBeObject()
        expect([...turn.frames()].length).toBeGreaterThan(2)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }),
  )
})

describe('a catalogue made for the real providers works here too', () => {
  const client = new OpenAI({ apiKey: 'sk-proj-any', baseURL: simulator.url, maxRetries: 0 })

  test('by any chat model’s name, any credential, and a base URL without /v1', async () => {
    const messages = [{ role: 'user' as const, content: 'Hello' }]
    const reply = await client.chat.completions.create({ model: 'gpt-5-mini', messages })
    expect(reply.model).toBe('gpt-5-mini')
    expect(reply.choices[0]?.message.content).toStartWith('You said: Hello')
  })

  test('by any embedding model’s name', async () => {
    const model = 'text-embedding-3-small'
    const reply = await client.embeddings.create({ model, input: 'Hello' })
    expect(reply.data[0]?.embedding).toHaveLength(256)
  })
})
