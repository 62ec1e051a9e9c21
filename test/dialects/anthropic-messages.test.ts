/** OpenAI's requests as Anthropic hears them, each row of wire.md §5; what we send is held to the official SDK's types. */
import { describe, expect, test } from 'bun:test'
import type Anthropic from '@anthropic-ai/sdk'
import { AppError } from '../../src/base/error.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages.ts'
import type { Quirks } from '../../src/dialects/dialect.ts'
import { aim, askChat, writeTo } from './speak.ts'

type Params = Anthropic.MessageCreateParams
/** The SDK's types have dropped what only older models still take. */
type Options = Partial<Params> & { temperature?: number; top_p?: number }
type Messages = Params['messages']

const hi = { role: 'user' as const, content: 'Hi' }
const user = (...content: object[]) => ({ role: 'user', content }) as Messages[number]
const text = (words: string) => ({ type: 'text', text: words })
const schema = { type: 'object' as const, properties: { n: { type: 'number' } }, $defs: {} }

function write(fields: JsonObject, quirks: Quirks = {}, maxOutput = 1000) {
  return writeTo('anthropic-messages', askChat(fields), aim(quirks, maxOutput))
}

function refusal(fields: JsonObject, quirks: Quirks = {}): [string | null, string] {
  try {
    write(fields, quirks)
  } catch (error) {
    if (error instanceof AppError && error.status === 400) return [error.param, error.message]
    throw error
  }
  throw new Error('nothing was refused')
}

