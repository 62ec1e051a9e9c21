/** OpenAI's chat dialect: what a client may ask, what a provider is sent, and how replies are written. */
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { AppError } from '../../src/base/error.ts'
import type { Json, JsonObject } from '../../src/base/json.ts'
import type { CallEvent } from '../../src/dialects/dialect.ts'
import { openaiChat } from '../../src/dialects/openai-chat.ts'
import {
  aim,
  askChat,
  bill,
  bytes,
  carry,
  framesOf,
  identity,
  readFixture,
  sse,
  writeTo,
} from './speak.ts'

function refusedParam(act: () => unknown): string | null {
  try {
    act()
  } catch (error) {
    if (error instanceof AppError && error.status === 400) return error.param
    throw error
  }
  throw new Error('nothing was refused')
}

function detailsOf(choices: Json | undefined): Json[] {
  const [choice] = choices as [{ delta: { reasoning_details?: Json[] } }]
  return choice.delta.reasoning_details ?? []
}

describe('a request', () => {
  test.each<[string, JsonObject]>([
    ['model', { model: '' }],
    ['model', { model: 7 }],
    ['model', { model: 'm'.repeat(257) }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'Hi' }],
    ['messages[0]', { messages: ['Hi'] }],
    ['stream', { stream: 'yes' }],
    ['stream_options', { stream_options: true }],
    ['stream_options.include_usage', { stream_options: { include_usage: 1 } }],
    ...[-1, 0, 1.5, JSON.parse('1e400'), 2 ** 63, 129, '2'].map((n): [string, JsonObject] => [
      'n',
      { n },
    ]),
    ...['max_tokens', 'max_completion_tokens'].flatMap((name) =>
      [-1, 0, 1.5, JSON.parse('1e400'), 2 ** 63, 2 ** 31, '10', true].map(
        (value: Json): [string, JsonObject] => [name, { [name]: value }],
      ),
    ),
  ])('is refused by the name of its field: %s in %j', (param, fields) => {
    expect(refusedParam(() => askChat(fields))).toBe(param)
  })

  test('with null in its limits has none', () => {
    expect(
      askChat({ max_tokens: null, n: null, stream: null, stream_options: null }),
    ).toMatchObject({
      maxOutput: null,
      choices: 1,
      stream: false,
      usageAsked: false,
    })
  })

  test.each([
    [{ max_tokens: 10 }, 10],
    [{ max_completion_tokens: 20 }, 20],
    [{ max_tokens: 10, max_completion_tokens: 20 }, 10],
  ])('with %j may be answered with %d tokens', (fields, most) => {
    expect(askChat(fields).maxOutput).toBe(most)
  })

  test('weighs its text without the bytes of images, files and audio', () => {
    const payload = 'A'.repeat(10_000)
    const media = [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${payload}` } },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      {
        type: 'file',
        file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${payload}` },
      },
      { type: 'input_audio', input_audio: { data: payload, format: 'wav' } },
      { type: 'video_url', video_url: { url: `data:video/mp4;base64,${payload}` } },
    ]
    const call = askChat({
      messages: [{ role: 'user', content: [{ type: 'text', text: '世界' }, ...media] }],
    })
    expect(call).toMatchObject({ images: 2, files: 3 })
    expect(call.textBytes).toBeWithin(300, 450)
  })
})

