/** How the official `openai` package takes our refusals: by class, and which of them it sends again. */
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { openWorld } from '../helpers/world.ts'

const world = await openWorld()
const openai = new OpenAI({ baseURL: `${world.url}/api/v1`, apiKey: world.key, maxRetries: 0 })
const user = [{ role: 'user' as const, content: 'Hello' }]

describe('an error is of its own class', () => {
  const chat = (model: string, apiKey = world.key, fields = {}) =>
    new OpenAI({ baseURL: `${world.url}/api/v1`, apiKey, maxRetries: 0 }).chat.completions.create({
      ...{ model, messages: user, ...fields },
    })
  const limited = (limits: Record<string, string>, options = {}) =>
    world.customer({ limits, ...options }).then(({ key }) => key)

  test.each<[string, new (...args: never[]) => Error, () => Promise<unknown>, object]>([
    [
      'a wrong key',
      OpenAI.AuthenticationError,
      () => chat('sim-chat', 'sk-kk-wrong'),
      { code: 'invalid_api_key' },
    ],
    [
      'an unknown model',
      OpenAI.NotFoundError,
      () => chat('nonesuch'),
      { code: 'model_not_found', param: 'model' },
    ],
    [
      'a bad field',
      OpenAI.BadRequestError,
      () => chat('sim-chat', world.key, { n: 0 }),
      { param: 'n' },
    ],
    [
      'a context too long',
      OpenAI.BadRequestError,
      () => chat('demo/context-length'),
      { code: 'context_length_exceeded' },
    ],
    [
      'a model not allowed',
      OpenAI.PermissionDeniedError,
      async () => chat('sim-chat', await limited({ models: 'sim-fast' })),
      { code: 'model_not_allowed' },
    ],
    [
      'no credit',
      OpenAI.APIError,
      async () => chat('sim-chat', await limited({}, { credit: '0' })),
      { status: 402, code: 'insufficient_credits' },
    ],
    [
      'our rate limit',
      OpenAI.RateLimitError,
      async () => {
        const key = await limited({ rpm: '1' })
        await chat('sim-fast', key)
        return chat('sim-fast', key)
      },
      { code: 'rate_limit_exceeded' },
    ],
    [
      'a failing provider',
      OpenAI.InternalServerError,
      () => chat('demo/500'),
      { status: 502, code: 'upstream_error' },
    ],
  ])('%s', async (_, kind, call, facts) => {
    const error = await call().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject(facts)
  })

  test('in a stream after output too', async () => {
    const stream = await openai.chat.completions.create({
      model: 'demo/broken-stream',
      messages: user,
      stream: true,
    })
    let text = ''
    const read = async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(await read().catch((thrown) => thrown)).toMatchObject({ code: 'upstream_error' })
    expect(text).not.toBe('')
  })
})

describe('its retries', () => {
  /** The statuses that the client met, with two retries as is its default. */
  async function statusesOf(model: string, apiKey = world.key): Promise<number[]> {
    const statuses: number[] = []
    const client = new OpenAI({
      ...{ baseURL: `${world.url}/api/v1`, apiKey },
      fetch: async (url, init) => {
        const response = await fetch(url as string, init as RequestInit)
        statuses.push(response.status)
        return response
      },
    })
    await client.chat.completions.create({ model, messages: user }).catch(() => {})
    return statuses
  }

  test.concurrent('missing credit is told once', async () => {
    const { key } = await world.customer({ credit: '0' })
    expect(await statusesOf('sim-chat', key)).toEqual([402])
  })

  test.concurrent.each([
    ['nonesuch', 404],
    ['demo/400', 400],
  ])('a mistake is told once: %s', async (model, status) => {
    expect(await statusesOf(model)).toEqual([status])
  })

  test.concurrent('our rate limit is waited for, as retry-after says', async () => {
    const { key } = await world.customer({ limits: { rpm: '60' } })
    const client = world.ask
    for (let at = 0; at < 60; at++) await client({ model: 'sim-fast' }, { key })
    expect(await statusesOf('sim-fast', key)).toEqual([429, 200])
  })

  test.concurrent('an overloaded provider is asked again', async () => {
    await world.sell('flaky', {
      channels: [{ channel: 'flaky', model: 'demo/flaky@retry=1' }],
      newChannels: [
        {
          id: 'flaky',
          provider: 'simulated',
          base_url: world.simulator.url,
          allow_private: true,
          credential: 'sk-sim-x',
        },
      ],
    })
    expect(await statusesOf('flaky')).toEqual([503, 200])
  })
})
