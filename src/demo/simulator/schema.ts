/**
 * One value that satisfies a JSON schema, always the same one: what a model fills a tool's arguments or a structured
 * answer with. Knows the keywords that tools use in practice; `pattern` and `not` are beyond it.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'

/** Below this depth optional parts are left out, so that recursive schemas end. */
const deepest = 5

/** A schema that asks for endless depth gets no more than this, and is not satisfied. */
const bottom = 50

export function sampleOf(schema: Json | undefined, root: JsonObject, depth = 0): Json {
  if (!isObject(schema) || depth > bottom) return 'anything'
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null
  if (typeof schema.$ref === 'string') return sampleOf(resolve(schema.$ref, root), root, depth + 1)
  if (Array.isArray(schema.allOf)) return sampleOf(merge(schema, root), root, depth + 1)
  const choices = schema.anyOf ?? schema.oneOf
  if (Array.isArray(choices)) return sampleOf(choose(choices, depth), root, depth + 1)
  const type = Array.isArray(schema.type) ? choose(schema.type, depth) : schema.type
  switch (type ?? impliedType(schema)) {
    case 'object':
      return sampleObject(schema, root, depth)
    case 'array':
      return sampleArray(schema, root, depth)
    case 'integer':
      return sampleNumber(schema, 1)
    case 'number':
      return sampleNumber(schema, null)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleString(schema)
  }
}

function impliedType(schema: JsonObject): string {
  if (schema.properties || schema.required) return 'object'
  return schema.items ? 'array' : 'string'
}

/** The first alternative; when it is deep already, the one that ends soonest. */
function choose(choices: Json[], depth: number): Json {
  const ends = (choice: Json) => choice === 'null' || (isObject(choice) && choice.type === 'null')
  return (depth >= deepest ? choices.find(ends) : null) ?? choices[0] ?? null
}

function resolve(reference: string, root: JsonObject): Json {
  let found: Json | undefined = root
  for (const step of reference.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    found = isObject(found) ? found[name] : undefined
  }
  return found ?? {}
}

function merge(schema: JsonObject, root: JsonObject): JsonObject {
  const { allOf, ...merged } = schema
  for (const part of allOf as Json[]) {
    const whole = isObject(part) && typeof part.$ref === 'string' ? resolve(part.$ref, root) : part
    if (!isObject(whole)) continue
    const properties = { ...(merged.properties as JsonObject), ...(whole.properties as JsonObject) }
    const required = [...((merged.required as Json[]) ?? []), ...((whole.required as Json[]) ?? [])]
    Object.assign(merged, whole, { properties, required })
  }
  return merged
}

function sampleObject(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const value: JsonObject = {}
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required : []
  for (const [name, property] of Object.entries(properties)) {
    if (depth < deepest || required.includes(name)) {
      value[name] = sampleOf(property, root, depth + 1)
    }
  }
  return value
}

function sampleArray(schema: JsonObject, root: JsonObject, depth: number): Json[] {
  if (Array.isArray(schema.prefixItems)) {
    return schema.prefixItems.map((item) => sampleOf(item, root, depth + 1))
  }
  const most = Number(schema.maxItems ?? Number.POSITIVE_INFINITY)
  const count = Math.min(Number(schema.minItems ?? (depth < deepest ? 1 : 0)), most)
  return Array.from({ length: count }, (_, index) => {
    const item = sampleOf(schema.items, root, depth + 1)
    if (!schema.uniqueItems || index === 0) return item
    return typeof item === 'number' ? item + index : `${item}${index}`
  })
}

/** The number nearest to 1 that the bounds allow; on a step where one is given. */
function sampleNumber(schema: JsonObject, wholeStep: number | null): number {
  const step = typeof schema.multipleOf === 'number' ? schema.multipleOf : wholeStep
  const inside = step ?? 0.001
  const bound = (name: string, otherwise: number) => Number(schema[name] ?? otherwise)
  const lower = Math.max(bound('minimum', -Infinity), bound('exclusiveMinimum', -Infinity) + inside)
  const upper = Math.min(bound('maximum', Infinity), bound('exclusiveMaximum', Infinity) - inside)
  const wanted = Math.max(lower, Math.min(upper, Math.max(1, inside)))
  if (step === null) return wanted
  const above = Math.ceil(wanted / step) * step
  return above <= upper ? above : Math.floor(wanted / step) * step
}

const formats: { [format: string]: string } = {
  date: '2026-01-31',
  time: '12:30:00Z',
  'date-time': '2026-01-31T12:30:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '6f2c1a54-9d1e-4c1a-8d3b-2f6d0a7b1c9e',
  ipv4: '192.0.2.1',
  hostname: 'example.com',
}

function sampleString(schema: JsonObject): string {
  const format = formats[String(schema.format)]
  if (format !== undefined) return format
  const text = 'sample'.padEnd(Number(schema.minLength ?? 0), ' sample')
  return text.slice(0, Number(schema.maxLength ?? text.length))
}
