/**
 * Wrong, missing and hostile input to every act of an admin. Each case is an act that would be done, with one thing made wrong:
 * it is refused with words about that thing, and nothing is changed. The acts are held against the platform's own table of
 * routes, so that none is forgotten.
 */
import { expect, test } from 'bun:test'
import { apiRoutes, type Schema } from '../helpers/routes.ts'
import { type Act, named, openActs } from './acts.ts'

const { acts, send, server, rows } = await openActs()
const routes = new Map(
  apiRoutes(server.routes)
    .filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/admin/'))
    .map((route) => [route.name.replace('/api/admin', ''), route.hooks]),
)

test('every route that changes something has an act', () => {
  expect([...new Set(acts.map(({ route }) => route))].sort()).toEqual([...routes.keys()].sort())
})

/** What is wrong nearly everywhere, as it is written: no value of this language is `1e400`. */
const hostile = [
  ...['-1', '1.5', '1e400', '9223372036854775808', '-0.0000000001', 'null', 'true', '[]', '{}'],
  ...['[null]', '{"__proto__":{"role":"owner"}}'],
  ...[
    ...['', ' ', '\0\u0007\u001b[2J', '<script>alert(1)</script>', "'; DROP TABLE account; --"],
    ...['__proto__', '-1', '1e400', '0.0000000001', '9223372036854775808', '٣', 'x'.repeat(1e5)],
  ].map((text) => JSON.stringify(text)),
]

/** Words for people, where any text is right that is not too long. */
const words =
  /^(reason|description|reference|once|(title|text|summary)_(en|zh)|seller_(address|tax_id)|(?<!terminate )name|channels\.0\.model)$/
/** Words that there may be none of. */
const silence = /^(description|seller_.*|.*models name|.*approve reason)$/
/** What is right there after all: `place` is the act's path and the field. */
function isRight({ route, what }: Act, field: string, schema: Schema, text: string): boolean {
  const value = JSON.parse(text.replace('1e400', '0'))
  if (value === null) return canBeNull(schema)
  if (value === true) return schema.type === 'boolean' || field === 'quirks.prefill'
  if (text === '{}') return schema.type === 'object' && field !== 'prices'
  if (text === '[]') return field === 'channels'
  if (typeof value !== 'string' || value.length > 1e4) return false
  if (route === 'POST /documents' && field === 'version') return /^[\w.-]{1,40}$/.test(value)
  if (field === 'credential') return /^[\x21-\x7e]+$/.test(value)
  if (field === 'id' && what === 'a new one') return /^[\w./:@+-]+$/.test(value)
  if (!words.test(route.endsWith('terminate') && field === 'name' ? '' : field)) return false
  return value.trim() !== '' || silence.test(field) || silence.test(`${route} ${field}`)
}

type Path = (string | number)[]
/** Each field of a body, and each field and entry within. */
function placesIn(value: unknown, path: Path = []): Path[] {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return entries.flatMap(([name, one]) => {
    const here = [...path, Array.isArray(value) ? Number(name) : name]
    return [here, ...placesIn(one, here)]
  })
}

/** The body as text, with `written` at that place. */
function withAt(body: unknown, [at, ...rest]: Path, written: string): string {
  if (at === undefined) return written
  if (Array.isArray(body)) {
    return `[${body.map((one, i) => (i === at ? withAt(one, rest, written) : JSON.stringify(one)))}]`
  }
  const fields = Object.entries(body as object).map(
    ([name, one]) =>
      `${JSON.stringify(name)}:${name === at ? withAt(one, rest, written) : JSON.stringify(one)}`,
  )
  return `{${fields}}`
}

function schemaAt(schema: Schema | undefined, [at, ...rest]: Path): Schema {
  if (at === undefined || schema === undefined) return schema ?? {}
  return schemaAt(schema.properties?.[at] ?? schema.items, rest)
}
const canBeNull = (schema: Schema): boolean =>
  schema.type === 'null' || (schema.anyOf ?? []).some(canBeNull)

