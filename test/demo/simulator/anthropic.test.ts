/** What the official Anthropic client makes of the simulated provider. */
import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { countTokens } from '../../../src/demo/simulator/words.ts'
import { ask, readStream, simulator } from './ask.ts'

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
