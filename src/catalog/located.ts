/**
 * JSON that knows where it stands: each value with its line and path, so that a mistake in a file that a person wrote can
 * be pointed at. Stricter than `JSON.parse`: a name that stands twice in one object is a mistake too.
 */
import { AppError } from '../base/error.ts'
import type { Json } from '../base/json.ts'
import { parseTime } from '../base/time.ts'

export interface Located {
  line: number
  /** `models[0].price.input`; empty for the whole. */
  path: string
  value: null | boolean | number | string | Located[] | Map<string, Located>
}

const tokens =
  /[\s]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/uy
const deepest = 32

/** Refuses with `invalid_request`, naming the line, what is not JSON. */
export function parseLocated(text: string): Located {
  let at = 0
  let line = 1
  let token = ''

  function next(): string {
    tokens.lastIndex = at
    const match = tokens.exec(text)
    if (match === null) {
      const skipped = /\s*/y.exec(text.slice(at))?.[0] ?? ''
      line += lines(skipped)
      const rest = text.slice(at + skipped.length).split('\n', 1)[0]
      throw broken(
        rest ? `${JSON.stringify(rest.slice(0, 20))} is not JSON here` : 'the file ends too early',
      )
    }
    at = tokens.lastIndex
    line += lines(match[0])
    token = match[1] ?? match[2] ?? match[3] ?? ''
    return token
  }
  const broken = (why: string) => refusal(line, '', why)
  const expect = (...wanted: string[]) => {
    if (!wanted.includes(token)) throw broken(`expected ${wanted.join(' or ')}, not ${token}`)
  }

  function readValue(path: string, depth: number): Located {
    if (depth > deepest) throw broken('the nesting is too deep')
    const start = line
    if (token === '{') return { line: start, path, value: readFields(path, depth) }
    if (token === '[') return { line: start, path, value: readItems(path, depth) }
    if (/^[}\],:]$/.test(token)) throw broken(`expected a value, not ${token}`)
    return { line: start, path, value: JSON.parse(token) }
  }

  function readFields(path: string, depth: number): Map<string, Located> {
    const fields = new Map<string, Located>()
    while (next() !== '}') {
      if (fields.size > 0) {
        expect(',', '}')
        next()
      }
      if (!token.startsWith('"')) throw broken(`expected a name in quotes, not ${token}`)
      const name = JSON.parse(token) as string
      const inner = path === '' ? name : `${path}.${name}`
      if (fields.has(name)) throw refusal(line, inner, 'stands here twice')
      next()
      expect(':')
      next()
      fields.set(name, readValue(inner, depth + 1))
    }
    return fields
  }

  function readItems(path: string, depth: number): Located[] {
    const items: Located[] = []
    while (next() !== ']') {
      if (items.length > 0) {
        expect(',', ']')
        next()
      }
      items.push(readValue(`${path}[${items.length}]`, depth + 1))
    }
    return items
  }

  next()
  const whole = readValue('', 0)
  if (text.slice(at).trim() !== '') throw broken('there is more after the end')
  return whole
}

const lines = (text: string) => text.split('\n').length - 1

function refusal(line: number, path: string, why: string): AppError {
  const where = path === '' ? `Line ${line}` : `Line ${line}, ${path}`
  return new AppError('invalid_request', {
    param: path,
    message: `${where}: ${why}. Nothing was changed.`,
  })
}

/** The refusal of a value, with its line and path. */
export function mistake(at: Located, why: string): AppError {
  return refusal(at.line, at.path, why)
}

export type Reader<T> = (at: Located) => T

/** The fields of an object by their readers; snake_case in the file. Refuses unknown ones, and a missing one of `needed`. */
export function readObject<T extends object, Needed extends keyof T & string>(
  at: Located,
  readers: { [Name in keyof T]: Reader<T[Name]> },
  needed: readonly Needed[],
): Partial<T> & Pick<T, Needed> {
  if (!(at.value instanceof Map)) throw mistake(at, 'must be an object')
  const names = new Map(Object.keys(readers).map((name) => [snake(name), name as keyof T]))
  const read = {} as T
  for (const [name, field] of at.value) {
    const known = names.get(name)
    if (known === undefined)
      throw mistake(field, `is not known; known are ${[...names.keys()].join(', ')}`)
    read[known] = readers[known](field)
  }
  for (const name of needed) {
    if (!at.value.has(snake(name))) throw mistake(at, `${snake(name)} is missing`)
  }
  return read
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export function readList<T>(item: Reader<T>): Reader<T[]> {
  return (at) => {
    if (!Array.isArray(at.value)) throw mistake(at, 'must be a list')
    return at.value.map(item)
  }
}

export const readText: Reader<string> = (at) => {
  if (typeof at.value !== 'string' || at.value.trim() === '') throw mistake(at, 'must be a text')
  return at.value
}

export const readFlag: Reader<boolean> = (at) => {
  if (typeof at.value !== 'boolean') throw mistake(at, 'must be true or false')
  return at.value
}

export function readCount(least: number, most = 2 ** 31 - 1): Reader<number> {
  return (at) => {
    const { value } = at
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number
    throw mistake(at, `must be a whole number from ${least} to ${most}`)
  }
}

export function readOneOf<const T extends string>(names: readonly T[]): Reader<T> {
  return (at) => {
    const found = names.find((name) => name === at.value)
    if (found === undefined) throw mistake(at, `must be one of ${names.join(', ')}`)
    return found
  }
}

/** A date such as `2027-01-31` or `2027-01-31T12:00:00Z`, in ms. Without a zone it is UTC. */
export const readTime: Reader<number> = (at) => {
  const time = typeof at.value === 'string' ? parseTime(at.value) : null
  if (time === null)
    throw mistake(at, 'must be a date such as "2027-01-31" or "2027-01-31T12:00:00Z"')
  return time
}

export function fieldOf(at: Located, name: string): Located {
  return (at.value instanceof Map && at.value.get(name)) || at
}

export function toJson(at: Located): Json {
  const { value } = at
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, one]) => [name, toJson(one)]))
  return value
}
