/** Catalogue files: what they make, that saying it again changes nothing, and that a broken one changes nothing at all. */
import { describe, expect, test } from 'bun:test'
import { newSealingKey } from '../../src/base/secret.ts'
import { applyCatalog } from '../../src/catalog/apply.ts'
import { isSold, openCatalog, priceAt, sellableModels } from '../../src/catalog/book.ts'
import { showCatalog } from '../../src/catalog/show.ts'
import * as schema from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'

const channel = { id: 'main', provider: 'openai', credential: 'sk-upstream' }
const model = {
  ...{ id: 'small', context_length: 1000, max_output: 100 },
  channels: [{ channel: 'main', model: 'gpt-small' }],
  price: { input: '0.15', output: '0.60' },
  buy_price: { input: '0.10', output: '0.40' },
}
const file = { channels: [channel], models: [model] }

const sealingKey = newSealingKey()

async function world(store: Store) {
  const book = await openCatalog(store, sealingKey)
  const apply = (file: unknown, at = now) =>
    applyCatalog(
      { store, book, sealingKey },
      typeof file === 'string' ? file : JSON.stringify(file, null, 1),
      'ann',
      at,
    )
  return { store, book, apply, small: () => book.current.models.get('small')! }
}

async function rows({ db }: Store) {
  const { channel, model, modelChannel, price, rate } = schema
  return Promise.all(
    [channel, model, modelChannel, price, rate].map((table) => db.select().from(table)),
  )
}

describe.each(databases)('on %s', (_, open) => {
  test('a file makes channels, models and prices that can be sold at once', async () => {
    const { book, apply, small } = await world(await open())
    const applied = await apply(file)
    expect(applied).toMatchObject({
      channels: { added: ['main'], changed: [], unchanged: [] },
      models: { added: ['small'], changed: [], unchanged: [] },
      prices: [
        { model: 'small', side: 'sell' },
        { model: 'small', side: 'buy' },
      ],
      warnings: [],
    })
    expect(sellableModels(book.current, now).map(({ id }) => id)).toEqual(['small'])
    expect(small()).toMatchObject({
      ...{
        kind: 'chat',
        state: 'active',
        contextLength: 1000,
        maxOutput: 100,
        name: null,
        traits: {},
      },
      routes: [
        {
          ...{ upstreamModel: 'gpt-small', priority: 0, weight: 1 },
          channel: {
            ...{ id: 'main', provider: 'openai', baseUrl: 'https://api.openai.com/v1' },
            dialect: { chat: 'openai-chat', embeddings: 'openai-embeddings' },
            credential: 'sk-upstream',
          },
        },
      ],
    })
    expect(priceAt(small(), 'sell', now)?.rates).toEqual([
      { unit: 'input', minPromptTokens: 0, price: 150_000n },
      { unit: 'output', minPromptTokens: 0, price: 600_000n },
    ])
  })

  test('the same file again changes nothing', async () => {
    const { store, apply } = await world(await open())
    await apply(file)
    const before = await rows(store)
    const again = await apply(file, now + 1000)
    expect(again.channels.unchanged).toEqual(['main'])
    expect(again.models.unchanged).toEqual(['small'])
    expect(again.prices).toEqual([])
    expect(await rows(store)).toEqual(before)
  })

  test('a changed price is a new version; the one before stays as it was', async () => {
    const { apply, small } = await world(await open())
    await apply(file)
    const [first] = small().sell
    await apply({ models: [{ ...model, price: { input: '0.20', output: '0.60' } }] }, now + 1000)
    expect(small().sell).toHaveLength(2)
    expect(small().sell[0]).toEqual(first!)
    expect(small().buy).toHaveLength(1)
    expect(priceAt(small(), 'sell', now + 999)).toEqual(first!)
    expect(priceAt(small(), 'sell', now + 1000)?.rates[0]?.price).toBe(200_000n)
  })

  test('a successor may stand later in the file', async () => {
    const { apply, small } = await world(await open())
    const models = [
      { ...model, state: 'deprecated', retires_at: '2026-06-01', successor: 'big' },
      { ...model, id: 'big' },
    ]
    await apply({ channels: [channel], models })
    expect(small()).toMatchObject({ successorId: 'big', retiresAt: Date.UTC(2026, 5, 1) })
  })
})

async function sqliteWorld() {
  return world(await openTestSqlite())
}

