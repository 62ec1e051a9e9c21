/** wire.md §7, end to end: each was a real bug of some gateway. Those of a stream's end and of clients that leave have files of their own. */
import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import type { Units } from '../../src/base/units.ts'
import { openWorld } from '../helpers/world.ts'

const world = await openWorld()

/** A call's units, as they were priced. */
async function unitsOf(id: string): Promise<Units> {
  const { cost } = await world.generation(id)
  return Object.fromEntries(cost.map(({ unit, count }) => [unit, count]))
}
async function charge(fields: JsonObject, stream: boolean) {
  const id = stream ? (await world.stream(fields)).id : (await world.ask(fields)).body.id
  return { units: await unitsOf(id), nano: BigInt((await world.generation(id)).charged_nano) }
}
const bothWays = describe.each([
  ['whole', false],
  ['streamed', true],
])

/** About 1,500 tokens that no other test sends. */
const long = () => `${crypto.randomUUID()} ${'river stone morning window paper '.repeat(300)}`
const marked = (text: string, ttl: '5m' | '1h' = '5m') => [
  { role: 'system', content: [{ type: 'text', text, cache_control: { type: 'ephemeral', ttl } }] },
  { role: 'user', content: 'Hello' },
]

bothWays('%s', (_, stream) => {
  test('cache writes are charged once, and reads as reads', async () => {
    const messages = marked(long())
    const fields = { model: 'anthropic/sim-chat', messages }
    const first = await charge(fields, stream)
    const { cache_write = 0, input = 0, output = 0 } = first.units
    expect(cache_write).toBeGreaterThan(1_024)
    expect(first.units).toEqual({ input, output, cache_write })
    // 0.1875 × 1,000 nano-USD a written token, rounded up once.
    const pico =
      187_500n * BigInt(cache_write) + 150_000n * BigInt(input) + 600_000n * BigInt(output)
    expect(first.nano).toBe((pico + 999n) / 1_000n)

    const second = await charge(fields, stream)
    expect(second.units).toEqual({ input, output, cache_read: cache_write })
    expect(second.nano).toBe(
      75n * BigInt(cache_write) + 150n * BigInt(input) + 600n * BigInt(output),
    )
  })

  test('a write for an hour is of the same total', async () => {
    const { units } = await charge(
      { model: 'anthropic/sim-chat', messages: marked(long(), '1h') },
      stream,
    )
    expect(units.cache_write_1h).toBeGreaterThan(1_024)
    expect(units).not.toHaveProperty('cache_write')
  })

  test('cache reads are cheaper on OpenAI’s dialect, and inside of prompt_tokens', async () => {
    const fields = { model: 'sim-chat', messages: [{ role: 'user', content: long() }] }
    const first = await charge(fields, stream)
    const second = await charge(fields, stream)
    expect(second.units.cache_read).toBeGreaterThanOrEqual(1_024)
    expect(second.units.input! + second.units.cache_read!).toBe(first.units.input!)
    expect(first.nano - second.nano).toBe(75n * BigInt(second.units.cache_read!))
    const { body } = await world.ask(fields)
    expect(body.usage).toMatchObject({
      prompt_tokens: first.units.input!,
      prompt_tokens_details: { cached_tokens: second.units.cache_read! },
    })
  })

  test.each(['sim-reasoner', 'demo/deepseek', 'demo/xai'])(
    'reasoning is charged, and once: %s',
    async (model) => {
      const { units, nano } = await charge({ model }, stream)
      expect(units.reasoning).toBe(12)
      expect(nano).toBe(BigInt(150 * units.input! + 600 * (units.output! + 12)))
    },
  )

  test.each(['sim-chat', 'anthropic/sim-chat'])(
    'an answer that its limit cut is charged: %s',
    async (model) => {
      expect((await charge({ model, max_tokens: 4 }, stream)).units.output).toBe(4)
    },
  )

  test.each(['demo/utf8', 'demo/drip', 'anthropic/demo/utf8', 'anthropic/demo/drip'])(
    'characters cut between reads stay whole: %s',
    async (model) => {
      const text = stream
        ? (await world.stream({ model })).text
        : (await world.ask({ model })).body.choices[0]!.message.content!
      expect(text).toMatch(/^[天地玄黃宇宙洪荒日月盈昃辰宿列張λξωшюя🌊🌙🎈🚲]+$/u)
    },
  )
})

