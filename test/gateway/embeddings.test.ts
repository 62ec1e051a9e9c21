/** Embeddings, models and prices, read by the official `openai` package. */
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { demoPrice, openWorld } from '../helpers/world.ts'

const world = await openWorld()
const openai = new OpenAI({ baseURL: `${world.url}/api/v1`, apiKey: world.key, maxRetries: 0 })

describe.each(['sim-embed', 'sim-embed-floats'])('embeddings of %s', (model) => {
  const input = ['first text', 'second text']

  test('base64, the default, are the floats', async () => {
    const decoded = await openai.embeddings.create({ model, input })
    const floats = await openai.embeddings.create({ model, input, encoding_format: 'float' })
    expect(decoded.data.map(({ index }) => index)).toEqual([0, 1])
    for (const [at, { embedding }] of decoded.data.entries()) {
      expect(embedding).toHaveLength(256)
      expect(embedding).toEqual([...new Float32Array(floats.data[at]!.embedding)])
    }
    expect(decoded.data[0]?.embedding).not.toEqual(decoded.data[1]!.embedding)
  })

  test('the wire carries base64 when it is asked for, and floats when it is not', async () => {
    const asked = async (encoding_format?: string) => {
      const { body } = await world.ask({ model, input, encoding_format }, { path: 'embeddings' })
      return typeof (body as unknown as { data: { embedding: unknown }[] }).data[0]?.embedding
    }
    expect([await asked('base64'), await asked('float'), await asked()]).toEqual([
      'string',
      'object',
      'object',
    ])
  })

  test('dimensions, usage and cost are as asked', async () => {
    const reply = await openai.embeddings.create({ model, input: 'one', dimensions: 64 })
    expect(reply.data[0]?.embedding).toHaveLength(64)
    expect(reply.usage.prompt_tokens).toBe(reply.usage.total_tokens)
    const { id } = reply as unknown as { id: string }
    const { cost } = reply.usage as unknown as { cost: number }
    expect(await world.generation(id)).toMatchObject({ usage: cost, usage_source: 'provider' })
  })

  test('token ids are inputs too', async () => {
    const reply = await openai.embeddings.create({
      model,
      input: [
        [1, 2, 3],
        [4, 5],
      ],
    })
    expect([reply.data.length, reply.usage.prompt_tokens]).toEqual([2, 5])
  })
})

describe('models', () => {
  test('are listed with prices a token, public even without a key', async () => {
    const listed = await Array.fromAsync(openai.models.list())
    const model = listed.find(({ id }) => id === 'anthropic/sim-chat')
    expect(model).toMatchObject({
      ...{ object: 'model', owned_by: 'anthropic', context_length: 200_000, expiration_date: null },
      pricing: { prompt: '0.00000015', completion: '0.0000006', input_cache_read: '0.000000075' },
    })
    const open = await fetch(`${world.url}/api/v1/models`)
    expect(((await open.json()) as { data: object[] }).data).toHaveLength(listed.length)
  })

  test.each(['sim-chat', 'anthropic/sim-chat'])(
    '%s is retrieved by its id, slash or not',
    async (id) => {
      expect(await openai.models.retrieve(id)).toMatchObject({ id, object: 'model' })
      expect(await (await fetch(`${world.url}/v1/models/${id}`)).json()).toMatchObject({ id })
    },
  )
})

test('the price is the published one', async () => {
  const { body } = await world.ask({ model: 'sim-chat' })
  const { cost } = await world.generation(body.id)
  const prices = Object.fromEntries(
    cost.map(({ unit, usd_per_million }) => [unit, usd_per_million]),
  )
  expect(prices).toEqual({ input: demoPrice.input, output: demoPrice.output })
})