/** What no person should read, and no program can act on. */
const raw = /expected|undefined|\bnan\b|\[object|typebox|sqlite|constraint|failed|[a-z]Error/i
/** What is wrong with a refusal; null for nothing. `place`: what it must be about. */
function faultOf({ status, json }: Answer, place: Path): string | null {
  const { error } = json
  if (status < 400 || status >= 500) return `is ${status}`
  const shape = Object.entries(error ?? {}).map(([name, value]) => `${name} ${typeof value}`)
  if (
    shape.join() !==
    `message string,type string,param ${error?.param === null ? 'object' : 'string'},code string`
  )
    return `has another shape: ${shape}`
  if (raw.test(error.message) || !/^\S/.test(error.message)) return `says ${error.message}`
  // What is not found, or is not as it was, is the thing that the body names.
  if (/^(not_found|changed_meanwhile|body_too_large)$/.test(error.code) || place.length === 0)
    return null
  const about = String(error.param).split('.')
  const units = place[0] === 'prices' ? ['input', 'output', '__proto__'] : []
  return about.some((name) => [...units, ...place.map(String)].includes(name))
    ? null
    : `is about ${error.param}: ${error.message}`
}
// biome-ignore lint/suspicious/noExplicitAny: what a client reads
type Answer = { status: number; json: any }

/** Sends each, and answers what is wrong with how they are refused; nothing may have changed. */
async function faults(act: Act, place: Path, bodies: (readonly [string, string | null])[]) {
  const before = await rows()
  const found = await Promise.all(
    bodies.map(async ([shown, body]) => [
      shown.slice(0, 60),
      faultOf(await send(act, body), place),
    ]),
  )
  expect(await rows()).toEqual(before)
  return found.filter(([, fault]) => fault !== null).map((one) => one.join(' '))
}

const written = named(acts.filter(({ body }) => body !== undefined))

test.each(written)('%s: a body that is none', async (_, act) => {
  const bodies = [
    null,
    '',
    'reason=x',
    '[]',
    'null',
    '"x"',
    '1',
    '{',
    `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`,
  ]
  expect(
    await faults(
      act,
      [],
      bodies.map((body) => [`${body}`, body]),
    ),
  ).toEqual([])
})

test.each(written)('%s: a body of ten megabytes', async (_, act) => {
  const large = JSON.stringify({ ...act.body, more: 'x'.repeat(10_000_000) })
  expect(await faults(act, [], [['large', large]])).toEqual([])
})

const places = written.flatMap(([name, act]) =>
  placesIn(act.body).map((place) => [name, place.join('.'), act, place] as const),
)

test.each(places)('%s: wrong in %s', async (_, field, act, place) => {
  const schema = schemaAt(routes.get(act.route)?.body, place)
  const wrong = hostile.filter((text) => !isRight(act, field, schema, text))
  const bodies = wrong.map((text) => [text, withAt(act.body, place, text)] as const)
  expect(await faults(act, place, bodies)).toEqual([])
})

test.each(written)('%s: without what is needed', async (_, act) => {
  const { required = [] } = routes.get(act.route)?.body ?? {}
  for (const name of required) {
    const { [name]: _, ...rest } = act.body ?? {}
    expect(await faults(act, [name], [[name, JSON.stringify(rest)]])).toEqual([])
  }
})

/** Of another kind, or of none. */
const foreign = [
  ...['ann_1', 'ivg_1', 'vch_1', '__proto__', '%00', '%27%20OR%201=1', '-1'],
  ...['1e400', '9223372036854775808', 'x'.repeat(3000)],
]
const ofThings = named(acts.filter(({ path }) => path !== undefined))
test.each(ofThings)('%s: of what is not there, or is something else', async (_, act) => {
  const body = act.body === undefined ? null : JSON.stringify(act.body)
  const [name = ''] = Object.keys(act.path ?? {})
  const other = name === 'account' ? 'olga' : 'payer'
  const strange = [other, ...foreign].filter((id) => id !== act.path?.[name])
  for (const id of strange)
    expect(await faults({ ...act, path: { [name]: id } }, [name], [[id, body]])).toEqual([])
})
