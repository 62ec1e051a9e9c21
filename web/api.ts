/**
 * The only way to the server: typed by its own routes. `ask` answers what the route returns or throws a `Refusal` with the
 * server's code, which `words/refusal.ts` puts into the reader's language.
 */
import { treaty } from '@elysiajs/eden'
import type { Api } from '../src/app.ts'

/** Times stay text: Eden would turn whatever looks like a date into one. */
export const api = treaty<Api>(location.origin, { parseDate: false }).api

export class Refusal extends Error {
  readonly code: string
  /** The field that it is about. */
  readonly param: string | null
  readonly status: number
  constructor(code: string, message: string, status = 0, param: string | null = null) {
    super(message)
    this.code = code
    this.param = param
    this.status = status
  }
}

/** For `catch`: a refusal of that code is told as another one, at a field that only the page knows. */
export const retold = (code: string, as: string, param: string) => (cause: unknown) => {
  const fits = cause instanceof Refusal && cause.code === code
  throw fits ? new Refusal(as, '', cause.status, param) : cause
}

interface Reply<T> {
  data: T
  error: { status: unknown; value: unknown } | null
}

/** Throws `Refusal`: the server's own, or `offline` when it was not reached. */
export async function ask<T>(call: Promise<Reply<T>>): Promise<NonNullable<T>> {
  const { data, error } = await call.catch((cause: unknown) => {
    throw new Refusal('offline', String(cause))
  })
  if (error === null) return data as NonNullable<T>
  throw refusalOf(error.value, Number(error.status))
}

/** A reply that comes bit by bit. Throws `Refusal`. */
export async function postStream(
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  const sent = { method: 'POST', headers, body: JSON.stringify(body), signal }
  const response = await fetch(path, sent).catch((cause: unknown) => {
    throw new Refusal('offline', String(cause))
  })
  if (response.ok) return response
  throw refusalOf(await response.json().catch(() => null), response.status)
}

function refusalOf(value: unknown, status: number): Refusal {
  // Eden tells a connection that failed as an answer whose value is what was thrown.
  if (value instanceof Error) return new Refusal('offline', value.message)
  const told = value as {
    error?: { code?: string; message?: string; param?: string | null }
  } | null
  const { code, message = '', param = null } = told?.error ?? {}
  if (code !== undefined) return new Refusal(code, message, status, param)
  return new Refusal(status >= 200 && status < 600 ? 'internal_error' : 'offline', message, status)
}
