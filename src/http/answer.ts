/** The ways this server answers beside a page: JSON, and a refusal in the shape every OpenAI client reads (wire.md §2). */
import type { AppError } from '../base/error.ts'

/** No cache keeps it, and no browser takes it for anything but what it says it is. */
export const ownHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

/** What every reply of the API carries. The id is in the log beside whatever went wrong. */
export function apiHeaders(requestId: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...ownHeaders,
    'x-request-id': requestId,
  }
}

/** `value` without bigint: amounts are strings by then. */
export function answerJson(value: unknown, requestId: string, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: apiHeaders(requestId) })
}

export function answerError(error: AppError, requestId: string): Response {
  const headers = { ...apiHeaders(requestId), ...error.headers }
  return new Response(JSON.stringify(error), { status: error.status, headers })
}
