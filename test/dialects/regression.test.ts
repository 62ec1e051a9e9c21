/** The regression list of wire.md §7: each was a real bug of some gateway. Named as there. */
import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import { promptTokens } from '../../src/base/units.ts'
import type { CallEvent } from '../../src/dialects/dialect.ts'
import { openaiChat } from '../../src/dialects/openai-chat.ts'
import { openaiEmbeddings } from '../../src/dialects/openai-embeddings.ts'
import {
  aim,
  askChat,
  bill,
  carry,
  framesOf,
  identity,
  readFixture,
  sse,
  writeTo,
} from './speak.ts'

const say = (delta: JsonObject, finish_reason: string | null = null, index = 0) => ({
  id: 'c1',
  choices: [{ index, delta, finish_reason }],
})
const callPiece = (index: number | undefined, id: string, name: string, args: string) => ({
  ...(index !== undefined && { index }),
  id,
  type: 'function',
  function: { name, arguments: args },
})

function piecesOf(text: string): JsonObject[] {
  return framesOf(text).flatMap((frame) => {
    const [choice] = frame.choices as [{ delta: { tool_calls?: JsonObject[] } }]
    return choice.delta.tool_calls ?? []
  })
}

const usageOf = (events: CallEvent[]) => events.findLast((event) => event.type === 'usage')?.usage

describe('tool index', () => {
  test.each<[string, JsonObject[]]>([
    ['starting at 1', [callPiece(1, 'a', 'f', '{}'), callPiece(2, 'b', 'g', '{}')]],
    ['left out', [callPiece(undefined, 'a', 'f', '{}'), callPiece(undefined, 'b', 'g', '{}')]],
    ['0 for every call', [callPiece(0, 'a', 'f', '{}'), callPiece(0, 'b', 'g', '{}')]],
  ])('%s counts from 0', (_, pieces) => {
    const chunks = pieces.map((piece) => say({ tool_calls: [piece] }))
    const { text } = carry('openai-chat', sse(...chunks, say({}, 'tool_calls')))
    const joined = piecesOf(text).map(({ index, id }) => [index, id])
    expect(joined).toEqual([
      [0, 'a'],
      [1, 'b'],
    ])
  })

  test('counts tools and not blocks where text came first (Anthropic)', async () => {
    const { text } = carry('anthropic-messages', [await readFixture('anthropic-tools')])
    expect(piecesOf(text)[0]).toMatchObject({ index: 0, id: 'toolu_A' })
  })

  test('is kept for a continuation that has neither index nor id', () => {
    const chunks = [
      say({ tool_calls: [callPiece(undefined, 'a', 'f', '{"x":')] }),
      say({ tool_calls: [{ function: { name: '', arguments: '1}' } }] }),
    ]
    const { text } = carry('openai-chat', sse(...chunks, say({}, 'tool_calls')))
    expect(piecesOf(text)[1]).toEqual({ index: 0, function: { arguments: '1}' } })
  })
})

test('choice index lost with n>1', async () => {
  const { text } = carry('openai-chat', [await readFixture('openai-two-choices')])
  const indexes = framesOf(text).map((frame) => (frame.choices as JsonObject[])[0]?.index)
  expect(indexes).toEqual([0, 0, 1, 1, 0, 1, 0])
})

test('cache writes twice: the split by lifetime is of the total, and a duplicate start adds nothing', async () => {
  const { events } = carry('anthropic-messages', [await readFixture('anthropic-cache')])
  const { units } = usageOf(events)!
  expect([units.cache_write, units.cache_write_1h]).toEqual([200, 100])
  expect(promptTokens(units)).toBe(7 + 1000 + 300)
})

test('cache reads at full price only when streaming', () => {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: 8 },
  }
  const streamed = carry('openai-chat', sse(say({ content: 'A' }, 'stop'), { choices: [], usage }))
  const choices = [{ index: 0, message: { content: 'A' }, finish_reason: 'stop' }]
  const whole = openaiChat.reader(askChat(), aim()).reply(structuredClone({ choices, usage }))
  expect(usageOf(streamed.events)).toEqual({
    units: { input: 2, cache_read: 8, output: 1 },
    plausible: true,
  })
  expect(usageOf(whole.events)).toEqual(usageOf(streamed.events))
})

test('cached > prompt is doubted, and never a negative count', () => {
  const usage = {
    prompt_tokens: 5,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: 8 },
  }
  const { events } = carry(
    'openai-chat',
    sse(say({ content: 'A' }, 'stop'), { choices: [], usage }),
  )
  expect(usageOf(events)).toEqual({ units: { cache_read: 5, output: 1 }, plausible: false })
})

test.each([
  ['openai-chat', 'openai-cut-short'],
  ['anthropic-messages', 'anthropic-cut-short'],
] as const)('reset turned into a synthetic stop: not in %s', async (dialect, name) => {
  const { events, text } = carry(dialect, [await readFixture(name)])
  expect(events.at(-1)?.type).toBe('failure')
  expect(events.some((event) => event.type === 'finish' || event.type === 'end')).toBe(false)
  expect(text).not.toContain('"finish_reason":"')
})

