/** The shape of streams as eight kinds of clients read them (wire.md §3), from every host that says it is compatible. */
import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import { type Choice, openWorld, type Streamed } from '../helpers/world.ts'

const world = await openWorld()
const hosts = [
  'sim-chat',
  'sim-reasoner',
  'demo/azure',
  'demo/groq',
  'demo/mistral',
  'demo/deepseek',
]
hosts.push('demo/vllm', 'demo/ollama', 'demo/gemini', 'demo/xai', 'demo/crlf', 'demo/comments')
const models = [...hosts, ...hosts.map((name) => `anthropic/${name}`)]
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = ['get_weather', 'get_time'].map((name) => ({
  type: 'function',
  function: { name, parameters },
}))
const callTwo = { tools, messages: [{ role: 'user', content: 'Call two tools.' }] }

const choicesOf = ({ chunks }: Streamed) => chunks.flatMap(({ choices }) => choices)

interface Piece {
  index: number
  id?: string
  function: { name?: string; arguments: string }
}
const piecesOf = (reply: Streamed) =>
  choicesOf(reply).flatMap(({ delta }) => delta.tool_calls ?? []) as unknown as Piece[]

/** What holds of every good stream. */
function expectWellFormed(reply: Streamed, model: string): void {
  expect(reply).toMatchObject({ status: 200, done: true, error: null })
  expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(reply.raw).not.toContain('\r')
  for (const chunk of reply.chunks) {
    expect(chunk).toMatchObject({ id: reply.id, model, object: 'chat.completion.chunk' })
    // Omitted rather than null.
    expect(Object.values(chunk)).not.toContain(null)
  }
  for (const index of new Set(choicesOf(reply).map((choice) => choice.index))) {
    expectChoice(choicesOf(reply).filter((choice) => choice.index === index))
  }
}

function expectChoice(choices: Choice[]): void {
  const [first, ...later] = choices.map(({ delta }) => delta)
  expect(first?.role).toBe('assistant')
  for (const delta of later) expect(delta).not.toContainKey('role')
  for (const { delta, index } of choices) {
    expect(index).toBeInteger()
    expect(delta.content ?? '').toBeString()
  }
  const finishes = choices.map((choice) => choice.finish_reason).filter((finish) => finish)
  expect(finishes).toHaveLength(1)
  expect(finishes[0]).toBeOneOf(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])
}

test.each(models)('text of %s', async (model) => {
  const reply = await world.stream({ model })
  expectWellFormed(reply, model)
  expect(reply.finish).toBe('stop')
  expect(reply.raw).not.toContain('"usage"')
  const whole = await world.ask({ model })
  expect(reply.text).toBe(whole.body.choices[0]!.message.content!)
})

test.each(models)(
  'tool calls of %s: named once, counted from 0, arguments in pieces',
  async (model) => {
    const reply = await world.stream({ model, ...callTwo })
    expectWellFormed(reply, model)
    expect(reply.finish).toBe('tool_calls')
    const pieces = piecesOf(reply)
    const starts = pieces.filter((piece) => 'id' in piece)
    expect(starts).toMatchObject([
      { index: 0, id: expect.any(String), type: 'function', function: { name: 'get_weather' } },
      { index: 1, id: expect.any(String), type: 'function', function: { name: 'get_time' } },
    ])
    for (const piece of pieces.filter((one) => !('id' in one))) {
      expect(Object.keys(piece).toSorted()).toEqual(['function', 'index'])
      expect(Object.keys(piece.function)).toEqual(['arguments'])
    }
    for (const index of [0, 1]) {
      const joined = pieces
        .filter((piece) => piece.index === index)
        .map((piece) => piece.function.arguments)
      expect(JSON.parse(joined.join(''))).toEqual({ city: expect.any(String) })
    }
  },
)

test.each(models)(
  'the usage of %s comes when asked for, after the finish and before the end',
  async (model) => {
    const reply = await world.stream({ model, stream_options: { include_usage: true } })
    expectWellFormed(reply, model)
    const last = reply.chunks.at(-1)!
    expect(last.choices).toEqual([])
    expect(last.usage).toMatchObject({
      prompt_tokens: expect.any(Number),
      cost: expect.any(Number),
    })
    for (const chunk of reply.chunks.slice(0, -1)) expect(chunk).not.toContainKey('usage')
    const record = await world.generation(reply.id)
    expect(last.usage).toMatchObject({
      prompt_tokens: record.tokens_prompt,
      completion_tokens: record.tokens_completion,
      cost: record.usage,
    })
  },
)

test('arguments that stay empty are said to be {}', async () => {
  const nothing = {
    type: 'function',
    function: { name: 'now', parameters: { type: 'object', properties: {} } },
  }
  const fields = { tools: [nothing], messages: [{ role: 'user', content: 'Call the tool.' }] }
  for (const model of ['sim-chat', 'anthropic/sim-chat']) {
    const reply = await world.stream({ model, ...fields })
    const pieces = piecesOf(reply)
    expect(pieces.map((piece) => piece.function.arguments).join('')).toBe('{}')
  }
})

test('every choice of several is a stream of its own', async () => {
  const fields = { model: 'sim-chat', n: 3 }
  const reply = await world.stream(fields)
  expectWellFormed(reply, 'sim-chat')
  const { body } = await world.ask(fields)
  const texts = [0, 1, 2].map((index) =>
    choicesOf(reply)
      .filter((choice) => choice.index === index)
      .map(({ delta }) => delta.content ?? '')
      .join(''),
  )
  expect(texts).toEqual(body.choices.map(({ message }) => message.content!))
  expect(new Set(texts).size).toBe(3)
})

describe('a broken stream ends in one frame that has nothing but the error, then [DONE]', () => {
  test.each(['demo/broken-stream', 'anthropic/demo/early-close'])('%s', async (model) => {
    const { raw } = await world.stream({ model, stream_options: { include_usage: true } })
    const [error, done, rest] = raw.split('\n\n').slice(-3)
    const told = JSON.parse(error!.replace('data: ', '')) as { error: JsonObject }
    expect(Object.keys(told)).toEqual(['error'])
    expect(Object.keys(told.error)).toEqual(['message', 'type', 'param', 'code'])
    expect([done, rest]).toEqual(['data: [DONE]', ''])
    expect(raw).not.toMatch(/"finish_reason":"|"usage"/)
  })

  test.each(['demo/error-in-stream', 'demo/broken-stream', 'demo/early-close'])(
    '%s before any output is an HTTP error and no success',
    async (name) => {
      const model = await world.sell(`${name}-at-once`, { upstream: `${name}@after=0` })
      expect(await world.stream({ model })).toMatchObject({
        status: 502,
        error: { code: 'upstream_error' },
      })
    },
  )
})

test('the record can be read as soon as the stream has ended', async () => {
  const { id } = await world.stream({ model: 'sim-fast' })
  const response = await fetch(`${world.url}/v1/generation?id=${id}`, {
    headers: { 'x-api-key': world.key },
  })
  expect(response.status).toBe(200)
})
