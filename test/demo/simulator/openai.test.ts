/** What the official OpenAI client makes of the simulated provider. */
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { countTokens } from '../../../src/demo/simulator/words.ts'
import { simulator } from './ask.ts'

const openai = new OpenAI({ apiKey: 'sk-sim-a', baseURL: `${simulator.url}/v1`, maxRetries: 0 })
const user = (content: string) => ({ role: 'user' as const, content })
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 3 } },
      required: ['city', 'days'],
    },
  },
}

describe('A chat', () => {
  test('is answered alike for the same prompt, and counted as it is written', async () => {
    const question = { model: 'sim-chat', messages: [user('hello there')] }
    const [one, two] = [
      await openai.chat.completions.create(question),
      await openai.chat.completions.create(question),
    ]
    const text = one.choices[0]!.message.content!
    expect(text).toStartWith('You said: hello there.')
    expect(two.choices).toEqual(one.choices)
    expect(two.id).not.toBe(one.id)
    expect(one.choices[0]!.finish_reason).toBe('stop')
    expect(one.usage).toMatchObject({ prompt_tokens: 6, completion_tokens: countTokens(text) })
  })

  test.each([1, 3, 40])('stops after max_tokens: %d', async (max_tokens) => {
    const answer = await openai.chat.completions.create({
      model: 'sim-chat@tokens=100',
      messages: [user('hello')],
      max_tokens,
    })
    const [choice] = answer.choices
    expect(choice!.finish_reason).toBe('length')
    expect(countTokens(choice!.message.content!)).toBe(max_tokens)
    expect(answer.usage!.completion_tokens).toBe(max_tokens)
  })

  test('has as many choices as asked, told apart by index, whole and streamed', async () => {
    const question = { model: 'sim-chat', messages: [user('hi')], n: 3 }
    const { choices } = await openai.chat.completions.create(question)
    expect(new Set(choices.map((choice) => choice.message.content)).size).toBe(3)
    const stream = openai.chat.completions.stream(question)
    const streamed = await stream.finalChatCompletion()
    const texts = (list: typeof choices) => list.map((choice) => choice.message.content)
    expect(texts(streamed.choices)).toEqual(texts(choices))
  })

  test('ends before a stop sequence', async () => {
    const question = { model: 'sim-chat', messages: [user('one STOP two')], stop: ['STOP'] }
    const answer = await openai.chat.completions.create(question)
    expect(answer.choices[0]!.message.content).toBe('You said: one ')
    expect(answer.choices[0]!.finish_reason).toBe('stop')
  })

  test('streams one token a frame, and usage when asked', async () => {
    const chunks = await Array.fromAsync(
      await openai.chat.completions.create({
        model: 'sim-chat@tokens=9',
        messages: [user('hi')],
        stream: true,
        stream_options: { include_usage: true },
      }),
    )
    const pieces = chunks.flatMap((chunk) => chunk.choices.map((c) => c.delta.content ?? ''))
    expect(pieces.filter((piece) => piece !== '').map(countTokens)).toEqual(Array(9).fill(1))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 9 } })
  })

  test('reasons first where the model does, within the output', async () => {
    const question = { model: 'sim-reasoner@thinking=20', messages: [user('hi')] }
    const answer = await openai.chat.completions.create({ ...question, reasoning_effort: 'high' })
    const message = answer.choices[0]!.message as unknown as Record<string, string>
    expect(countTokens(message.reasoning_content!)).toBe(40)
    expect(answer.usage!.completion_tokens_details!.reasoning_tokens).toBe(40)
    expect(answer.usage!.completion_tokens).toBe(40 + countTokens(message.content!))
  })

  test('takes an image and counts it', async () => {
    const image_url = { url: 'data:image/png;base64,iVBORw0KGgo=' }
    const content = [
      { type: 'text' as const, text: 'see' },
      { type: 'image_url' as const, image_url },
    ]
    const answer = await openai.chat.completions.create({
      model: 'sim-chat',
      messages: [{ role: 'user', content }],
    })
    expect(answer.usage!.prompt_tokens).toBe(4 + 1 + 765)
  })

  test('has the cached part of a long prompt counted when it comes again', async () => {
    const start = [{ role: 'system' as const, content: 'word '.repeat(1500) }]
    const ask = async (text: string) => {
      const messages = [...start, user(text)]
      const { usage } = await openai.chat.completions.create({ model: 'sim-chat', messages })
      return [usage!.prompt_tokens, usage!.prompt_tokens_details!.cached_tokens]
    }
    expect(await ask('first')).toEqual([1510, 0])
    expect(await ask('second')).toEqual([1510, 1408])
  })
})