test.each(['sim-fast', 'anthropic/sim-fast'])(
  'a stream whose usage nobody asked for is charged: %s',
  async (model) => {
    const reply = await world.stream({ model })
    expect(reply.raw).not.toContain('usage')
    expect(await world.generation(reply.id)).toMatchObject({
      usage_source: 'provider',
      tokens_completion: 8,
    })
  },
)

test('an upstream is asked for usage whatever the client said', async () => {
  const { id } = await world.stream({ model: 'sim-chat', stream_options: { include_usage: false } })
  expect(world.seen(id)[0]?.body?.stream_options).toEqual({ include_usage: true })
})

describe('what a model refuses is not sent to it', () => {
  const sent = async (fields: JsonObject) => {
    const { status, headers } = await world.ask(fields)
    expect(status).toBe(200)
    const ignored = headers.get('x-kkai-ignored')?.split(', ') ?? []
    return { body: world.seen(headers.get('x-generation-id')!)[0]!.body!, ignored }
  }

  test('temperature, to a model that reasons', async () => {
    const { body, ignored } = await sent({
      model: 'sim-reasoner',
      temperature: 0.5,
      max_tokens: 100,
    })
    expect(body).not.toContainKeys(['temperature', 'max_tokens'])
    expect(body.max_completion_tokens).toBe(100)
    expect(ignored).toEqual(['temperature'])
  })

  test('a temperature that Claude does not know', async () => {
    expect((await sent({ model: 'anthropic/sim-chat', temperature: 1.7 })).body.temperature).toBe(1)
  })

  test('temperature together with top_p', async () => {
    const { body, ignored } = await sent({
      model: 'anthropic/sim-chat',
      temperature: 0.5,
      top_p: 0.9,
    })
    expect([body.temperature, body.top_p, ignored]).toEqual([0.5, undefined, ['top_p']])
  })

  test('fields that Claude has no word for', async () => {
    const { ignored } = await sent({
      model: 'anthropic/sim-chat',
      seed: 1,
      logit_bias: {},
      presence_penalty: 1,
    })
    expect(ignored.toSorted()).toEqual(['logit_bias', 'presence_penalty', 'seed'])
  })

  test('empty text blocks', async () => {
    const content = [
      { type: 'text', text: '' },
      { type: 'text', text: 'Hello' },
    ]
    const { body } = await sent({
      model: 'anthropic/sim-chat',
      messages: [
        { role: 'system', content: '' },
        { role: 'user', content },
      ],
    })
    expect(body.system).toBeUndefined()
    expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }])
  })
})

describe('thinking comes back in a tool loop as it was given', () => {
  const parameters = { type: 'object', properties: {} }
  const tools = [{ type: 'function', function: { name: 'get_time', parameters } }]
  const question = { role: 'user', content: 'Use get_time.' }

  /** Asks, answers the call with the message as it was given, and gives the second request as it was sent on. */
  async function loop(model: string) {
    const fields = { model, tools, reasoning_effort: 'high' }
    const first = await world.ask({ ...fields, messages: [question] })
    const { message } = first.body.choices[0]!
    const [call] = message.tool_calls as { id: string }[]
    const result = { role: 'tool', tool_call_id: call!.id, content: 'noon' }
    const second = await world.ask({ ...fields, messages: [question, message, result] })
    expect(second.body.choices[0]?.message.content).toStartWith('The tool answered: noon')
    const { messages } = world.seen(second.body.id)[0]!.body as { messages: JsonObject[] }
    return { message, messages }
  }

  test('signed, to Claude', async () => {
    const { messages } = await loop('anthropic/sim-chat')
    const [thinking] = messages[1]!.content as JsonObject[]
    expect(thinking).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/.+/) })
  })

  test('in its own field, to DeepSeek', async () => {
    const { message, messages } = await loop('demo/deepseek')
    expect(message.reasoning_content).toBeString()
    expect(messages[1]?.reasoning_content).toBe(message.reasoning_content)
  })
})

test('after all of it the ledger verifies', async () => {
  expect(await world.verify()).toBe(true)
})