test('a scheduled price takes effect at its time, without a reload, and once only', async () => {
  const { apply, small } = await sqliteWorld()
  await apply(file)
  const later = { ...model, price: { input: '0.30', output: '0.60' }, effective_from: '2026-02-01' }
  await apply({ models: [later] })
  await apply({ models: [later] }, now + 1000)
  const at = Date.UTC(2026, 1, 1)
  expect(small().sell.map(({ effectiveFrom }) => effectiveFrom)).toEqual([now, at])
  expect(priceAt(small(), 'sell', at - 1)?.rates[0]?.price).toBe(150_000n)
  expect(priceAt(small(), 'sell', at)?.rates[0]?.price).toBe(300_000n)
  expect(await apply({ models: [later] }, at + 1)).toMatchObject({ prices: [] })
})

test('of two versions for one time the later published holds', async () => {
  const { apply, small } = await sqliteWorld()
  await apply(file)
  const at = '2026-02-01'
  for (const [minute, input] of ['0.30', '0.31'].entries()) {
    const entry = { ...model, price: { input, output: '0.60' }, effective_from: at }
    await apply({ models: [entry] }, now + minute * 60_000)
  }
  expect(priceAt(small(), 'sell', Date.parse(at))?.rates[0]?.price).toBe(310_000n)
})

test('tiers are written by their least number of prompt tokens', async () => {
  const { apply, small } = await sqliteWorld()
  await apply({
    channels: [channel],
    models: [{ ...model, price: { input: { 0: '2.50', 272000: '5.00' }, output: '15' } }],
  })
  expect(priceAt(small(), 'sell', now)?.rates).toEqual([
    { unit: 'input', minPromptTokens: 0, price: 2_500_000n },
    { unit: 'input', minPromptTokens: 272_000, price: 5_000_000n },
    { unit: 'output', minPromptTokens: 0, price: 15_000_000n },
  ])
})

test('a file without a credential keeps the one that is sealed; null takes it away', async () => {
  const { apply, small } = await sqliteWorld()
  const free = {
    id: 'main',
    provider: 'openai-compatible',
    base_url: 'https://llm.example.com/api',
  }
  await apply({ channels: [{ ...free, credential: 'secret-1' }], models: [model] })
  await apply({ channels: [free] })
  expect(small().routes[0]?.channel.credential).toBe('secret-1')
  await apply({ channels: [{ ...free, credential: null }] })
  expect(small().routes[0]?.channel.credential).toBeNull()
})

test('a credential is nowhere in the store in clear, nor shown', async () => {
  const { store, book, apply } = await sqliteWorld()
  await apply(file)
  const [stored] = await store.db.select().from(schema.channel)
  expect(stored?.credential).toStartWith('v1.')
  expect(Bun.inspect(await showCatalog(store, book, now))).not.toContain('sk-upstream')
})

test('with another sealing key a channel is not used, and what to do is said', async () => {
  const { store, apply } = await sqliteWorld()
  await apply(file)
  const other = newSealingKey()
  const book = await openCatalog(store, other)
  expect(book.problems).toEqual([
    expect.stringMatching(/^The credential of channel main does not open .* apply the catalogue/),
  ])
  expect(book.current.models.get('small')?.routes).toEqual([])
  await applyCatalog({ store, book, sealingKey: other }, JSON.stringify(file), 'ann', now)
  expect(book.problems).toEqual([])
  expect(book.current.models.get('small')?.routes).toHaveLength(1)
})

test('what the file does not name is left alone', async () => {
  const { book, apply } = await sqliteWorld()
  await apply(file)
  await apply({ models: [{ ...model, id: 'big' }] })
  expect([...book.current.models.keys()]).toEqual(['big', 'small'])
})

test('a model’s channels are those of its last entry, by priority; a disabled channel is none', async () => {
  const { apply, small } = await sqliteWorld()
  const spare = { ...channel, id: 'spare', quirks: { auth: 'api-key' } }
  const routes = [
    { channel: 'main', model: 'a', priority: 2 },
    { channel: 'spare', model: 'b', priority: 1, weight: 3 },
  ]
  await apply({ channels: [channel, spare], models: [{ ...model, channels: routes }] })
  expect(small().routes.map(({ upstreamModel }) => upstreamModel)).toEqual(['b', 'a'])
  expect(small().routes[0]?.channel.quirks).toEqual({
    maxTokensField: 'max_completion_tokens',
    auth: 'api-key',
  })
  await apply({ channels: [{ ...spare, state: 'disabled' }] })
  expect(small().routes.map(({ upstreamModel }) => upstreamModel)).toEqual(['a'])
  await apply({ models: [model] })
  expect(small().routes.map(({ upstreamModel }) => upstreamModel)).toEqual(['gpt-small'])
})

