/** A moment as people and programs write it: an ISO date, or a time with its zone, and nothing that a parser would guess. */
import { AppError } from './error.ts'

const iso = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** `2027-01-31` (UTC), `2027-01-31T12:00:00Z`, in ms; null for what is none, as the 30th of February. */
export function parseTime(text: string): number | null {
  const [, day] = iso.exec(text) ?? []
  const ms = Date.parse(text)
  if (day === undefined || Number.isNaN(ms)) return null
  return new Date(Date.parse(day)).toISOString().startsWith(day) ? ms : null
}

/** Refuses with `invalid_request` what is none. */
export function readTime(text: string, param: string): number {
  const ms = parseTime(text)
  if (ms !== null) return ms
  const message = `${param} must be a time such as 2027-01-31T00:00:00Z.`
  throw new AppError('invalid_request', { param, message })
}
