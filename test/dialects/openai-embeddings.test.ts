/** Embeddings: a client gets what it asked for, floats or base64, and never a vector of silent nonsense. */
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { AppError } from '../../src/base/error.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { openaiEmbeddings } from '../../src/dialects/openai-embeddings.ts'
import { aim, bill, identity } from './speak.ts'

const ask = (fields: JsonObject) =>
  openaiEmbeddings.readRequest({ model: 'shop/model', input: 'Hi', ...fields }, 100)

const reply = (...vectors: unknown[]): JsonObject => ({
  object: 'list',
  model: 'up-model',
  data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })) as never,
  usage: { prompt_tokens: 5, total_tokens: 5 },
})

describe('a request', () => {
  test.each([
    ['one text', 'Hi', null],
    ['texts', ['Hi', 'Ho'], null],
    ['token ids', [1, 2, 3], 3],
    ['lists of token ids', [[1, 2], [3]], 3],
    ['2,048 texts', new Array(2048).fill('a'), null],
  ])('may have %s', (_, input, tokens) => {
    expect(ask({ input }).inputTokens).toBe(tokens)
  })

  test.each<[string, JsonObject]>([
    ['input', { input: '' }],
    ['input', { input: [] }],
    ['input', { input: ['a', ''] }],
    ['input', { input: [[]] }],
    ['input', { input: [-1] }],
    ['input', { input: [1.5] }],
    ['input', { input: { text: 'a' } }],
    ['input', { input: new Array(2049).fill('a') }],
    ['input', { input: [new Array(8193).fill(1)] }],
    ['dimensions', { dimensions: 0 }],
    ['encoding_format', { encoding_format: 'int8' }],
    ['model', { model: null }],
  ])('is refused by the name of its field: %s', (param, fields) => {
    expect(() => ask(fields)).toThrow(expect.objectContaining({ status: 400, param }))
    expect(() => ask(fields)).toThrow(AppError)
  })

  test('always asks the provider for floats', () => {
    const call = ask({ encoding_format: 'base64', dimensions: 2, api_base: 'x' })
    expect(openaiEmbeddings.writeRequest(call, aim())).toEqual({
      body: { model: 'up-model', input: 'Hi', dimensions: 2, encoding_format: 'float' },
      ignored: ['api_base'],
    })
    const { body } = openaiEmbeddings.writeRequest(call, aim({ rejects: ['encoding_format'] }))
    expect(body).not.toHaveProperty('encoding_format')
  })
})

describe('a reply', () => {
  function carry(fields: JsonObject, upstream: JsonObject): string {
    const call = ask(fields)
    const { raw, events } = openaiEmbeddings.reader(call, aim()).reply(upstream)
    return openaiEmbeddings.writer(call, identity).reply(raw, events, bill)
  }

  test('with floats has our names, usage and its cost, in the order of the inputs', () => {
    const upstream = reply([1, 2], [3, 4])
    ;(upstream.data as JsonObject[]).reverse()
    expect(JSON.parse(carry({ input: ['a', 'b'] }, upstream))).toEqual({
      object: 'list',
      id: 'gen-1',
      model: 'shop/model',
      data: [
        { object: 'embedding', index: 0, embedding: [1, 2] },
        { object: 'embedding', index: 1, embedding: [3, 4] },
      ],
      usage: { prompt_tokens: 5, total_tokens: 5, cost: 0.000012345 },
    })
  })

  test('is read by the official SDK, which asks for base64, as what was meant', async () => {
    const client = new OpenAI({
      apiKey: 'k',
      fetch: async (_url, init) => {
        const fields = JSON.parse(String(init?.body))
        expect(fields.encoding_format).toBe('base64')
        const headers = { 'content-type': 'application/json' }
        return new Response(carry(fields, reply([0.5, -1.25, 3e-5])), { headers })
      },
    })
    const { data } = await client.embeddings.create({ model: 'm', input: 'Hi' })
    expect(data[0]?.embedding).toEqual([0.5, -1.25, Math.fround(3e-5)])
  })

  test.each<[string, JsonObject, string[]?]>([
    ['too few vectors', reply()],
    ['too many vectors', reply([1], [1])],
    ['an empty vector', reply([])],
    ['base64 though floats were asked', reply('AAAA')],
    ['a hole', reply([1, null])],
    ['a number beyond all', reply([JSON.parse('1e999')])],
    ['a foreign index', { data: [{ index: 1, embedding: [1] }] }],
    [
      'an index twice',
      {
        data: [
          { index: 0, embedding: [1] },
          { index: 0, embedding: [2] },
        ],
      },
      ['a', 'b'],
    ],
    ['an error', { error: { message: 'no' } }],
    ['nothing', {}],
  ])('with %s is a failure', (_, upstream, input = ['Hi']) => {
    const { raw, events } = openaiEmbeddings.reader(ask({ input }), aim()).reply(upstream)
    expect(raw).toBe(null)
    expect(events).toMatchObject([{ type: 'failure', failure: { kind: 'broken' } }])
  })
})
