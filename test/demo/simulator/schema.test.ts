import { expect, test } from 'bun:test'
import Ajv from 'ajv'
import type { JsonObject } from '../../../src/base/json.ts'
import { sampleOf } from '../../../src/demo/simulator/schema.ts'

const ajv = new Ajv({ strict: false, validateFormats: false })

const schemas: [string, JsonObject][] = [
  ['nothing said', {}],
  [
    'flat object',
    {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city', 'days'],
      additionalProperties: false,
    },
  ],
  [
    'enum and const',
    {
      type: 'object',
      properties: { unit: { enum: ['C', 'F'] }, v: { const: 2 } },
      required: ['unit', 'v'],
    },
  ],
  ['bounds', { type: 'number', minimum: 0.1, maximum: 0.2 }],
  ['exclusive bounds', { type: 'number', exclusiveMinimum: 3, exclusiveMaximum: 4 }],
  ['steps', { type: 'integer', minimum: 11, multipleOf: 5 }],
  ['step below a bound', { type: 'integer', maximum: 9, minimum: -2, multipleOf: 4 }],
  ['negative integer', { type: 'integer', maximum: -3 }],
  ['long string', { type: 'string', minLength: 30, maxLength: 40 }],
  ['short string', { type: 'string', maxLength: 3 }],
  ['array of at least two', { type: 'array', items: { type: 'boolean' }, minItems: 2 }],
  ['unique numbers', { type: 'array', items: { type: 'integer' }, minItems: 3, uniqueItems: true }],
  ['tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }],
  ['either', { anyOf: [{ type: 'integer' }, { type: 'null' }] }],
  ['type list', { type: ['string', 'null'] }],
  [
    'all of',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'integer' } }, required: ['b'] },
      ],
    },
  ],
  [
    'reference',
    {
      type: 'object',
      properties: { at: { $ref: '#/$defs/point' } },
      required: ['at'],
      $defs: { point: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } },
    },
  ],
  [
    'recursive list',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: {
            value: { type: 'string' },
            next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          },
          required: ['value', 'next'],
        },
      },
    },
  ],
  [
    'recursive tree',
    {
      type: 'object',
      properties: { kids: { type: 'array', items: { $ref: '#' } } },
      required: ['kids'],
    },
  ],
]

test.each(schemas)('a sample satisfies a schema with %s', (_, schema) => {
  const sample = sampleOf(schema, schema)
  const check = ajv.compile(schema)
  check(sample)
  expect(check.errors).toBeNull()
  expect(sampleOf(schema, schema)).toEqual(sample)
})

const endless: JsonObject[] = [
  { $ref: '#' },
  { allOf: [{ $ref: '#' }] },
  { type: 'object', properties: { self: { $ref: '#' } }, required: ['self'] },
]

test.each(endless)('an endless schema has an end: %j', (schema) => {
  expect(JSON.stringify(sampleOf(schema, schema)).length).toBeLessThan(1000)
})
