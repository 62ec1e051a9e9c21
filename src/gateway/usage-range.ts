/**
 * Which hours a report is about, and into which days it puts them: the days of the reader's own time zone. Sums are kept by
 * the hour, so where a zone is half an hour off, an hour belongs to the day that it begins in.
 */
import { type SQL, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { readTime } from '../base/time.ts'
import { usageHour } from '../store/schema.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
const longestMs = 366 * dayMs

export interface Range {
  /** Whole hours: from this one on, to before this one. */
  from: number
  to: number
  bucket: 'hour' | 'day'
  zone: Zone
}

/** Days are numbered from 1970 on, as the zone's calendar has them. */
export interface Zone {
  dayOf(at: number): number
  /** When that day begins. */
  startOf(day: number): number
  offsetAt(at: number): number
}

/** Refuses a name that the zone database does not have. */
export function openZone(name = 'UTC'): Zone {
  const format = formatOf(name)
  const offsetAt = (at: number) => {
    const parts = Object.fromEntries(
      format.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
    )
    const { year = 0, month = 1, day, hour, minute, second } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
  }
  return {
    offsetAt,
    dayOf: (at) => Math.floor((at + offsetAt(at)) / dayMs),
    startOf: (day) => {
      const guess = day * dayMs - offsetAt(day * dayMs)
      return day * dayMs - offsetAt(guess)
    },
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(name: string): Intl.DateTimeFormat {
  const known = formats.get(name)
  if (known) return known
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      ...({ timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric' } as const),
      ...({ day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const),
    })
    formats.set(name, format)
    return format
  } catch {
    throw invalid('time_zone', 'time_zone must be a name such as Asia/Taipei.')
  }
}

export interface RangeQuery {
  range?: '24h' | '7d' | '30d' | 'month' | 'custom'
  from?: string
  to?: string
  time_zone?: string
}

/** Without a range, 30 days. A range by day ends with today. */
export function readRange({ range = '30d', from, to, time_zone }: RangeQuery, now: number): Range {
  const zone = openZone(time_zone)
  const today = zone.dayOf(now)
  const end = floorHour(now) + hourMs
  if (range === '24h') return { from: end - dayMs, to: end, bucket: 'hour', zone }
  if (range === 'custom') return readCustom(from, to, zone, end)
  const dayOfMonth = new Date(today * dayMs).getUTCDate()
  const days = { '7d': 7, '30d': 30, month: dayOfMonth }[range]
  return { from: floorHour(zone.startOf(today - days + 1)), to: end, bucket: 'day', zone }
}

function readCustom(from: string | undefined, to: string | undefined, zone: Zone, end: number) {
  const start = readTime(from ?? '', 'from')
  const stop = to === undefined ? end : readTime(to, 'to')
  if (stop <= start) throw invalid('to', 'to must be after from.')
  if (stop - start > longestMs) throw invalid('from', 'At most 366 days at once.')
  const bucket: Range['bucket'] = stop - start <= 2 * dayMs ? 'hour' : 'day'
  return { from: floorHour(start), to: floorHour(stop + hourMs - 1), bucket, zone }
}

export const floorHour = (at: number) => Math.floor(at / hourMs) * hourMs

const invalid = (param: string, message: string) =>
  new AppError('invalid_request', { param, message })

/** The number of an hour's bucket; `startOfBucket` says when that begins. */
export function bucketOf({ from, to, bucket, zone }: Range): SQL<number> {
  if (bucket === 'hour') return sql`${usageHour.hour}`.mapWith(Number)
  // Clocks change at most a few times in a year: between the changes a day is a division.
  let steps = ''
  let offset = zone.offsetAt(from)
  for (let at = from; at < to; at += dayMs) {
    const next = zone.offsetAt(at + dayMs)
    if (next === offset) continue
    let change = at
    while (zone.offsetAt(change) === offset) change += hourMs
    steps += ` WHEN hour < ${change} THEN ${offset}`
    offset = next
  }
  const shift = steps === '' ? String(offset) : `CASE${steps} ELSE ${offset} END`
  return sql`(${usageHour.hour} + ${sql.raw(shift)}) / ${sql.raw(String(dayMs))}`.mapWith(Number)
}

export function startOfBucket({ bucket, zone }: Range, at: number): string {
  return new Date(bucket === 'hour' ? at : zone.startOf(at)).toISOString()
}
