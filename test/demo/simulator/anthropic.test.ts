/** What the official Anthropic client makes of the simulated provider. */
import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { countTokens } from '../../../src/demo/simulator/words.ts'
import { ask, credentials, readStream, simulator } from './ask.ts'

const anthropic = new Anthropic({
  apiKey: 'sk-sim-a',
  authToken: null,
  baseURL: simulator.url,
  maxRetries: 0,
})
const user = (content: string) => ({ role: 'user' as const, content })
const weather: Anthropic.Tool = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const base = { model: 'sim-chat', max_tokens: 2000 }

describe('A message', () => {
  test('is the same whole and streamed', async () => {
    const question = { ...base, messages: [user('hello there')] }
    const whole = await anthropic.messages.create(question)
    const streamed = await anthropic.messages.stream(question).finalMessage()
    expect(whole.content).toEqual([
      { type: 'text', text: expect.stringContaining('You said: hello there.') } as never,
    ])
    expect(whole.stop_reason).toBe('end_turn')
    expect(streamed.content as unknown).toEqual(whole.content)
    expect(streamed.usage).toMatchObject({ ...whole.usage })
  })

  test('streams the events of the real one, in order', async () => {
    const response = await ask('anthropic-messages', { model: 'sim-chat@tokens=2', stream: true })
    const { frames } = await readStream(response)
    const types = frames.map(({ event, data }) => {
      expect(JSON.parse(data).type).toBe(event)
      return event
    })
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  test('stops after max_tokens, to the token', async () => {
    const answer = await anthropic.messages.create({
      ...base,
      max_tokens: 7,
      messages: [user('hi')],
    })
    expect(answer.stop_reason).toBe('max_tokens')
    expect(answer.usage.output_tokens).toBe(7)
    expect(countTokens((answer.content[0] as Anthropic.TextBlock).text)).toBe(7)
  })

  test('names the stop sequence that ended it', async () => {
    const answer = await anthropic.messages.create({
      ...base,
      messages: [user('a STOP b')],
      stop_sequences: ['STOP'],
    })
    expect(answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'STOP' })
  })

  test('refuses in its answer', async () => {
    const answer = await anthropic.messages.create({
      ...base,
      model: 'demo/refusal',
      messages: [user('x')],
    })
    expect(answer.stop_reason).toBe('refusal')
  })

  test('takes an image, and JSON in a schema', async () => {
    const source = {
      type: 'base64' as const,
      media_type: 'image/png' as const,
      data: 'iVBORw0KGgo=',
    }
    const schema = {
      type: 'object',
      properties: { seen: { type: 'boolean' } },
      required: ['seen'],
      additionalProperties: false,
    }
    const answer = await anthropic.messages.create({
      ...base,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source },
            { type: 'text', text: 'see' },
          ],
        },
      ],
      output_config: { format: { type: 'json_schema', schema } },
    })
    expect(answer.usage.input_tokens).toBe(1601)
    expect(JSON.parse((answer.content[0] as Anthropic.TextBlock).text)).toEqual({ seen: true })
  })
})

describe('A marked prefix', () => {
  const long = 'word '.repeat(1200).trim()
  const marked = (ttl?: '1h') => ({
    type: 'text' as const,
    text: `${ttl} ${long}`,
    cache_control: { type: 'ephemeral' as const, ...(ttl && { ttl }) },
  })
  const usageOf = async (system: Anthropic.TextBlockParam[]) =>
    (await anthropic.messages.create({ ...base, system, messages: [user('hi')] })).usage

  test.each([
    [undefined, 'ephemeral_5m_input_tokens'],
    ['1h', 'ephemeral_1h_input_tokens'],
  ] as const)('of ttl %p is written once and then read', async (ttl, bucket) => {
    const first = await usageOf([marked(ttl)])
    const second = await usageOf([marked(ttl)])
    expect(first).toMatchObject({
      input_tokens: 1,
      cache_creation_input_tokens: 1201,
      cache_read_input_tokens: 0,
    })
    expect(first.cache_creation).toMatchObject({ [bucket]: 1201 })
    expect(second).toMatchObject({
      input_tokens: 1,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 1201,
    })
  })

  test('that grew is read as far as it is known, and the rest is written', async () => {
    const block = {
      type: 'text' as const,
      text: `grown ${long}`,
      cache_control: { type: 'ephemeral' as const },
    }
    await usageOf([block])
    const usage = await usageOf([block, { ...block, text: 'three more words' }])
    expect(usage).toMatchObject({ cache_read_input_tokens: 1201, cache_creation_input_tokens: 3 })
  })

  test('below 1,024 tokens is never cached', async () => {
    const block = {
      type: 'text' as const,
      text: 'short',
      cache_control: { type: 'ephemeral' as const },
    }
    await usageOf([block])
    expect(await usageOf([block])).toMatchObject({ cache_read_input_tokens: 0, input_tokens: 2 })
  })
})

describe('A tool', () => {
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
  const question = { ...base, tools: [weather], messages: [user('call the tool')] }

  test('is called after some words, and its result is quoted', async () => {
    const called = await anthropic.messages.stream(question).finalMessage()
    expect(called.stop_reason).toBe('tool_use')
    expect(called.content.map((block) => block.type)).toEqual(['text', 'tool_use'])
    const use = called.content[1] as Anthropic.ToolUseBlock
    expect(use.input).toEqual({ city: 'sample' })
    const answer = await anthropic.messages.create({
      ...question,
      messages: [
        ...question.messages,
        { role: 'assistant', content: called.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'rain' }] },
      ],
    })
    expect((answer.content[0] as Anthropic.TextBlock).text).toStartWith('The tool answered: rain.')
  })

  test('is called twice on request', async () => {
    const { content } = await anthropic.messages.create({
      ...question,
      messages: [user('call two tools')],
    })
    expect(content.map((block) => block.type)).toEqual(['text', 'tool_use', 'tool_use'])
  })

  test.each([
    ['as it was', (content: Anthropic.ContentBlock[]) => content, 200],
    [
      'changed',
      ([first, ...rest]: Anthropic.ContentBlock[]) => [{ ...first, thinking: 'lies' }, ...rest],
      400,
    ],
    ['not at all', ([, ...rest]: Anthropic.ContentBlock[]) => rest, 400],
  ])('loop with thinking sent back %s', async (_, change, status) => {
    const called = await anthropic.messages.stream({ ...question, thinking }).finalMessage()
    expect(called.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use'])
    const tool_use_id = (called.content.at(-1) as Anthropic.ToolUseBlock).id
    const response = await ask('anthropic-messages', {
      ...question,
      thinking,
      messages: [
        ...question.messages,
        { role: 'assistant', content: change(called.content) },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id, content: 'rain' }] },
      ],
    } as never)
    expect(response.status).toBe(status)
  })

  test('is thought about at length when asked, in tokens that are counted though hidden', async () => {
    const answer = await anthropic.messages.create({
      ...base,
      messages: [user('hi')],
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'max' },
    })
    const [thought, text] = answer.content as [Anthropic.ThinkingBlock, Anthropic.TextBlock]
    expect(thought).toMatchObject({ type: 'thinking', thinking: '' })
    expect(answer.usage.output_tokens).toBe(48 + countTokens(text.text))
  })
})

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
