/** What leaves for a provider, and what comes back from one (operations.md §3 *outbound*; wire.md §6). */
import { afterAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import { openWorld } from '../helpers/world.ts'

const world = await openWorld()

interface Received {
  path: string
  headers: Record<string, string>
  body: JsonObject
}
let received: Received[] = []
let answer: (request: Request) => Response = () => Response.json(completion)
const completion = {
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'upstream-model' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
}
/** A provider that shows what it gets. */
const provider = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0 },
  fetch: async (request) => {
    const { pathname, search } = new URL(request.url)
    const text = await request.text()
    const headers = Object.fromEntries(request.headers)
    received.push({ path: pathname + search, headers, body: text ? JSON.parse(text) : {} })
    return answer(request)
  },
})
afterAll(() => provider.stop(true))

const channel = (id: string, fields: JsonObject) => ({
  ...{ id, base_url: `${provider.url.origin}/v1`, allow_private: true, credential: 'sk-ours' },
  ...fields,
})
const newChannels = [
  channel('mine', { provider: 'openai-compatible' }),
  channel('claude', { provider: 'simulated-anthropic' }),
  channel('azure', { provider: 'azure', quirks: { query: 'api-version=2025-01-01' } }),
]
for (const { id } of newChannels) {
  await world.sell(id, { newChannels, channels: [{ channel: id, model: 'upstream-model' }] })
}

/** Calls, and gives what the provider got. */
async function pass(fields: JsonObject, headers: Record<string, string> = {}) {
  received = []
  const reply = await world.ask({ model: 'mine', ...fields }, { headers })
  return { reply, got: received[0]! }
}

describe('a client never chooses the upstream', () => {
  // Of LiteLLM, OpenRouter and others; and OpenAI's own tariff.
  test.each([
    ...['api_base', 'api_key', 'api_version', 'azure_endpoint', 'base_url', 'custom_llm_provider'],
    ...['extra_body', 'extra_headers', 'fallbacks', 'headers', 'model_list', 'models', 'plugins'],
    ...['provider', 'proxy', 'route', 'service_tier', 'url', 'user_config'],
  ])('by %s in the body: it is stripped, and the client told', async (name) => {
    const { reply, got } = await pass({ [name]: `${provider.url.origin}/stolen` })
    expect(reply.status).toBe(200)
    expect(Object.keys(got.body).toSorted()).toEqual(['max_tokens', 'messages', 'model'])
    expect(reply.headers.get('x-kkai-ignored')).toBe(name)
  })

  test('by headers: upstream gets those of a short list, with our credential', async () => {
    const { got } = await pass(
      {},
      {
        ...{ 'x-api-base': 'http://evil.example', 'openai-organization': 'org', cookie: 'a=b' },
        ...{ 'x-forwarded-for': '1.2.3.4', 'x-title': 'app', referer: 'http://a.example' },
        ...{ 'x-request-id': 'theirs', 'user-agent': 'theirs', 'anthropic-version': '1999-01-01' },
        ...{ 'transfer-encoding': 'identity', 'x-stainless-retry-count': '1' },
      },
    )
    const id = got.headers['x-request-id']
    expect(id).toStartWith('gen-')
    expect(got.headers).toEqual({
      ...{ host: provider.url.host, 'user-agent': 'kkai', 'x-request-id': id! },
      ...{ accept: 'application/json, text/event-stream', 'accept-encoding': 'identity' },
      ...{ 'content-type': 'application/json', 'content-length': expect.stringMatching(/^\d+$/) },
      authorization: 'Bearer sk-ours',
    })
  })

  test.each([
    ['mine', '/v1/chat/completions', { authorization: 'Bearer sk-ours' }],
    ['claude', '/v1/messages', { 'x-api-key': 'sk-ours', 'anthropic-version': '2023-06-01' }],
    ['azure', '/v1/chat/completions?api-version=2025-01-01', { 'api-key': 'sk-ours' }],
  ])(
    'the credential of %s goes as its provider takes it, and in no other header',
    async (model, path, headers) => {
      const { got } = await pass({ model }, { 'x-api-key': world.key })
      expect(got.path).toBe(path)
      expect(got.headers).toMatchObject(headers)
      expect(JSON.stringify(got).split('sk-ours')).toHaveLength(2)
      expect(JSON.stringify(got)).not.toContain(world.key)
    },
  )

  test('unknown fields of the dialect pass', async () => {
    const { got } = await pass({ seed: 7, some_new_field: { deep: [1, null] } })
    expect(got.body).toMatchObject({ seed: 7, some_new_field: { deep: [1, null] } })
  })
})