test.each([
  // what                        entry                                                   sold
  ['has a price', {}, true],
  ['has none', { price: undefined }, false],
  ['has one only from tomorrow', { effective_from: '2026-01-16' }, false],
  ['is deprecated', { state: 'deprecated', retires_at: '2026-01-16' }, true],
  ['is past its date', { state: 'deprecated', retires_at: '2026-01-15' }, false],
  ['is retired', { state: 'retired' }, false],
])('a model that %s: sold is %p', async (_, entry, sold) => {
  const { apply, small } = await sqliteWorld()
  await apply({ channels: [channel], models: [{ ...model, ...entry }] })
  expect(isSold(small(), now)).toBe(sold as boolean)
})

test.each([
  [{ price: undefined }, 'small has no price and is not sold until it has one.'],
  [{ channels: [] }, 'small has no channel: nothing can answer it.'],
  [
    { price: { input: '0.05', cache_read: '0.2', output: '0.60' } },
    'small is sold below its buy price: input, cache_write, cache_write_1h, audio_in.',
  ],
])('%j warns: %s', async (entry, warning) => {
  const { apply } = await sqliteWorld()
  const { warnings } = await apply({ channels: [channel], models: [{ ...model, ...entry }] })
  expect(warnings).toEqual([warning])
})

test.each([
  ['https://api.example.com', 'https://api.example.com/v1'],
  ['https://api.example.com/', 'https://api.example.com/v1'],
  ['https://api.example.com/openai/v1/', 'https://api.example.com/openai/v1'],
])('the base URL %s is kept as %s', async (given, kept) => {
  const { apply, small } = await sqliteWorld()
  await apply({ channels: [{ ...channel, base_url: given }], models: [model] })
  expect(small().routes[0]?.channel.baseUrl).toBe(kept)
})

test('a model whose id says embed is one of embeddings, unless its kind is given', async () => {
  const { book, apply } = await world(await openTestSqlite())
  const [channel] = file.channels
  const price = { input: '0.02', output: '0' }
  const made = (id: string, more: object) => ({
    ...{ id, context_length: 8191, price, channels: [{ channel: 'main', model: id }] },
    ...more,
  })
  const models = [
    made('text-embedding-3-small', { max_output: 0 }),
    made('embedded-chat', { kind: 'chat' }),
  ]
  await apply({ channels: [channel], models })
  expect([...book.current.models.values()].map(({ id, kind }) => [id, kind])).toEqual([
    ['embedded-chat', 'chat'],
    ['text-embedding-3-small', 'embeddings'],
  ])
})

