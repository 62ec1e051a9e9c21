/**
 * How models really did, from the records of their own calls; null where there were none. Ids begin with their time, so an
 * hour of calls is one range of the usage table's key. An hour that is over changes no more and is kept.
 */
import { and, gte, lt, sql } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import { firstId } from '../base/id.ts'
import { usage } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

export interface Measured {
  /** The middle one of all that streamed, to 10 ms. */
  first_token_ms: number | null
  tokens_per_second: number | null
  /** The share of calls that were not failed by us or by a provider, 0 to 1. */
  uptime: number
  calls: number
}

/** The last 24 hours. */
export interface Measurements {
  models: ReadonlyMap<string, Measured>
  /** Oldest first; hours without a call are there too. */
  hours: { at: number; calls: number; failures: number }[]
}

interface Slot {
  model: string
  failed: boolean
  /** Time to the first token in steps of 10 ms; null where none came. */
  step: number | null
  calls: number
  tokens: number
  writingMs: number
}

const hourMs = 3_600_000
const freshMs = 60_000
/** A call is recorded when it ends: an hour is whole once the longest call of it must be over. */
const settledMs = 2 * hourMs

/** Answers what was measured at most a minute ago. */
export function openMeasurements(store: Store, clock: Clock): () => Promise<Measurements> {
  const whole = new Map<number, Slot[]>()
  let last: { at: number; reading: Promise<Measurements> } | null = null

  async function read(now: number): Promise<Measurements> {
    const newest = Math.floor(now / hourMs) * hourMs
    const hours = Array.from({ length: 24 }, (_, at) => newest - (23 - at) * hourMs)
    for (const hour of whole.keys()) if (hour < hours[0]!) whole.delete(hour)
    const byHour: { at: number; slots: Slot[] }[] = []
    for (const at of hours) {
      const slots = whole.get(at) ?? (await readHour(store, at))
      if (at < now - settledMs) whole.set(at, slots)
      byHour.push({ at, slots })
    }
    const byModel = Map.groupBy(
      byHour.flatMap(({ slots }) => slots),
      ({ model }) => model,
    )
    return {
      models: new Map([...byModel].map(([model, slots]) => [model, measure(slots)])),
      hours: byHour.map(({ at, slots }) => ({
        at,
        calls: callsOf(slots),
        failures: callsOf(slots.filter(({ failed }) => failed)),
      })),
    }
  }

  return () => {
    const now = clock.now()
    if (last === null || now - last.at >= freshMs || now < last.at) {
      const reading = read(now)
      last = { at: now, reading }
      reading.catch(() => {
        last = null
      })
    }
    return last.reading
  }
}

async function readHour({ db }: Store, hour: number): Promise<Slot[]> {
  const failed = sql`CASE WHEN ${usage.outcome} IN ('failed', 'broken') THEN 1 ELSE 0 END`
  const step = sql<
    number | null
  >`CASE WHEN ${usage.streamed} = 1 THEN ${usage.firstTokenMs} / 10 END`
  const tokens = sql`${usage.output} + ${usage.reasoning}`
  const writing = sql`${usage.durationMs} - ${usage.firstTokenMs}`
  const ofStreams = (sum: typeof tokens) =>
    sql`COALESCE(SUM(CASE WHEN ${usage.streamed} = 1 AND ${usage.firstTokenMs} IS NOT NULL THEN ${sum} END), 0)`
  const rows = await db
    .select({
      model: usage.modelId,
      failed: failed.mapWith(Number),
      step,
      calls: sql`COUNT(*)`.mapWith(Number),
      tokens: ofStreams(tokens).mapWith(Number),
      writingMs: ofStreams(writing).mapWith(Number),
    })
    .from(usage)
    .where(and(gte(usage.id, firstId('gen-', hour)), lt(usage.id, firstId('gen-', hour + hourMs))))
    .groupBy(usage.modelId, sql`2`, sql`3`)
  return rows.map(({ failed, step, ...row }) => ({
    ...row,
    failed: failed === 1,
    step: step === null ? null : Number(step),
  }))
}

function measure(slots: readonly Slot[]): Measured {
  const calls = callsOf(slots)
  const sum = (field: 'tokens' | 'writingMs') => slots.reduce((all, slot) => all + slot[field], 0)
  const writingMs = sum('writingMs')
  return {
    calls,
    uptime: 1 - callsOf(slots.filter(({ failed }) => failed)) / calls,
    first_token_ms: middleMs(slots),
    tokens_per_second: writingMs > 0 ? Math.round((sum('tokens') / writingMs) * 1000) : null,
  }
}

function middleMs(slots: readonly Slot[]): number | null {
  const timed = slots.filter((slot): slot is Slot & { step: number } => slot.step !== null)
  let left = callsOf(timed) / 2
  for (const slot of timed.sort((a, b) => a.step - b.step)) {
    left -= slot.calls
    if (left <= 0) return slot.step * 10 + 5
  }
  return null
}

const callsOf = (slots: readonly Slot[]) => slots.reduce((sum, { calls }) => sum + calls, 0)
