/**
 * The API's documentation: `/openapi.json`, made from what the routes say of themselves, for the Swagger UI in the
 * executable (`web/swagger.ts`). @elysiajs/swagger writes the document; its page, which loads scripts from elsewhere, is
 * never mounted. What it writes is not valid OpenAPI 3.0 until `normalise` has been over it.
 */
import { Elysia } from 'elysia'
import { errorSchema } from './describe.ts'

/** What is read of a route: `createHttp(…).routes`. */
export interface RouteToDescribe {
  method: string
  path: string
  // biome-ignore lint/suspicious/noExplicitAny: Elysia's own type of hooks
  hooks: any
}

const info = {
  title: 'KKCompany AI Platform',
  description:
    'One OpenAI-compatible endpoint to many providers, metered and paid from pre-paid credit. An OpenAI client works by changing base URL and key. Every path below `/api/v1` is also served below `/v1`. [Start page](/) · [Guides](/docs)',
}

/** `routes` is asked when the document is first wanted: by then every route is mounted. */
export function docsRoutes(routes: () => readonly RouteToDescribe[], version: string) {
  let written: Promise<string> | null = null
  return new Elysia({ name: 'docs' }).get(
    '/openapi.json',
    async () => {
      written ??= describeRoutes(routes(), version).then((document) => JSON.stringify(document))
      const headers = {
        ...{ 'content-type': 'application/json', 'cache-control': 'no-cache' },
        'x-content-type-options': 'nosniff',
      }
      return new Response(await written, { headers })
    },
    { detail: { hide: true } },
  )
}

/** The OpenAPI 3.0 document of all routes that are not hidden. */
export async function describeRoutes(
  routes: readonly RouteToDescribe[],
  version: string,
): Promise<object> {
  // Imported when asked for: most servers are never asked, and none should start slower for it.
  const { swagger } = await import('@elysiajs/swagger')
  const described = swagger({
    specPath: '/openapi.json',
    excludeStaticFile: false,
    documentation: {
      info: { ...info, version },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key: `sk-kk-…`.' },
        },
        schemas: { Error: errorSchema },
      },
      security: [{ key: [] }],
    },
  })
  for (const { method, path, hooks } of routes) {
    if (!hooks.detail?.hide) described.route(method, path, () => '', hooks)
  }
  const reply = await described.handle(new Request('http://localhost/openapi.json'))
  return normalise(await reply.json()) as object
}

/** Every response has a description, TypeBox's own keys go, and null is said in OpenAPI 3.0's way. */
function normalise(node: unknown, key = '', parent = ''): unknown {
  if (Array.isArray(node)) return node.map((item) => normalise(item))
  if (typeof node !== 'object' || node === null) return node
  if (key === 'example' || key === 'examples' || key === 'value') return node
  const entries = Object.entries(node).filter(([name]) => name !== '$id' && name !== '~kind')
  const plain = Object.fromEntries(
    entries.map(([name, value]) => [name, normalise(value, name, key)]),
  )
  if (parent === 'responses') {
    // The plugin leaves parts of the schema beside the content.
    const { description = 'See the summary.', headers, content } = plain
    return { description, headers, content }
  }
  if (plain.type === 'Date') return { ...plain, type: 'string', format: 'date-time' }
  return foldNull(plain)
}

/** `anyOf: [X, null]` becomes X that is nullable. */
function foldNull(schema: Record<string, unknown>): Record<string, unknown> {
  if (schema.type === 'null') return { ...schema, type: undefined, nullable: true }
  if (!Array.isArray(schema.anyOf)) return schema
  const { anyOf, ...rest } = schema
  const some = anyOf.filter((one) => one.type !== undefined || one.nullable !== true)
  if (some.length === anyOf.length) return schema
  return { ...rest, nullable: true, ...(some.length === 1 ? some[0] : { anyOf: some }) }
}
