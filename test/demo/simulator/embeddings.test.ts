import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { drawVector } from '../../../src/demo/simulator/embeddings.ts'
import { ask, simulator } from './ask.ts'

const openai = new OpenAI({ apiKey: 'sk-sim-a', baseURL: `${simulator.url}/v1`, maxRetries: 0 })

describe('Embeddings', () => {
  test('are the same as base64, the official client’s default, and as floats', async () => {
    const input = ['hello', 'world']
    const base64 = await openai.embeddings.create({ model: 'sim-embed', input })
    const float = await openai.embeddings.create({
      model: 'sim-embed',
      input,
      encoding_format: 'float',
    })
    expect(base64.data).toEqual(float.data)
    expect(float.data.map((one) => one.index)).toEqual([0, 1])
    expect(float.data[0]!.embedding).toEqual([...drawVector('hello', 256)])
    expect(float.data[1]!.embedding).not.toEqual(float.data[0]!.embedding)
    expect(float.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 })
  })

  test.each([1, 16, 256])('of %d dimensions have length 1', async (dimensions) => {
    const { data } = await openai.embeddings.create({ model: 'sim-embed', input: 'x', dimensions })
    expect(data[0]!.embedding).toHaveLength(dimensions)
    expect(Math.hypot(...data[0]!.embedding)).toBeCloseTo(1, 5)
  })

  test('ignore encoding_format where the model does', async () => {
    const fields = { model: 'sim-embed-floats', encoding_format: 'base64' }
    const { data } = (await (await ask('openai-embeddings', fields)).json()) as {
      data: { embedding: unknown }[]
    }
    expect(Array.isArray(data[0]!.embedding)).toBe(true)
  })

  test.each([
    ['a text', 'two words', 2, 1],
    ['token ids', [5, 6, 7], 3, 1],
    ['lists of token ids', [[5, 6], [7]], 3, 2],
  ])('count %s', async (_, input, tokens, vectors) => {
    const answer = await openai.embeddings.create({ model: 'sim-embed', input })
    expect(answer.usage.prompt_tokens).toBe(tokens)
    expect(answer.data).toHaveLength(vectors)
  })

  test.each([
    ['an empty text', { input: '' }],
    ['an empty text among others', { input: ['a', ''] }],
    ['nothing', { input: [] }],
    ['2,049 texts', { input: Array(2049).fill('x') }],
    ['8,193 tokens', { input: 'x '.repeat(8193) }],
    ['257 dimensions', { dimensions: 257 }],
    ['an unknown encoding', { encoding_format: 'hex' }],
  ])('refuse %s', async (_, fields) => {
    expect(
      (await ask('openai-embeddings', { model: 'sim-embed', ...fields } as never)).status,
    ).toBe(400)
  })

  test('come from models of that kind only', async () => {
    expect((await ask('openai-embeddings', { model: 'sim-chat' })).status).toBe(404)
    expect((await ask('openai-chat', { model: 'sim-embed' })).status).toBe(404)
  })
})
