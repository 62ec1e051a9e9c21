/** The running platform's table of routes as tests go through it, and the least body or query that a route's schema takes. */
import type { RouteToDescribe } from '../../src/http/docs.ts'

export interface Route {
  name: string
  method: string
  path: string
  hooks: { body?: Schema; query?: Schema }
}

export interface Schema {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  minimum?: number
}

/** Those of the APIs; pages are no routes of theirs. */
export function apiRoutes(routes: readonly RouteToDescribe[]): Route[] {
  return routes
    .filter(({ path }) => /^\/(api|v1)\//.test(path))
    .map((route) => ({ ...route, hooks: route.hooks ?? {}, name: `${route.method} ${route.path}` }))
}

/** For `test.each`. */
export const cases = (some: Route[]) => some.map((route) => [route.name, route] as const)

/** The least that the schema takes. */
export function sample(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return sample(schema.anyOf[0] as Schema)
  if (schema.type === 'object') {
    const needed = schema.required ?? []
    return Object.fromEntries(needed.map((name) => [name, sample(schema.properties?.[name] ?? {})]))
  }
  if (schema.type === 'array')
    return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}))
  if (schema.type === 'boolean') return true
  return schema.type === 'string' ? 'x' : (schema.minimum ?? 0)
}

/** The query that a route needs, written. */
export function sampleQuery({ hooks }: Route): URLSearchParams {
  return new URLSearchParams((sample(hooks.query ?? {}) || {}) as Record<string, string>)
}
