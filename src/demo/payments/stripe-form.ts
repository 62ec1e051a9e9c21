/** Requests to Stripe are forms with names such as `line_items[0][price_data][currency]`; refusals are JSON. */
import type { Intent } from './stripe-shop.ts'

export type Form = { [name: string]: string | Form }

export interface Refusal {
  type: 'invalid_request_error' | 'idempotency_error' | 'card_error'
  message: string
  code?: string
  decline_code?: string
  param?: string
  payment_intent?: Intent
}

export class StripeRefusal extends Error {
  readonly status: number
  readonly error: Refusal
  constructor(status: number, error: Refusal) {
    super(error.message)
    this.status = status
    this.error = error
  }
}

export function refuseForm(message: string, param: string, code?: string): StripeRefusal {
  const more = code === undefined ? {} : { code }
  return new StripeRefusal(400, { type: 'invalid_request_error', message, param, ...more })
}

export function missing(what: string, id: string): StripeRefusal {
  const message = `No such ${what}: '${id}'`
  const error = { type: 'invalid_request_error', code: 'resource_missing' } as const
  return new StripeRefusal(404, { ...error, message, param: 'id' })
}

export function readForm(text: string): Form {
  const form: Form = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/\[|\]\[|\]$/).filter((part, at) => at === 0 || part !== '')
    const last = path.pop() ?? ''
    let at = form
    for (const part of path) {
      const known = at[part]
      const next: Form = typeof known === 'object' ? known : Object.create(null)
      at[part] = next
      at = next
    }
    at[last] = value
  }
  return form
}

export function textOf(form: Form, name: string): string | null {
  const value = form[name]
  return typeof value === 'string' && value !== '' ? value : null
}

export function needText(form: Form, name: string): string {
  const value = textOf(form, name)
  if (value === null)
    throw refuseForm(`Missing required param: ${name}.`, name, 'parameter_missing')
  return value
}

export function needCount(form: Form, name: string, least = 1): number {
  const text = needText(form, name)
  if (!/^-?\d+$/.test(text))
    throw refuseForm(`Invalid integer: ${text}`, name, 'parameter_invalid_integer')
  const count = Number(text)
  if (count < least || count > 99_999_999)
    throw refuseForm(`Invalid amount: ${text}`, name, 'parameter_invalid_integer')
  return count
}

export function partOf(form: Form, name: string): Form {
  const value = form[name]
  return typeof value === 'object' ? value : {}
}

/** A list, or texts by name. */
export function textsOf(form: Form, name: string): Record<string, string> {
  const entries = Object.entries(partOf(form, name))
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