describe('messages', () => {
  const call = (id: string, args: string) => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: args },
  })
  const asks = (...calls: JsonObject[]) => ({ role: 'assistant', content: null, tool_calls: calls })
  const answers = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content })

  test.each<[string, JsonObject[], Messages]>([
    [
      'empty text is dropped, never filled',
      [
        { role: 'user', content: [text(''), text(' \n'), text('Hi')] },
        { role: 'assistant', content: '' },
        hi,
      ],
      [user(text('Hi'), text('Hi'))],
    ],
    [
      'images and files by address are passed on, with bytes are unpacked',
      [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } },
            {
              type: 'file',
              file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,QUJD' },
            },
            { type: 'file', file: { file_data: 'data:text/plain;charset=utf-8;base64,QUJD' } },
          ],
        },
      ],
      [
        user(
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' },
            title: 'a.pdf',
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'ABC' } },
        ),
      ],
    ],
    [
      'calls are parsed and their results joined in one turn, results first',
      [
        hi,
        asks(call('call:a', '{"x":1}'), call('b', '')),
        answers('b', 'two'),
        { role: 'system', content: 'Be brief.' },
        answers('call:a', ''),
        { role: 'user', content: 'Go on' },
      ],
      [
        user(text('Hi')),
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'call_a', name: 'f', input: { x: 1 } },
            { type: 'tool_use', id: 'b', name: 'f', input: {} },
          ],
        },
        user(
          { type: 'tool_result', tool_use_id: 'b', content: [text('two')] },
          { type: 'tool_result', tool_use_id: 'call_a' },
          text('Be brief.'),
          text('Go on'),
        ),
      ],
    ],
    [
      'cache marks are kept, in either dialect, at most the last four',
      [
        { role: 'user', content: 'one', cache_control: { type: 'ephemeral' } },
        {
          role: 'user',
          content: [{ ...text('two'), cache_control: { type: 'ephemeral', ttl: '1h' } }],
        },
        {
          role: 'user',
          content: [{ ...text('three'), prompt_cache_breakpoint: { mode: 'explicit' } }],
        },
        {
          role: 'user',
          content: [{ ...text('four'), prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }],
        },
        { role: 'user', content: 'five', cache_control: { type: 'ephemeral', ttl: '5m' } },
      ],
      [
        user(
          text('one'),
          { ...text('two'), cache_control: { type: 'ephemeral', ttl: '1h' } },
          { ...text('three'), cache_control: { type: 'ephemeral' } },
          { ...text('four'), cache_control: { type: 'ephemeral', ttl: '1h' } },
          { ...text('five'), cache_control: { type: 'ephemeral', ttl: '5m' } },
        ),
      ],
    ],
    [
      'a mark on a result’s text is one on the result',
      [
        hi,
        asks(call('a', '{}')),
        { ...answers('a', ''), content: [{ ...text('1'), cache_control: { type: 'ephemeral' } }] },
      ],
      [
        user(text('Hi')),
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
        user({
          type: 'tool_result',
          tool_use_id: 'a',
          content: [text('1')],
          cache_control: { type: 'ephemeral' },
        }),
      ],
    ],
    [
      'thinking that is not Anthropic’s, or has no signature, stays behind',
      [
        hi,
        {
          role: 'assistant',
          content: 'So',
          reasoning_details: [
            { type: 'reasoning.text', text: 'a', signature: 's', format: 'google-gemini-v1' },
            { type: 'reasoning.encrypted', data: 'd', format: 'openai-responses-v1' },
            { type: 'reasoning.text', text: 'b' },
            { type: 'reasoning.text', text: 'c', signature: 's', format: 'anthropic-claude-v1' },
          ],
        },
        hi,
      ],
      [
        user(text('Hi')),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'c', signature: 's' },
            { type: 'text', text: 'So' },
          ],
        },
        user(text('Hi')),
      ],
    ],
    [
      'a trailing assistant message is continued, without white space at its end',
      [hi, { role: 'assistant', content: [{ type: 'refusal', refusal: ' No, \n' }] }],
      [user(text('Hi')), { role: 'assistant', content: [{ type: 'text', text: ' No,' }] }],
    ],
  ])('%s', (_, messages, expected) => {
    expect(write({ messages }).body.messages).toEqual(expected as never)
  })

  test('leading system and developer messages stay apart and in order', () => {
    const messages = [
      { role: 'system', content: 'One' },
      { role: 'developer', content: [{ ...text('Two'), cache_control: { type: 'ephemeral' } }] },
      hi,
    ]
    expect(write({ messages }).body.system).toEqual([
      { type: 'text', text: 'One' },
      { type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } },
    ] satisfies Params['system'])
  })

  test('a later one is a system message where the model takes it and it may stand', () => {
    const later = { role: 'developer', content: 'Later' }
    const quirks = { systemBetweenTurns: true }
    expect(write({ messages: [hi, later] }, quirks).body.messages).toEqual([
      user(text('Hi')),
      { role: 'system', content: [{ type: 'text', text: 'Later' }] },
    ] satisfies Messages as never)
    expect(write({ messages: [hi, later, hi] }, quirks).body.messages).toEqual([
      user(text('Hi'), text('Later'), text('Hi')),
    ] as never)
    const so = { role: 'assistant', content: 'So' }
    expect(
      (write({ messages: [hi, so, later] }, quirks).body.messages as unknown as Messages)[2],
    ).toEqual(user(text('Later')))
  })

  test.each<[string, string, JsonObject[]]>([
    [
      'messages[1].tool_calls[0].function.arguments',
      'call a',
      [hi, asks(call('a', '{')), answers('a', '')],
    ],
    [
      'messages[1].tool_calls[0].function.arguments',
      'call a',
      [hi, asks(call('a', '[1]')), answers('a', '')],
    ],
    [
      'messages[1].tool_calls[1]',
      'Call b',
      [hi, asks(call('a', '{}'), call('b', '{}')), answers('a', 'x')],
    ],
    ['messages[1].tool_calls[0]', 'Call a', [hi, asks(call('a', '{}'))]],
    ['messages[1].tool_call_id', 'call z', [hi, answers('z', 'x')]],
    [
      'messages[0].content[0].type',
      'input_audio',
      [{ role: 'user', content: [{ type: 'input_audio' }] }],
    ],
    [
      'messages[0].content[0].file.file_id',
      'file_data',
      [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }],
    ],
    [
      'messages[0].content[0].image_url.url',
      'base64',
      [
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }],
        },
      ],
    ],
    ['messages[0].role', 'role', [{ role: 'function', content: 'x' }]],
    ['messages', 'more than system', [{ role: 'system', content: 'x' }]],
  ])('%s is named when it cannot be said (%s)', (param, words, messages) => {
    const [named, message] = refusal({ messages })
    expect(named).toBe(param)
    expect(message).toContain(words)
  })

  test('a trailing assistant message is refused where the model refuses it', () => {
    const messages = [hi, { role: 'assistant', content: 'So' }]
    expect(refusal({ messages }, { prefill: false })[0]).toBe('messages[1]')
  })
})

