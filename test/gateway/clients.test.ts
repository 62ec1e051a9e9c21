/** The official `openai` package, unchanged: its base URL and its key are all that is set [T1.2]. On both upstream dialects. */
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { makeParseableResponseFormat } from 'openai/lib/parser'
import type { ChatCompletionTool } from 'openai/resources'
import { openWorld } from '../helpers/world.ts'

const world = await openWorld()
const openai = new OpenAI({ baseURL: `${world.url}/api/v1`, apiKey: world.key, maxRetries: 0 })

const content = 'What is the weather in Taipei? Use get_weather.'
const question = [{ role: 'user' as const, content }]
const weather = {
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { enum: ['C', 'F'] } },
    required: ['city', 'unit'],
  },
}
const tools: ChatCompletionTool[] = [{ type: 'function', function: weather }]
const user = [{ role: 'user' as const, content: 'Hello' }]

/** What the client was told it cost, against the record. */
async function expectBilled(id: string, usage: object | null | undefined): Promise<void> {
  const { cost } = usage as { cost: number }
  const record = await world.generation(id)
  expect(cost).toBeGreaterThan(0)
  expect(record).toMatchObject({ usage: cost, outcome: 'complete', usage_source: 'provider' })
}

test.each(['/api/v1', '/v1'])('the base path %s serves it', async (path) => {
  const client = new OpenAI({ baseURL: world.url + path, apiKey: world.key })
  const { choices } = await client.chat.completions.create({ model: 'sim-chat', messages: user })
  expect(choices[0]?.message.content).toStartWith('You said: Hello.')
})

describe.each(['sim-chat', 'anthropic/sim-chat'])('with %s', (model) => {
  test('a completion has text, usage and its cost', async () => {
    const completion = await openai.chat.completions.create({ model, messages: user })
    const { choices, usage, id } = completion
    expect(completion).toMatchObject({ object: 'chat.completion', model })
    expect(choices[0]).toMatchObject({ index: 0, finish_reason: 'stop' })
    expect(choices[0]?.message).toMatchObject({ role: 'assistant', refusal: null })
    expect(choices[0]?.message.content).toStartWith('You said: Hello.')
    expect(usage?.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens)
    await expectBilled(id, usage)
  })

  test('a stream is the same text, and ends with the usage that was asked for', async () => {
    const whole = await openai.chat.completions.create({ model, messages: user })
    const stream = await openai.chat.completions.create({
      ...{ model, messages: user, stream: true, stream_options: { include_usage: true } },
    })
    let text = ''
    let last: OpenAI.ChatCompletionChunk | null = null
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      last = chunk
    }
    expect(text).toBe(whole.choices[0]?.message.content as string)
    expect(last).toMatchObject({ object: 'chat.completion.chunk', model, choices: [] })
    expect(last?.usage).toEqual(whole.usage)
    await expectBilled(last!.id, last?.usage)
  })

  test('the tool loop of runTools goes to its end: called, answered, told', async () => {
    const asked: unknown[] = []
    const runner = openai.chat.completions.runTools({
      ...{ model, messages: question, stream: true },
      tools: [
        {
          type: 'function',
          function: {
            ...weather,
            parse: JSON.parse,
            function: (city: object) => {
              asked.push(city)
              return 'sunny, 31 degrees'
            },
          },
        },
      ],
    })
    expect(await runner.finalContent()).toStartWith('The tool answered: sunny, 31 degrees.')
    expect(asked).toEqual([{ city: expect.any(String), unit: 'C' }])
    expect(runner.messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ])
  })

  test('the stream helper joins two parallel calls, each with its own arguments', async () => {
    const both = [
      ...tools,
      { type: 'function' as const, function: { ...weather, name: 'get_time' } },
    ]
    const stream = openai.chat.completions.stream({
      ...{ model, messages: [{ role: 'user', content: 'Call two tools.' }], tools: both },
    })
    const { choices } = await stream.finalChatCompletion()
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    const calls = choices[0]!.message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[]
    expect(calls.map((call) => call.function.name)).toEqual(['get_weather', 'get_time'])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2)
    for (const call of calls) {
      expect(JSON.parse(call.function.arguments)).toMatchObject({ city: expect.any(String) })
    }
  })

  test.each<[string, OpenAI.ChatCompletionToolChoiceOption, string]>([
    ['none', 'none', 'stop'],
    ['required', 'required', 'tool_calls'],
    ['named', { type: 'function', function: { name: 'get_weather' } }, 'tool_calls'],
  ])('tool_choice %s is obeyed', async (_, tool_choice, finish) => {
    const { choices } = await openai.chat.completions.create({
      model,
      messages: user,
      tools,
      tool_choice,
    })
    const called = choices[0]?.message.tool_calls?.length ?? 0
    expect([choices[0]?.finish_reason, called]).toEqual([
      finish as 'stop',
      finish === 'stop' ? 0 : 1,
    ])
  })

  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
    required: ['name', 'tags'],
    additionalProperties: false,
  }
  const format = makeParseableResponseFormat<{ name: string; tags: string[] }>(
    { type: 'json_schema', json_schema: { name: 'item', strict: true, schema } },
    JSON.parse,
  )
  const item = { name: expect.any(String), tags: expect.any(Array) }

  test('structured output is parsed by the parse helper, whole and streamed', async () => {
    const request = { model, messages: user, response_format: format }
    const parsed = await openai.chat.completions.parse(request)
    expect(parsed.choices[0]).toMatchObject({ finish_reason: 'stop', message: { parsed: item } })
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion()
    expect(streamed.choices[0]?.message.parsed).toEqual(parsed.choices[0]!.message.parsed)
  })

  test('an image is seen and paid for', async () => {
    const url = `data:image/png;base64,${'iVBORw0KGgo'.padEnd(40_000, 'A')}`
    const picture = [
      { type: 'text' as const, text: 'Hello' },
      { type: 'image_url' as const, image_url: { url } },
    ]
    const plain = await openai.chat.completions.create({ model, messages: user })
    const seen = await openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: picture }],
    })
    expect(seen.usage!.prompt_tokens).toBeGreaterThan(plain.usage!.prompt_tokens)
    await expectBilled(seen.id, seen.usage)
  })

  test('max_tokens cuts it, and stop ends it', async () => {
    const cut = await openai.chat.completions.create({
      model,
      messages: user,
      max_completion_tokens: 3,
    })
    expect(cut.choices[0]?.finish_reason).toBe('length')
    expect(cut.usage?.completion_tokens).toBe(3)
    const ended = await openai.chat.completions.create({ model, messages: user, stop: ['Hello'] })
    expect(ended.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'You said: ' },
    })
  })

  test('leaving a stream is no error', async () => {
    const stream = await openai.chat.completions.create({ model, messages: user, stream: true })
    for await (const _ of stream) break
    expect(stream.controller.signal.aborted).toBe(true)
  })
})

test('an older Claude makes JSON by a forced tool, and the client sees none of it', async () => {
  const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
  const { choices } = await openai.chat.completions.create({
    ...{ model: 'anthropic/sim-old', messages: user },
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
  })
  expect(choices[0]?.finish_reason).toBe('stop')
  expect(choices[0]?.message.tool_calls).toBeUndefined()
  expect(JSON.parse(choices[0]!.message.content!)).toEqual({ ok: expect.any(Boolean) })
})
