/** When a credit period began: the day, Monday's week or the month, in UTC; 0 for a limit that never resets. */
import type { Key } from './key.ts'

const dayMs = 86_400_000

export function periodStart(reset: Key['creditReset'], now: number): number {
  if (reset === null) return 0
  const day = Math.floor(now / dayMs)
  if (reset === 'daily') return day * dayMs
  // 1970 began on a Thursday.
  if (reset === 'weekly') return (day - ((day + 3) % 7)) * dayMs
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}