describe('options', () => {
  const tools = [
    {
      type: 'function',
      function: { name: 'f', description: 'd', parameters: schema, strict: true },
    },
  ]
  const tool = { name: 'f', description: 'd', input_schema: schema, strict: true }
  const jsonTool = {
    name: 'kkai_json_output',
    description: 'Give the answer by calling this.',
    input_schema: schema,
  }
  const format = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } }
  const thinks = { thinking: 'effort' } as const
  const budget = { thinking: 'budget' } as const

  test.each<[string, JsonObject, Quirks, Options, string[]]>([
    ['tools keep every keyword of their schema', { tools }, {}, { tools: [tool] }, []],
    [
      'auto',
      { tools, tool_choice: 'auto' },
      {},
      { tools: [tool], tool_choice: { type: 'auto' } },
      [],
    ],
    [
      'none',
      { tools, tool_choice: 'none', parallel_tool_calls: false },
      {},
      { tools: [tool], tool_choice: { type: 'none' } },
      [],
    ],
    [
      'required, one at a time',
      { tools, tool_choice: 'required', parallel_tool_calls: false },
      {},
      { tools: [tool], tool_choice: { type: 'any', disable_parallel_tool_use: true } },
      [],
    ],
    [
      'a named tool',
      { tools, tool_choice: { type: 'function', function: { name: 'f' } } },
      {},
      { tools: [tool], tool_choice: { type: 'tool', name: 'f' } },
      [],
    ],
    [
      'one call at a time alone',
      { tools, parallel_tool_calls: false },
      {},
      { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      [],
    ],
    ['temperature as it is', { temperature: 1.5 }, {}, { temperature: 1.5 }, []],
    [
      'temperature clamped',
      { temperature: 1.5 },
      { temperatureAtMostOne: true },
      { temperature: 1 },
      [],
    ],
    [
      'temperature refused',
      { temperature: 1, top_p: 0.5 },
      { rejects: ['temperature'] },
      { top_p: 0.5 },
      ['temperature'],
    ],
    [
      'never both',
      { temperature: 1, top_p: 0.5 },
      { oneSamplingParameter: true },
      { temperature: 1 },
      ['top_p'],
    ],
    [
      'stop, but no white space',
      { stop: ['END', '\n'] },
      {},
      { stop_sequences: ['END'] },
      ['stop'],
    ],
    [
      'effort',
      { reasoning_effort: 'minimal', temperature: 1 },
      thinks,
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      ['temperature'],
    ],
    ['no effort', { reasoning_effort: 'none' }, thinks, { thinking: { type: 'disabled' } }, []],
    ['effort that is not heard', { reasoning_effort: 'high' }, {}, {}, ['reasoning_effort']],
    [
      'effort as a budget',
      { reasoning_effort: 'medium' },
      budget,
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
      [],
    ],
    [
      'a forced call excludes thinking',
      { reasoning_effort: 'high', tools, tool_choice: 'required' },
      budget,
      { tools: [tool], tool_choice: { type: 'any' } },
      ['reasoning_effort'],
    ],
    [
      'a JSON schema',
      { response_format: format },
      {},
      { output_config: { format: { type: 'json_schema', schema } } },
      [],
    ],
    [
      'a JSON schema by a forced tool',
      { response_format: format },
      { jsonSchema: 'tool' },
      {
        tools: [jsonTool],
        tool_choice: { type: 'tool', name: 'kkai_json_output' },
      },
      [],
    ],
    [
      'a JSON schema by a tool beside those that may be called',
      { response_format: format, tools, parallel_tool_calls: false },
      { jsonSchema: 'tool' },
      { tools: [tool, jsonTool], tool_choice: { type: 'any', disable_parallel_tool_use: true } },
      [],
    ],
    [
      'a JSON schema by a tool beside those that may not',
      { response_format: format, tools, tool_choice: 'none' },
      { jsonSchema: 'tool' },
      { tools: [tool, jsonTool], tool_choice: { type: 'tool', name: 'kkai_json_output' } },
      [],
    ],
    [
      'any JSON, which cannot be promised',
      { response_format: { type: 'json_object' } },
      {},
      {},
      ['response_format'],
    ],
    [
      'what Anthropic has no word for is named',
      {
        logprobs: true,
        logit_bias: {},
        seed: 1,
        presence_penalty: 1,
        frequency_penalty: 1,
        prediction: {},
        store: null,
      },
      {},
      {},
      ['frequency_penalty', 'logit_bias', 'logprobs', 'prediction', 'presence_penalty', 'seed'],
    ],
    [
      'a stream',
      { stream: true, stream_options: { include_usage: true } },
      {},
      { stream: true },
      [],
    ],
  ])('%s', (_, fields, quirks, expected, ignored) => {
    const written = write(fields, quirks, 4096)
    const { model, max_tokens, messages, ...options } = written.body
    expect({ model, max_tokens }).toEqual({ model: 'up-model', max_tokens: 4096 })
    expect(messages).toHaveLength(1)
    expect(options).toEqual(expected as never)
    expect(written.ignored.sort()).toEqual(ignored)
  })

  test.each([
    ['n', { n: 2 }],
    ['audio', { audio: { voice: 'x' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['functions', { functions: [] }],
    ['tools[0]', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    ['tool_choice', { tool_choice: { type: 'allowed_tools' } }],
    ['response_format', { response_format: { type: 'grammar' } }],
    ['stop', { stop: [1] }],
    ['temperature', { temperature: '1' }],
  ])('%s is refused by name', (param, fields) => {
    expect(refusal(fields)[0]).toBe(param)
  })

  test.each([
    ['low', 1024, undefined],
    ['low', 2000, 1024],
    ['high', 10_000, 8000],
    ['max', 100_000, 32_000],
  ])(
    '%s effort, of at most %d tokens of output, may think %p',
    (reasoning_effort, most, tokens) => {
      const { thinking } = write({ reasoning_effort }, budget, most).body
      expect((thinking as { budget_tokens?: number } | undefined)?.budget_tokens).toBe(
        tokens as never,
      )
    },
  )

  test('a tool’s cache mark is kept', () => {
    const marked = [{ ...tools[0], cache_control: { type: 'ephemeral' } }]
    expect(write({ tools: marked }).body.tools).toEqual([
      { ...tool, cache_control: { type: 'ephemeral' } },
    ])
  })

  test('the user is known to the provider by a hash alone', () => {
    const { body } = write({ user: 'ann@example.com' })
    const { user_id } = body.metadata as { user_id: string }
    expect(user_id).toMatch(/^[0-9a-f]{64}$/)
    expect(write({ safety_identifier: 'ann@example.com' }).body.metadata).toEqual({ user_id })
  })

  test('the version of the API is pinned', () => {
    expect(anthropicMessages.headers).toEqual({ 'anthropic-version': '2023-06-01' })
  })
})

test('a whole message means the same as its stream', () => {
  const reply = {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    model: 'up',
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 'sig' },
      { type: 'text', text: 'Now.', citations: null },
      { type: 'tool_use', id: 't1', name: 'f', input: { x: 1 } },
    ],
    stop_reason: 'tool_use',
    usage: { input_tokens: 10, output_tokens: 20 },
  }
  expect(anthropicMessages.reader(askChat(), aim()).reply(reply).events).toEqual([
    { type: 'start' },
    { type: 'reasoning', choice: 0, text: 'Hm' },
    { type: 'reasoning', choice: 0, text: '', signature: 'sig' },
    { type: 'text', choice: 0, text: 'Now.' },
    { type: 'tool', choice: 0, index: 0, id: 't1', name: 'f' },
    { type: 'arguments', choice: 0, index: 0, text: '{"x":1}' },
    { type: 'usage', usage: { units: { input: 10, output: 20 }, plausible: true } },
    { type: 'finish', choice: 0, reason: 'tool_calls' },
    { type: 'end' },
  ])
})

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content_filter'],
])('the stop_reason %s is told as %s', (stop_reason, reason) => {
  const { events } = anthropicMessages
    .reader(askChat(), aim())
    .reply({ type: 'message', content: [], stop_reason })
  expect(events).toContainEqual({ type: 'finish', choice: 0, reason: reason as never })
})

test.each([
  [{ type: 'error', error: { type: 'api_error', message: 'x' } }],
  [{ type: 'completion' }],
  [{ type: 'message', content: [] }],
])('the reply %j is a failure and not an answer', (body) => {
  const { events } = anthropicMessages
    .reader(askChat(), aim())
    .reply(structuredClone(body) as never)
  expect(events.at(-1)).toMatchObject({ type: 'failure', failure: { kind: 'broken' } })
})