describe('an upstream cannot', () => {
  const answered = async (response: () => Response, fields: JsonObject = {}) => {
    answer = response
    const { reply } = await pass(fields)
    answer = () => Response.json(completion)
    return reply
  }
  // One channel for all: each failure is followed by an answer, or its breaker would open.
  const recovers = async () => expect((await pass({})).reply.status).toBe(200)

  test.each([301, 302, 303, 307, 308])(
    'send us elsewhere with %i: nobody goes there',
    async (status) => {
      const location = `http://localhost:${provider.port}/stolen`
      const reply = await answered(() => new Response(null, { status, headers: { location } }))
      expect([reply.status, reply.body.error?.code]).toEqual([502, 'upstream_error'])
      expect(received.map(({ path }) => path)).toEqual(['/v1/chat/completions'])
      await recovers()
    },
  )

  test('set headers or a status text for the client', async () => {
    const headers = {
      'set-cookie': 'a=b',
      'x-evil': '1',
      'access-control-allow-origin': '*',
      server: 'evil',
    }
    const reply = await answered(() => Response.json(completion, { headers }))
    for (const name of Object.keys(headers)) expect(reply.headers.get(name)).toBeNull()
  })

  test('say which model or which id it was', async () => {
    const { body } = await answered(() => Response.json(completion))
    expect(body).toMatchObject({ model: 'mine', id: expect.stringMatching(/^gen-/) })
  })

  test.each<[string, () => Response]>([
    [
      'a page',
      () => new Response('<html>secret</html>', { headers: { 'content-type': 'text/html' } }),
    ],
    ['a list', () => Response.json([completion])],
    [
      'compressed bytes',
      () =>
        new Response(Bun.gzipSync(JSON.stringify(completion)), {
          headers: { 'content-encoding': 'gzip' },
        }),
    ],
    ['no choices', () => Response.json({ ...completion, choices: [] })],
    [
      'no finish_reason',
      () => Response.json({ ...completion, choices: [{ index: 0, message: { content: 'x' } }] }),
    ],
    ['an error with 200', () => Response.json({ error: { message: 'secret' } })],
    ['204', () => new Response(null, { status: 204 })],
    [
      'its own words with 401',
      () => Response.json({ error: { message: 'secret' } }, { status: 401 }),
    ],
  ])('pass as an answer with %s; and its words stay with us', async (_, response) => {
    const reply = await answered(response)
    expect([reply.status, reply.body.error?.code]).toEqual([502, 'upstream_error'])
    expect(reply.text).not.toContain('secret')
    await recovers()
  })

  test.each(['text/plain', 'application/json'])('answer a stream with %s', async (type) => {
    answer = () => new Response('data: {}\n\n', { headers: { 'content-type': type } })
    expect(await world.stream({ model: 'mine' })).toMatchObject({ status: 502 })
    answer = () => Response.json(completion)
    await recovers()
  })

  test('end a stream early by smuggling an end into its text', async () => {
    const text = 'a\n\ndata: [DONE]\n\ndata: {"choices":[{"delta":{"content":"evil"}}]}\n\n: b\r\n'
    const frame = (delta: JsonObject, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`
    answer = () =>
      new Response(
        `${frame({ content: text })}${frame({ content: '!' }, 'stop')}data: [DONE]\n\n`,
        {
          headers: { 'content-type': 'text/event-stream' },
        },
      )
    const reply = await world.stream({ model: 'mine' })
    answer = () => Response.json(completion)
    expect(reply).toMatchObject({ text: `${text}!`, done: true, error: null })
    expect(reply.raw.split('data: [DONE]\n\n')).toHaveLength(2)
  })
})