test.each([
  ['openai-chat', 'openai-error-mid-stream'],
  ['anthropic-messages', 'anthropic-error-mid-stream'],
] as const)('in-band error dropped, empty success: not in %s', async (dialect, name) => {
  const { events } = carry(dialect, [await readFixture(name)])
  expect(events.filter((event) => event.type === 'failure')).toHaveLength(1)
  expect(events.some((event) => event.type === 'end')).toBe(false)
})

test('include_usage not asked, free call: a provider is always asked', () => {
  const { body } = writeTo('openai-chat', askChat({ stream: true }))
  expect(body.stream_options).toEqual({ include_usage: true })
})

test('usage read only on “completed”: an answer cut by its limit is counted too', async () => {
  const { events } = carry('openai-chat', [await readFixture('openai-two-choices')])
  expect(usageOf(events)).toEqual({ units: { input: 9, output: 4 }, plausible: true })
})

test('usage added up: what every chunk repeats is counted once', async () => {
  const { events } = carry('openai-chat', [await readFixture('vllm-usage-in-every-chunk')])
  expect(events.filter((event) => event.type === 'usage').length).toBeGreaterThan(3)
  expect(usageOf(events)?.units).toEqual({ input: 30, output: 4 })
})

test('reasoning unbilled or doubled', () => {
  const usage = {
    prompt_tokens: 5,
    completion_tokens: 9,
    completion_tokens_details: { reasoning_tokens: 6 },
  }
  const chunks = sse(say({ content: 'A' }, 'stop'), { choices: [], usage })
  expect(usageOf(carry('openai-chat', chunks).events)?.units).toEqual({
    input: 5,
    output: 3,
    reasoning: 6,
  })
  const outside = carry('openai-chat', chunks, { reasoningOutsideCompletion: true })
  expect(usageOf(outside.events)?.units).toEqual({ input: 5, output: 9, reasoning: 6 })
})

test('temperature to models that refuse it', () => {
  const { body, ignored } = writeTo(
    'openai-chat',
    askChat({ temperature: 1 }),
    aim({ rejects: ['temperature'] }),
  )
  expect(body).not.toHaveProperty('temperature')
  expect(ignored).toEqual(['temperature'])
})

test('UTF-8 split → U+FFFD', async () => {
  const whole = await readFixture('openai-text')
  const { text } = carry(
    'openai-chat',
    [...whole].map((byte) => Uint8Array.of(byte)),
  )
  expect(text).toContain('世界')
  expect(text).not.toContain('\uFFFD')
})

test('base64 ignored', () => {
  const call = openaiEmbeddings.readRequest(
    { model: 'm', input: 'a', encoding_format: 'base64' },
    10,
  )
  expect(openaiEmbeddings.writeRequest(call, aim()).body.encoding_format).toBe('float')
  const { raw, events } = openaiEmbeddings.reader(call, aim()).reply({ data: [{ embedding: [1] }] })
  const reply = JSON.parse(openaiEmbeddings.writer(call, identity).reply(raw, events, bill))
  expect(reply.data[0].embedding).toBe('AACAPw==')
})

test('empty text blocks', () => {
  const messages = [
    {
      role: 'user',
      content: [
        { type: 'text', text: '' },
        { type: 'text', text: 'Hi' },
      ],
    },
  ]
  const { body } = writeTo('anthropic-messages', askChat({ messages }))
  expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }])
})

describe('thinking signatures lost in tool loops', () => {
  const asked = { role: 'user', content: 'Hi' }
  const tool_calls = [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{}' } }]
  const answered = { role: 'tool', tool_call_id: 't1', content: '1' }

  test('what the client was given goes back as it was, sealed thinking too', async () => {
    const fixture = await readFixture('anthropic-thinking')
    const call = askChat({ stream: true })
    const { text, events } = carry('anthropic-messages', [fixture], {}, call)
    const streamed = framesOf(text).flatMap((frame) => {
      const [choice] = frame.choices as [{ delta: { reasoning_details?: JsonObject[] } }]
      return choice.delta.reasoning_details ?? []
    })
    const whole = JSON.parse(openaiChat.writer(call, identity).reply(null, events, bill))
    expect(whole.choices[0].message.reasoning_details).toEqual(streamed)

    const assistant = { role: 'assistant', content: null, reasoning_details: streamed, tool_calls }
    const { body } = writeTo(
      'anthropic-messages',
      askChat({ messages: [asked, assistant, answered] }),
    )
    expect((body.messages as JsonObject[])[1]?.content).toEqual([
      { type: 'thinking', thinking: 'Let me think…', signature: 'EqQBCgIYAhIM' },
      { type: 'redacted_thinking', data: 'EmwKAhgBEgy3' },
      { type: 'tool_use', id: 't1', name: 'f', input: {} },
    ])
  })

  test('where the client lost it, a model that insists is not told to think', () => {
    const assistant = { role: 'assistant', content: null, reasoning_content: 'Hm', tool_calls }
    const call = askChat({ messages: [asked, assistant, answered], reasoning_effort: 'high' })
    const { body, ignored } = writeTo('anthropic-messages', call, aim({ thinking: 'budget' }, 4096))
    expect(body).not.toHaveProperty('thinking')
    expect(ignored).toEqual(['reasoning_effort'])
  })
})
