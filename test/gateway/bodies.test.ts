/** Hostile bodies and heads (operations.md §3 *bodies* and the known holes of this stack): refused, and never half-believed. */
import { describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import { openWorld, type Reply } from '../helpers/world.ts'

const world = await openWorld()

async function send(body: BodyInit, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`${world.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.key}`, ...headers },
    body,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) }
}
const messages = '"messages": [{"role": "user", "content": "Hello"}]'
const written = (fields: string, model = 'sim-fast') =>
  `{"model": "${model}", ${messages}, ${fields}}`
const told = async (body: BodyInit, headers?: Record<string, string>) => {
  const { status, body: reply } = await send(body, headers)
  return [status, reply.error?.code ?? 'ok', reply.error?.param ?? null]
}

test.each(
  ['sim-fast', 'anthropic/sim-fast'].flatMap((model) =>
    ['max_tokens', 'max_completion_tokens', 'n'].flatMap((name) =>
      [
        '-1',
        '0',
        '1.5',
        '1e400',
        '-1e400',
        '2147483648',
        '9223372036854775808',
        '1e30',
        '"10"',
        'true',
        '[]',
        '{}',
      ].map((value) => [name, value, model] as const),
    ),
  ),
)('%s of %s is refused on %s', async (name, value, model) => {
  expect(await told(written(`"${name}": ${value}`, model))).toEqual([400, 'invalid_request', name])
})

test.each(['max_tokens', 'max_completion_tokens', 'n'])(
  '%s of null is as if it were not there',
  async (name) => {
    expect(await told(written(`"${name}": null`))).toEqual([200, 'ok', null])
  },
)

test('many choices of many tokens are held for, so a small balance lowers both', async () => {
  const { key, account } = await world.customer({ credit: '0.05' })
  const reply = await world.ask({ model: 'sim-chat', n: 128, max_tokens: 128_000 }, { key })
  expect(reply.status).toBe(200)
  const least = Number(reply.headers.get('x-kkai-max-tokens'))
  expect(least).toBeGreaterThanOrEqual(256)
  expect(least * 128 * 600).toBeLessThanOrEqual(50_000_000)
  expect(reply.body.choices).toHaveLength(128)
  const { balance, pending } = await world.balance(account)
  expect(pending).toBe(0n)
  expect(balance).toBeGreaterThanOrEqual(0n)
  expect(balance).toBeLessThan(50_000_000n)
})

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const many = (count: number) => `{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join()}}`

// biome-ignore format: a table is read by its rows
test.each<[string, BodyInit, number, string]>([
  ['nothing', '', 400, 'invalid_json'],
  ['no JSON', 'model=sim-fast', 400, 'invalid_json'],
  ['NaN', written('"temperature": NaN'), 400, 'invalid_json'],
  ['two values', `${written('"n": 1')}{}`, 400, 'invalid_json'],
  ['null', 'null', 400, 'invalid_request'],
  ['a string', '"model"', 400, 'invalid_request'],
  ['broken UTF-8', new Uint8Array([...Buffer.from('{"model": "'), 0xff, 0xfe, ...Buffer.from('"}')]), 400, 'invalid_json'],
  ['64 levels', written(`"x": ${nested(63)}`), 200, 'ok'],
  ['65 levels', written(`"x": ${nested(64)}`), 400, 'invalid_request'],
  ['a million levels', written(`"x": ${nested(1_000_000)}`), 400, 'invalid_request'],
  ['brackets in a text', written(`"x": "${'[{'.repeat(1_000)}"`), 200, 'ok'],
  ['100,001 fields', written(`"x": ${many(100_001)}`), 400, 'invalid_request'],
  ['a million fields', many(1_000_000), 400, 'invalid_request'],
  ['33 MB', written(`"user": "${'x'.repeat(33_554_432)}"`), 413, 'body_too_large'],
  ['messages that are no list', '{"model": "sim-fast", "messages": {"length": 1}}', 400, 'invalid_request'],
  ['messages that are none', '{"model": "sim-fast", "messages": [null]}', 400, 'invalid_request'],
  ['a model that is no text', `{"model": ["sim-fast"], ${messages}}`, 400, 'invalid_request'],
  ['a model with a NUL', `{"model": "sim-fast\\u0000", ${messages}}`, 404, 'model_not_found'],
  ['a model from the prototype', `{"model": "constructor", ${messages}}`, 404, 'model_not_found'],
  ['stream that is a text', written('"stream": "true"'), 400, 'invalid_request'],
  ['half a surrogate pair', written('"user": "\\ud800"'), 200, 'ok'],
])('a body of %s', async (_, body, status, code) => {
  expect((await told(body)).slice(0, 2)).toEqual([status, code])
})

test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, identity', 'x'])(
  'a body coded as %s is not read',
  async (encoding) => {
    const body = Bun.gzipSync(written('"n": 1'))
    expect(await told(body, { 'content-encoding': encoding })).toEqual([
      400,
      'invalid_request',
      null,
    ])
  },
)

