/** What a form's schema asks of a field, in words for who filled it: the validator's own are for programmers. */

export interface Expected {
  type?: string
  const?: unknown
  anyOf?: readonly Expected[]
  minLength?: number
  maxLength?: number
  pattern?: string
  minimum?: number
  maximum?: number
  multipleOf?: number
  minItems?: number
  maxItems?: number
}

/** The pattern of text that is not of spaces alone. */
export const someText = '\\S'

/** Such as `a whole number from 1 to 10000`, or `one of credit, debit`. */
export function sayExpected(schema: Expected): string {
  const { minLength, maxLength, pattern, minimum, maximum, minItems, maxItems } = schema
  if (schema.const !== undefined) return String(schema.const)
  if (schema.anyOf) return sayEither(schema.anyOf)
  switch (schema.type) {
    case 'string': {
      const form = pattern === someText ? ', not of spaces alone' : ' in its documented form'
      return `text${sayLength(minLength, maxLength, 'characters')}${pattern ? form : ''}`
    }
    case 'integer':
    case 'number': {
      const whole = schema.type === 'integer' || schema.multipleOf === 1
      const from = minimum === undefined ? '' : ` from ${minimum}`
      return `a ${whole ? 'whole ' : ''}number${from}${maximum === undefined ? '' : ` to ${maximum}`}`
    }
    case 'array':
      return `a list${sayLength(minItems, maxItems, 'entries')}`
    case 'boolean':
      return 'true or false'
    default:
      return schema.type === 'object' ? 'a JSON object' : 'as it is documented'
  }
}

function sayEither(some: readonly Expected[]): string {
  const known = some.filter(({ type }) => type !== 'null')
  const isClosed = known.length > 1 && known.every((one) => one.const !== undefined)
  const choices = known.map(sayExpected).join(isClosed ? ', ' : ' or ')
  return `${isClosed ? 'one of ' : ''}${choices}${known.length < some.length ? ', or null' : ''}`
}

function sayLength(least = 0, most: number | undefined, unit: string): string {
  if (most !== undefined) return ` of ${least} to ${most} ${unit}`
  return least === 0 ? '' : ` of at least ${least} ${unit}`
}
