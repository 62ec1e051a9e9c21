/** JSON with the line and path of each value: the same values as JSON.parse, and mistakes pointed at. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { AppError } from '../../src/base/error.ts'
import { type Located, parseLocated } from '../../src/catalog/located.ts'

function plain({ value }: Located): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, one]) => [name, plain(one)]))
  }
  return value
}

test('reads what JSON.parse reads, however it is laid out', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 2, '\t'), (text, indent) => {
      const laidOut = JSON.stringify(JSON.parse(text), null, indent)
      expect(plain(parseLocated(laidOut))).toEqual(JSON.parse(laidOut))
    }),
  )
})

test('refuses what JSON.parse refuses', () => {
  const strict = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const letters = fc.constantFrom(...'{}[],:"\\ \n\ta1-.e0truefalsn')
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 12 }), (text) => {
      fc.pre(!strict(text))
      expect(() => parseLocated(text)).toThrow()
    }),
    { numRuns: 500 },
  )
})

test('each value knows its line and path', () => {
  const whole = parseLocated('{\n "a": [1,\n  {"b": "x"}]\n}')
  const list = (whole.value as Map<string, Located>).get('a')!
  const inner = (list.value as Located[])[1]!
  const text = (inner.value as Map<string, Located>).get('b')!
  const places = [list, inner, text].map(({ line, path }) => [line, path])
  expect(places).toEqual([
    [2, 'a'],
    [3, 'a[1]'],
    [3, 'a[1].b'],
  ])
})

test.each([
  ['', 'Line 1: the file ends too early'],
  ['\n\n  ', 'Line 3: the file ends too early'],
  ['{"a": 1,\n}', 'Line 2: expected a name in quotes, not }'],
  ['[1,\n2,]', 'Line 2: expected a value, not ]'],
  ['{"a": 1\n"b": 2}', 'Line 2: expected , or }, not "b"'],
  ['{"a" 1}', 'Line 1: expected :, not 1'],
  ["{\n'a': 1}", 'Line 2: "\'a\': 1}" is not JSON here'],
  ['{"a": 01}', 'Line 1: "01}" is not JSON here'],
  ['{"a": 1, "a": 2}', 'Line 1, a: stands here twice'],
  ['{"x": {"a": 1,\n"a": 2}}', 'Line 2, x.a: stands here twice'],
  ['{} {}', 'Line 1: there is more after the end'],
  [`${'['.repeat(40)}${']'.repeat(40)}`, 'Line 1: the nesting is too deep'],
])('%j → %s', (text, words) => {
  let refusal: AppError | null = null
  try {
    parseLocated(text)
  } catch (cause) {
    refusal = cause as AppError
  }
  expect(refusal).toMatchObject({
    code: 'invalid_request',
    message: `${words}. Nothing was changed.`,
  })
})