describe('what a provider is sent', () => {
  test.each<[string, JsonObject, Parameters<typeof aim>, JsonObject]>([
    ['has its own name of the model', {}, [{}, null], { model: 'up-model' }],
    [
      'keeps what we do not know',
      { top_k: 4, x: [1] },
      [{}, null],
      { model: 'up-model', top_k: 4, x: [1] },
    ],
    [
      'is held to what is held for',
      { max_tokens: 9 },
      [{}, 5],
      { model: 'up-model', max_tokens: 5 },
    ],
    [
      'names the limit as that provider does',
      { max_tokens: 9 },
      [{ maxTokensField: 'max_completion_tokens' }, 9],
      { model: 'up-model', max_completion_tokens: 9 },
    ],
    [
      'asks for usage in a stream, whatever the client asked',
      { stream: true, stream_options: { include_usage: false, include_obfuscation: false } },
      [{}, null],
      {
        model: 'up-model',
        stream: true,
        stream_options: { include_usage: true, include_obfuscation: false },
      },
    ],
    [
      'leaves stream_options out where they are refused',
      { stream: true, stream_options: { include_usage: true } },
      [{ usageInStream: 'always' }, null],
      { model: 'up-model', stream: true },
    ],
  ])('%s', (_, fields, [quirks, maxOutput], expected) => {
    const { messages, ...body } = writeTo(
      'openai-chat',
      askChat(fields),
      aim(quirks, maxOutput),
    ).body
    expect(messages).toEqual([{ role: 'user', content: 'Hi' }])
    expect(body).toEqual(expected)
  })

  test('never has a way to another upstream, model or tariff; what is left out is named', () => {
    const fields = {
      api_base: 'http://evil',
      base_url: 'x',
      api_key: 'k',
      models: ['dear'],
      service_tier: 'priority',
    }
    const call = askChat({ ...fields, temperature: 1 })
    const { body, ignored } = writeTo('openai-chat', call, aim({ rejects: ['temperature'] }))
    expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model'])
    expect(ignored.sort()).toEqual([...Object.keys(fields), 'temperature'].sort())
    expect(call.body.api_base).toBe('http://evil')
  })

  test('gets reasoning_content back, as DeepSeek and Kimi want it', () => {
    const messages = [{ role: 'assistant', content: 'a', reasoning_content: 'b' }]
    expect(writeTo('openai-chat', askChat({ messages })).body.messages).toEqual(messages)
  })
})

describe('the end of a stream', () => {
  test.each([
    [true, 2],
    [false, 1],
  ])('has usage with its cost only if asked: %p', (include_usage, frames) => {
    const call = askChat({ stream: true, stream_options: { include_usage } })
    const text = openaiChat.writer(call, identity).close({
      units: {
        input: 1,
        cache_read: 2,
        cache_write: 3,
        cache_write_1h: 4,
        output: 5,
        reasoning: 6,
      },
      cost: '0.000000000000000001',
    })
    expect(text.split('\n\n').filter(Boolean)).toHaveLength(frames)
    expect(text).toEndWith('data: [DONE]\n\n')
    if (!include_usage) return
    expect(text).toContain('"cost":0.000000000000000001}')
    expect(framesOf(text)[0]).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 11,
        total_tokens: 21,
        prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 7 },
        completion_tokens_details: { reasoning_tokens: 6 },
      },
    })
  })

  test('that broke is one frame with nothing but the error, then the marker', () => {
    const writer = openaiChat.writer(askChat({ stream: true }), identity)
    const text = writer.fail(new AppError('upstream_error'))
    expect(text.split('\n\n')).toEqual([
      expect.stringMatching(/^data: \{"error":\{/),
      'data: [DONE]',
      '',
    ])
    expect(Object.keys(framesOf(text)[0]!)).toEqual(['error'])
  })
})