describe('what is priced is what is sent', () => {
  /** What the provider was asked, and what the record says. */
  async function sent(body: string): Promise<{ entry: Entry; model: string; reply: Reply }> {
    const reply = await send(body)
    const id = reply.headers.get('x-generation-id')!
    const { model } = (await world.generation(id)) as unknown as { model: string }
    return { entry: world.seen(id)[0]!, model, reply }
  }

  test('of two models, one', async () => {
    const { entry, model } = await sent(`{"model": "sim-chat", "model": "sim-fast", ${messages}}`)
    expect([entry.model, model]).toEqual(['sim-fast', 'sim-fast'])
  })

  test('of two limits of one name, the one that holds', async () => {
    const { entry, reply } = await sent(written('"max_tokens": 100000, "max_tokens": 2'))
    expect(entry.body?.max_tokens).toBe(2)
    expect(reply.body.usage?.completion_tokens).toBe(2)
  })

  test('of two names of the limit, the lower', async () => {
    const { entry } = await sent(written('"max_tokens": 3, "max_completion_tokens": 100000'))
    expect(entry.body).toMatchObject({ max_tokens: 3 })
    expect(entry.body).not.toHaveProperty('max_completion_tokens')
  })

  test('of two conversations, one', async () => {
    const { entry } = await sent(`{"messages": [], "model": "sim-fast", ${messages}}`)
    expect(entry.body?.messages).toEqual([{ role: 'user', content: 'Hello' }])
  })

  test.each(['sim-fast', 'anthropic/sim-fast'])(
    '__proto__ and its kind are names like others: %s',
    async (model) => {
      const { entry, reply } = await sent(
        written('"__proto__": {"stream": true, "max_tokens": 1, "n": 5}, "constructor": 1', model),
      )
      expect(reply.headers.get('content-type')).toBe('application/json')
      expect([entry.stream, reply.body.choices.length]).toEqual([false, 1])
      expect(reply.body.usage?.completion_tokens).toBe(8)
    },
  )
})

describe('heads', () => {
  /** The status of a request as its bytes stand here. */
  function status(head: string, body = ''): Promise<string> {
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
    socket.write(`${head}\r\n\r\n${body}`)
    return new Promise((resolve, reject) => {
      socket.once('data', (bytes) => {
        resolve(bytes.toString().split('\r\n')[0]!)
        socket.destroy()
      })
      socket.once('error', reject)
      socket.once('close', () => resolve('closed'))
    })
  }
  const post = (...headers: string[]) =>
    [
      'POST /api/v1/chat/completions HTTP/1.1',
      `Authorization: Bearer ${world.key}`,
      ...headers,
    ].join('\r\n')
  const body = written('"n": 1')
  const length = `Content-Length: ${body.length}`

  // Elysia would look for the path at a fixed place in the URL.
  test.each([
    'a',
    'ab',
    'abc',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil',
    '',
    'a/b',
  ])('the Host %p is not served', async (host) => {
    expect(await status(post(`Host: ${host}`, length), body)).toMatch(/ 400 /)
  })

  test.each(['localhost', '127.0.0.1', 'LOCALHOST:1', '[::1]'])('the Host %p is', async (host) => {
    expect(await status(post(`Host: ${host}`, length), body)).toMatch(/ 200 /)
    expect(
      await status(post(`Host: ${host}`, 'X-Forwarded-Host: evil.example', length), body),
    ).toMatch(/ 200 /)
  })

  test.each<[string, string[]]>([
    ['a length and chunks', ['Host: localhost', length, 'Transfer-Encoding: chunked']],
    ['two lengths', ['Host: localhost', 'Content-Length: 5', length]],
    ['a negative length', ['Host: localhost', 'Content-Length: -1']],
    ['two hosts', ['Host: localhost', 'Host: evil.example', length]],
    ['a name with a blank', ['Host: localhost', 'X-Title : app', length]],
    ['a folded line', ['Host: localhost', 'X-Title: a', ' evil: b', length]],
  ])('%s: refused', async (_, headers) => {
    expect(await status(post(...headers), body)).toMatch(/ 400 |closed/)
  })

  test('a declared length beyond the limit is refused before the body comes', async () => {
    expect(await status(post('Host: localhost', 'Content-Length: 999999999999'))).toMatch(/ 413 /)
  })

  test('an endless body in chunks is cut at the limit', async () => {
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_048_576).fill(0x20)),
    })
    expect(await told(endless).catch(() => 'cut')).toBeOneOf(['cut', [413, 'body_too_large', null]])
  }, 20_000)

  test('a name that the caller gives itself is kept short, and can inject nothing', async () => {
    const { headers } = await send(body, { 'x-title': `<script>"\t${'x'.repeat(1_000)}` })
    const { app } = (await world.generation(headers.get('x-generation-id')!)) as unknown as {
      app: string
    }
    expect(app).toStartWith('<script>"')
    expect(app).toHaveLength(200)
  })
})

test.each(['sim-chat', 'anthropic/sim-chat'])(
  'text that looks like the protocol stays text: %s',
  async (model) => {
    const content = 'x"}\n\ndata: [DONE]\n\nevent: error\ndata: {"error":{}}\n\n\u2028: '
    const asked = { model, messages: [{ role: 'user', content }] }
    const [whole, streamed] = [await world.ask(asked), await world.stream(asked)]
    expect(whole.body.choices[0]?.message.content).toContain('data: [DONE]')
    expect(streamed).toMatchObject({
      text: whole.body.choices[0]!.message.content!,
      done: true,
      error: null,
    })
  },
)

test('and after all of it the server lives, holds nothing and verifies', async () => {
  expect((await fetch(`${world.url}/readyz`)).status).toBe(200)
  expect((await world.balance(world.account)).pending).toBe(0n)
  expect(await world.verify()).toBe(true)
})
