/** What every answer to a call carries: its ids, its limits, and what was done to it. */

import { AppError } from '../base/error.ts'
import type { Identity } from '../dialects/dialect.ts'
import type { HoldInHand } from './hold.ts'
import type { Turn } from './limits.ts'

export function identityOf(hold: HoldInHand): Identity {
  return { id: hold.id, model: hold.model.id, created: Math.floor(hold.draft.createdAt / 1000) }
}

/** A refusal shows the limits too, and where its call has a record, that record's id. */
export function signRefusal(cause: unknown, turn: Turn, hold: HoldInHand | null): void {
  if (!(cause instanceof AppError)) return
  const ids = hold === null ? {} : { 'x-generation-id': hold.id, 'x-request-id': hold.id }
  Object.assign(cause.headers, turn.headers, ids)
}

export function headersFor(
  hold: HoldInHand,
  ignored: readonly string[],
  type: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-generation-id': hold.id,
    'x-request-id': hold.id,
    ...hold.turn.headers,
  }
  const asked = hold.call.maxOutput
  if (
    hold.maxOutput !== null &&
    (hold.flags.has('clamped') || (asked !== null && hold.maxOutput < asked))
  ) {
    headers['x-kkai-max-tokens'] = String(hold.maxOutput)
  }
  if (ignored.length > 0) headers['x-kkai-ignored'] = ignored.join(', ')
  return headers
}
