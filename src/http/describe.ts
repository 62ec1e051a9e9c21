/**
 * Words for a route's documentation: what `routes.ts` files put into `detail`, so that every refusal in Swagger is the
 * one in `base/error.ts` and no description is written twice.
 */
import type { DocumentDecoration } from 'elysia'
import { AppError, type ErrorCode } from '../base/error.ts'

export type RouteDetail = DocumentDecoration
type Reply = NonNullable<DocumentDecoration['responses']>[string]

/** A JSON reply by example: its schema is read off the example unless one is given. */
export function describeReply(
  description: string,
  example: unknown,
  schema: object = schemaOf(example),
): Reply {
  return { description, content: { 'application/json': { schema, example } } }
}

/** A JSON body by example. */
export function describeBody(
  description: string,
  examples: Record<string, unknown>,
  schema: object,
): NonNullable<DocumentDecoration['requestBody']> {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }])
  return {
    description,
    required: true,
    content: { 'application/json': { schema, examples: Object.fromEntries(named) } },
  }
}

/** Responses for refusals, by status: `...describeRefusals('invalid_api_key', 'insufficient_credits')`. */
export function describeRefusals(...codes: ErrorCode[]): Record<string, Reply> {
  const byStatus = Map.groupBy(codes, (code) => new AppError(code).status)
  return Object.fromEntries([...byStatus].map(([status, some]) => [status, describeRefusal(some)]))
}

function describeRefusal(codes: ErrorCode[]): Reply {
  const refusals = codes.map((code) => new AppError(code))
  const examples = refusals.map((refusal) => [refusal.code, { value: refusal.toJSON() }])
  const headers = Object.keys(refusals[0]?.headers ?? {}).map((name) => [
    name,
    { schema: { type: 'string' } },
  ])
  return {
    description: refusals.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
    headers: Object.fromEntries(headers),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(examples),
      },
    },
  }
}

/** What `AppError` is on the wire; `docs.ts` lists it among the components. */
export const errorSchema = {
  type: 'object' as const,
  required: ['error'],
  properties: {
    error: {
      type: 'object' as const,
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: {
          type: 'string' as const,
          description: 'For a person: what is wrong, what to do.',
        },
        type: { type: 'string' as const },
        param: { type: 'string' as const, nullable: true, description: 'The field that is meant.' },
        code: { type: 'string' as const, description: 'For a program: one of a closed list.' },
      },
    },
  },
}

function schemaOf(example: unknown): object {
  if (Array.isArray(example)) return { type: 'array', items: schemaOf(example[0] ?? '') }
  if (typeof example !== 'object' || example === null) {
    return example === null ? { nullable: true } : { type: typeof example }
  }
  const properties = Object.entries(example).map(([name, value]) => [name, schemaOf(value)])
  return { type: 'object', properties: Object.fromEntries(properties) }
}