describe('A tool', () => {
  test.each([
    ['asked for in words', { messages: [user('please call the tool')] }],
    ['named in words', { messages: [user('use get_weather')] }],
    ['required', { messages: [user('hi')], tool_choice: 'required' as const }],
    [
      'chosen',
      {
        messages: [user('hi')],
        tool_choice: { type: 'function' as const, function: { name: 'get_weather' } },
      },
    ],
  ])('is called when %s, with arguments of its schema', async (_, fields) => {
    const { choices } = await openai.chat.completions.create({
      model: 'sim-chat',
      tools: [weather],
      ...fields,
    })
    expect(choices[0]!.finish_reason).toBe('tool_calls')
    expect(choices[0]!.message.content).toBeNull()
    const [call] = choices[0]!.message.tool_calls as { function: { arguments: string } }[]
    expect(JSON.parse(call!.function.arguments)).toEqual({ city: 'sample', days: 3 })
  })

  test.each([
    ['not asked for', { messages: [user('hi')] }],
    ['forbidden', { messages: [user('call the tool')], tool_choice: 'none' as const }],
  ])('is not called when %s', async (_, fields) => {
    const { choices } = await openai.chat.completions.create({
      model: 'sim-chat',
      tools: [weather],
      ...fields,
    })
    expect(choices[0]!.message.tool_calls).toBeUndefined()
  })

  test('result is quoted in the answer that follows', async () => {
    const runner = openai.chat.completions.runTools({
      model: 'sim-chat',
      stream: true,
      messages: [user('call the tool')],
      tools: [
        {
          type: 'function',
          function: {
            ...weather.function,
            description: 'The weather of a city.',
            parse: (text: string) => JSON.parse(text) as { days: number },
            function: (p: { days: number }) => `rain for ${p.days} days`,
          },
        },
      ],
    })
    expect(await runner.finalContent()).toStartWith('The tool answered: rain for 3 days.')
  })

  test.each([
    [true, [0, 1]],
    [false, [0]],
  ])(
    'is called twice on request; parallel calls allowed: %p',
    async (parallel_tool_calls, indexes) => {
      const stream = openai.chat.completions.stream({
        model: 'sim-chat',
        messages: [user('call two tools, or call the tool')],
        tools: [weather],
        parallel_tool_calls,
      })
      const seen = new Set<number>()
      for await (const chunk of stream) {
        for (const call of chunk.choices[0]?.delta.tool_calls ?? []) seen.add(call.index)
      }
      expect([...seen]).toEqual(indexes)
      const calls = (await stream.finalChatCompletion()).choices[0]!.message.tool_calls!
      expect(new Set(calls.map((call) => call.id)).size).toBe(indexes.length)
    },
  )
})

test('A JSON schema is satisfied by the answer', async () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name', 'age'],
    additionalProperties: false,
  }
  const answer = await openai.chat.completions.parse({
    model: 'sim-chat',
    messages: [user('who?')],
    response_format: { type: 'json_schema', json_schema: { name: 'person', schema, strict: true } },
  })
  expect(JSON.parse(answer.choices[0]!.message.content!)).toEqual({ name: 'sample', age: 1 })
})

test('The models are listed', async () => {
  const ids = (await Array.fromAsync(openai.models.list())).map((model) => model.id)
  expect(ids).toContain('sim-chat')
  expect(ids).toContain('demo/429')
})