describe('a broken file names line and field, and changes nothing', () => {
  const broken = (entry: object, of: 'channel' | 'model') =>
    of === 'channel'
      ? { channels: [{ ...channel, ...entry }], models: [model] }
      : { channels: [channel], models: [{ ...model, ...entry }] }
  const channelCases: [object, string, string][] = [
    [{ provider: 'openia' }, 'channels[0].provider', 'must be one of openai, anthropic'],
    [
      { base_url: 'api.openai.com' },
      'channels[0].base_url',
      'must be an address that begins with https://',
    ],
    [
      { base_url: 'ftp://api.openai.com' },
      'channels[0].base_url',
      'must be an address that begins with https://',
    ],
    [
      { base_url: 'https://me:pw@api.openai.com' },
      'channels[0].base_url',
      'must not hold a credential',
    ],
    [
      { base_url: 'https://api.openai.com/v1?x=1' },
      'channels[0].base_url',
      'a query goes into quirks.query',
    ],
    [{ base_url: 'http://127.0.0.1:9090/v1' }, 'channels[0].base_url', 'set "allow_private": true'],
    [{ base_url: 'http://2130706433/v1' }, 'channels[0].base_url', '127.0.0.1 is this machine'],
    [
      { base_url: 'http://[::ffff:10.0.0.1]/v1' },
      'channels[0].base_url',
      'set "allow_private": true',
    ],
    [{ credential: 'a\nb' }, 'channels[0].credential', 'without spaces or line breaks'],
    [{ credential: undefined }, 'channels[0]', 'credential is missing: openai needs one'],
    [{ provider: 'azure' }, 'channels[0]', 'base_url is missing'],
    [{ allow_private: 'yes' }, 'channels[0].allow_private', 'must be true or false'],
    [{ api_base: 'x' }, 'channels[0].api_base', 'is not known; known are id, provider'],
    [{ quirks: { auth: 'basic' } }, 'channels[0].quirks.auth', 'must be one of bearer'],
    [{ quirks: { query: 'a b' } }, 'channels[0].quirks.query', 'must be a query'],
    [{ id: 'a b' }, 'channels[0].id', 'without spaces'],
  ]
  const modelCases: [object, string, string][] = [
    [{ id: '' }, 'models[0].id', 'must be a text'],
    [{ context_length: '1000' }, 'models[0].context_length', 'must be a whole number from 1'],
    [{ context_length: undefined }, 'models[0]', 'context_length is missing'],
    [{ max_output: 0 }, 'models[0].max_output', 'must be a whole number from 1'],
    [{ kind: 'image' }, 'models[0].kind', 'must be one of chat, embeddings'],
    [{ channels: 'main' }, 'models[0].channels', 'must be a list'],
    [
      { channels: [{ channel: 'none', model: 'm' }] },
      'models[0].channels[0].channel',
      'there is no channel none',
    ],
    [{ channels: [{ channel: 'main' }] }, 'models[0].channels[0]', 'model is missing'],
    [
      { channels: [{ channel: 'main', model: 'm', weight: 0 }] },
      'models[0].channels[0].weight',
      'from 1 to 1000',
    ],
    [{ price: { input: 0.15, output: '1' } }, 'models[0].price.input', 'must be a decimal string'],
    [
      { price: { input: '0.1234567', output: '1' } },
      'models[0].price.input',
      'at most six decimals',
    ],
    [{ price: { input: '-1', output: '1' } }, 'models[0].price.input', 'without sign'],
    [{ price: { input: '10001', output: '1' } }, 'models[0].price.input', 'from 0 to 10000'],
    [{ price: { input: '1' } }, 'models[0].price', 'output is missing; write "0" where it is free'],
    [
      { price: { input: '1', output: '1', tokens: '1' } },
      'models[0].price.tokens',
      'is no unit class',
    ],
    [
      { price: { input: { 272000: '1' }, output: '1' } },
      'models[0].price.input',
      'the tier "0" is missing',
    ],
    [
      { price: { input: { 0: '1', '1e5': '1' }, output: '1' } },
      'models[0].price.input.1e5',
      'least number of prompt tokens',
    ],
    [{ successor: 'none' }, 'models[0].successor', 'there is no other model none'],
    [{ successor: 'small' }, 'models[0].successor', 'there is no other model small'],
    [{ effective_from: '01/02/2026' }, 'models[0].effective_from', 'must be a date such as'],
    [{ retires_at: '2026-13-01' }, 'models[0].retires_at', 'must be a date such as'],
    [{ traits: { quirks: { prefil: true } } }, 'models[0].traits.quirks.prefil', 'is not known'],
  ]
  const cases = [
    ...channelCases.map(([entry, path, words]) => [broken(entry, 'channel'), path, words] as const),
    ...modelCases.map(([entry, path, words]) => [broken(entry, 'model'), path, words] as const),
    [
      { channels: [channel, channel], models: [] },
      'channels[1].id',
      'stands in the list twice',
    ] as const,
    [
      { channels: [channel], models: [model, model] },
      'models[1].id',
      'stands in the list twice',
    ] as const,
    [
      {
        channels: [{ ...channel, provider: 'anthropic' }],
        models: [{ ...model, kind: 'embeddings' }],
      },
      'models[0].channels[0].channel',
      'anthropic has no embeddings',
    ] as const,
    [{ prices: [] }, 'prices', 'is not known; known are channels, models'] as const,
    [[], '', 'must be an object'] as const,
  ]

  test.each(cases.map(([file, path, words]) => [path, words, file] as const))(
    '%s: %s',
    async (path, words, broken) => {
      const { store, apply } = await sqliteWorld()
      await apply({ channels: [{ ...channel, id: 'other' }] })
      const before = await rows(store)
      const refusal = await apply(broken).then(
        () => null,
        (cause) => cause,
      )
      expect(refusal).toMatchObject({ code: 'invalid_request', param: path })
      expect(refusal.message).toMatch(/^Line \d+/)
      expect(refusal.message).toContain(words)
      expect(refusal.message).toEndWith('Nothing was changed.')
      expect(await rows(store)).toEqual(before)
    },
  )

  test('the line is the mistake’s own', async () => {
    const { apply } = await sqliteWorld()
    const text = JSON.stringify(
      { channels: [channel], models: [{ ...model, kind: 'chta' }] },
      null,
      2,
    )
    const line = text.split('\n').findIndex((one) => one.includes('chta')) + 1
    expect(apply(text)).rejects.toThrow(
      `Line ${line}, models[0].kind: must be one of chat, embeddings`,
    )
  })
})