describe('a whole reply', () => {
  const upstream = {
    id: 'chatcmpl-up',
    created: 7,
    model: 'up-model',
    x_extra: 'kept',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'now', arguments: '' } },
          ],
        },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8, cost: 99 },
  }

  test('of the same dialect passes, with our names, our usage and its cost', () => {
    const call = askChat()
    const { raw, events } = openaiChat.reader(call, aim()).reply(structuredClone(upstream))
    const reply = JSON.parse(openaiChat.writer(call, identity).reply(raw, events, bill))
    expect(reply).toMatchObject({ id: 'gen-1', model: 'shop/model', created: 7, x_extra: 'kept' })
    expect(reply.object).toBe('chat.completion')
    expect(reply.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, cost: 0.000012345 })
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
      },
    })
    expect(reply.choices[0].message.tool_calls[0]).not.toHaveProperty('index')
  })

  test.each<[string, JsonObject]>([
    ['an error with status 200', { error: { message: 'no', type: 'server_error' } }],
    ['no choices', { choices: [] }],
    ['a choice without an end', { choices: [{ index: 0, message: { content: 'Hi' } }] }],
    [
      'an end by error',
      { choices: [{ index: 0, message: { content: '' }, finish_reason: 'error' }] },
    ],
  ])('with %s is a failure and not an answer', (_, body) => {
    const { raw, events } = openaiChat.reader(askChat(), aim()).reply(body)
    expect(raw).toBe(null)
    expect(events.at(-1)).toMatchObject({ type: 'failure', failure: { kind: 'broken' } })
    expect(events.some((event) => event.type === 'end')).toBe(false)
  })

  test('of another dialect is joined from its events', () => {
    const events: CallEvent[] = [
      { type: 'start' },
      { type: 'reasoning', choice: 0, text: 'Hm' },
      { type: 'reasoning', choice: 0, text: '.', signature: 'sig' },
      { type: 'reasoning', choice: 0, text: '', redacted: 'sealed' },
      { type: 'reasoning', choice: 0, text: 'So.' },
      { type: 'reasoning', choice: 0, text: '', signature: 'sig2' },
      { type: 'text', choice: 0, text: 'A' },
      { type: 'text', choice: 0, text: 'B' },
      { type: 'tool', choice: 0, index: 0, id: 't1', name: 'now' },
      { type: 'arguments', choice: 0, index: 0, text: '{}' },
      { type: 'finish', choice: 0, reason: 'tool_calls' },
      { type: 'end' },
    ]
    const details = [
      { type: 'reasoning.text', text: 'Hm.', signature: 'sig', index: 0 },
      { type: 'reasoning.encrypted', data: 'sealed', index: 1 },
      { type: 'reasoning.text', text: 'So.', signature: 'sig2', index: 2 },
    ]
    const writer = openaiChat.writer(askChat(), identity)
    const streamed = framesOf(events.map((event) => writer.event(event)).join(''))
    expect(streamed.flatMap(({ choices }) => detailsOf(choices))).toEqual(details)

    const reply = JSON.parse(writer.reply(null, events, bill))
    expect(reply).toMatchObject({ ...identity, object: 'chat.completion' })
    expect(reply.choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'AB',
          refusal: null,
          reasoning_content: 'Hm.So.',
          reasoning_details: details,
          tool_calls: [{ id: 't1', type: 'function', function: { name: 'now', arguments: '{}' } }],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ])
  })
})

describe('a provider’s habit', () => {
  const call = (id: string | null, name: string, args: Json) => ({
    id,
    function: { name, arguments: args },
  })
  const chunk = (delta: JsonObject, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  })

  test.each<[string, JsonObject[], JsonObject[]]>([
    [
      'to leave out role, index, finish_reason and object',
      [{ choices: [{ delta: { content: 'A' } }] }],
      [{ index: 0, delta: { role: 'assistant', content: 'A' }, finish_reason: null }],
    ],
    [
      'to finish twice',
      [chunk({}, 'stop'), chunk({}, 'stop')],
      [
        { index: 0, delta: { role: 'assistant' }, finish_reason: 'stop' },
        { index: 0, delta: {}, finish_reason: null },
      ],
    ],
    [
      'to send pieces of calls by id alone',
      [
        chunk({ tool_calls: [call('a', 'f', '1'), call('b', 'g', '2')] }),
        chunk({ tool_calls: [call('a', 'f', '3')] }),
      ],
      [
        {
          index: 0,
          delta: {
            role: 'assistant',
            tool_calls: [
              { index: 0, type: 'function', ...call('a', 'f', '1') },
              { index: 1, type: 'function', ...call('b', 'g', '2') },
            ],
          },
          finish_reason: null,
        },
        {
          index: 0,
          delta: { tool_calls: [{ index: 0, function: { arguments: '3' } }] },
          finish_reason: null,
        },
      ],
    ],
    [
      'to send arguments parsed',
      [chunk({ tool_calls: [call('a', 'f', { x: 1 })] })],
      [
        {
          index: 0,
          delta: {
            role: 'assistant',
            tool_calls: [{ index: 0, type: 'function', ...call('a', 'f', '{"x":1}') }],
          },
          finish_reason: null,
        },
      ],
    ],
    [
      'to send null for no calls',
      [chunk({ content: 'A', tool_calls: null })],
      [{ index: 0, delta: { role: 'assistant', content: 'A' }, finish_reason: null }],
    ],
  ])('%s is set right', (_, chunks, choices) => {
    const frames = framesOf(carry('openai-chat', sse(...chunks)).text)
    expect(frames.flatMap((frame) => frame.choices)).toEqual(choices as never)
    for (const frame of frames) expect(frame.object).toBe('chat.completion.chunk')
  })

  test('to call a custom tool without input is left as it is', () => {
    const custom = { index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: '' } }
    const { text } = carry(
      'openai-chat',
      sse(chunk({ tool_calls: [custom] }), chunk({}, 'tool_calls')),
    )
    expect(framesOf(text).map(({ choices }) => (choices as JsonObject[])[0]?.delta)).toEqual([
      { role: 'assistant', tool_calls: [custom] },
      {},
    ])
  })

  test.each([
    ['model_length', 'length'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['eos', 'stop'],
    ['constructor', 'stop'],
  ])('to finish with %s means %s', (reason, meant) => {
    const { events } = carry('openai-chat', sse(chunk({ content: 'A' }, reason)))
    expect(events.find((event) => event.type === 'finish')).toMatchObject({ reason: meant })
  })

  test('to name an error only as the event is heard', () => {
    const { events } = carry('openai-chat', [
      bytes('event: error\ndata: {"message":"x","code":429}\n\n'),
    ])
    expect(events).toMatchObject([{ type: 'failure', failure: { kind: 'limited', message: 'x' } }])
  })
})

