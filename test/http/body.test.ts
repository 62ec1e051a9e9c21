import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { AppError } from '../../src/base/error.ts'
import { readJson } from '../../src/http/body.ts'

const limit = 20 * 1024 * 1024

function read(body: BodyInit, headers: Record<string, string> = {}) {
  return readJson(new Request('http://localhost/', { method: 'POST', body, headers }), limit)
}

async function refusal(body: BodyInit, headers: Record<string, string> = {}): Promise<string> {
  const thrown = await read(body, headers).catch((error) => error)
  expect(thrown).toBeInstanceOf(AppError)
  return `${thrown.code}: ${thrown.message}`
}

const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`

test('any JSON object is read as JSON.parse reads it', async () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }))
  await fc.assert(
    fc.asyncProperty(objects, fc.boolean(), async (value, indented) => {
      const text = JSON.stringify(value, null, indented ? 2 : 0)
      expect(await read(text)).toEqual({ value: JSON.parse(text), bytes: Buffer.byteLength(text) })
    }),
  )
})

test('a body in pieces is read as one, characters cut in two included', async () => {
  const bytes = new TextEncoder().encode('{"text":"繁體中文 🦊"}')
  const pieces = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
      controller.close()
    },
  })
  expect((await read(pieces)).value).toEqual({ text: '繁體中文 🦊' })
})

describe('depth', () => {
  test('of 64 is read', async () => {
    expect((await read(nested(64))).bytes).toBe(nested(64).length)
  })
  test('of 65 is refused', async () => {
    expect(await refusal(nested(65))).toContain('nested deeper than 64 levels')
  })
  test('of a million is refused before anything is built', async () => {
    expect(await refusal(nested(1_000_000))).toContain('nested deeper')
  })
  test('counts no brackets in strings, whatever is escaped before them', async () => {
    const text = JSON.stringify({ a: `${'['.repeat(100)}"\\`, 'b\\': '\\"[{'.repeat(100), c: [[]] })
    expect((await read(text)).value).toEqual(JSON.parse(text))
  })
  test('is not hidden by a string before it', async () => {
    expect(await refusal(`{"a\\\\":"\\"","b":${'['.repeat(64)}${']'.repeat(64)}}`)).toContain(
      'nested deeper',
    )
  })
})

describe('size', () => {
  test('of 100,000 fields is read; one more is refused', async () => {
    const body = (fields: number) =>
      `{${Array.from({ length: fields }, (_, at) => `"k${at}":0`).join(',')}}`
    expect((await read(body(100_000))).bytes).toBe(body(100_000).length)
    expect(await refusal(body(100_001))).toContain('larger than 100000 fields')
  })
  test('of a long list of numbers is no matter: token ids come so', async () => {
    const text = JSON.stringify({ input: Array.from({ length: 300_000 }, (_, at) => at) })
    expect((await read(text)).bytes).toBe(text.length)
  })
  test('beyond the limit is refused with the limit', async () => {
    expect(await refusal('x'.repeat(limit + 1))).toContain(`${limit} bytes`)
  })
})

test.each<[string, BodyInit, string]>([
  ['text that is not JSON', 'hello', 'invalid_json'],
  ['an empty body', '', 'invalid_json'],
  ['NaN', '{"a":NaN}', 'invalid_json'],
  ['a list', '[]', 'invalid_request'],
  ['null', 'null', 'invalid_request'],
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'invalid_json'],
  ['UTF-8 cut short', new TextEncoder().encode('{"a":"🦊').slice(0, -2), 'invalid_json'],
])('%s is refused', async (_, body, code) => {
  expect(await refusal(body)).toStartWith(`${code}: `)
})

test.each(['gzip', 'br', 'deflate', 'GZIP', 'identity, gzip'])(
  'content-encoding %s is refused: nothing is unpacked',
  async (encoding) => {
    expect(await refusal('{}', { 'content-encoding': encoding })).toContain('uncompressed')
  },
)

test('keys that name a prototype are fields like any other', async () => {
  const { value } = await read(
    '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
  )
  expect(value.admin).toBeUndefined()
  expect(Object.hasOwn(value, '__proto__')).toBe(true)
  expect(({} as Record<string, unknown>).admin).toBeUndefined()
})

test('of a field that is given twice the last one counts, for us as for what is sent on', async () => {
  expect((await read('{"model":"cheap","model":"dear"}')).value).toEqual({ model: 'dear' })
})