describe('a stream', () => {
  test.each([
    ['nonsense', 'data: {"choices": [\n\n'],
    ['a bare number', 'data: 7\n\n'],
    ['only its end marker', 'data: [DONE]\n\n'],
    ['nothing', ''],
    [
      'a finish_reason of error',
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}\n\n',
    ],
  ])('with %s is broken', (_, text) => {
    const { events } = carry('openai-chat', [bytes(text)])
    expect(events.at(-1)).toMatchObject({ type: 'failure', failure: { kind: 'broken' } })
  })

  test('that goes on after its end is not heard any more', () => {
    const said = { index: 0, delta: { content: 'A' }, finish_reason: 'stop' }
    const { events } = carry('openai-chat', sse({ choices: [said] }, '[DONE]', { choices: [said] }))
    expect(events.map((event) => event.type)).toEqual(['start', 'text', 'finish', 'end'])
  })

  test('keeps the fields that we do not know', () => {
    const logprobs = { content: [{ token: 'A', logprob: -0.5 }] }
    const choice = {
      index: 0,
      delta: { content: 'A', annotations: [1] },
      logprobs,
      finish_reason: null,
    }
    const { text } = carry('openai-chat', sse({ choices: [choice], moderation: {} }))
    expect(framesOf(text)[0]).toMatchObject({ choices: [choice], moderation: {} })
  })

  test.each(['openai-tools', 'gemini-tools', 'anthropic-tools'])(
    'of %s is joined by the official SDK as it was meant',
    async (name) => {
      const dialect = name.startsWith('anthropic') ? 'anthropic-messages' : 'openai-chat'
      const call = askChat({ stream: true })
      const { text } = carry(dialect, [await readFixture(name)])
      const whole = text + openaiChat.writer(call, identity).close(bill)
      const client = new OpenAI({ apiKey: 'k', fetch: async () => new Response(whole) })
      const stream = client.chat.completions.stream({ model: 'm', messages: [] })
      const { choices } = await stream.finalChatCompletion()
      expect(choices[0]?.finish_reason).toBe('tool_calls')
      const calls = choices[0]?.message.tool_calls as {
        function: { name: string; arguments: string }
      }[]
      expect(calls.map((made) => made.function.name)).toEqual(['weather', 'clock'])
      expect(calls.map((made) => Object.keys(JSON.parse(made.function.arguments)))).toEqual([
        ['city'],
        [],
      ])
    },
  )
})
