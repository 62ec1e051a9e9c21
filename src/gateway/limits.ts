/**
 * Requests and tokens a minute, and requests at once, per key and over all of an account's keys [T4.2b, T4.3]. Each limit
 * a minute is a bucket that holds one minute's worth and refills evenly. In memory: a node counts what it serves.
 */
import { AppError } from '../base/error.ts'
import type { Key, Limits } from '../key/key.ts'

export interface Limiter {
  /** Takes one request and its foreseen tokens from both buckets, or refuses with `rate_limit_exceeded`. */
  take(key: Key, tokens: number, now: number): Turn
}

export interface Turn {
  /** `x-ratelimit-*`, of whichever of key and account has less left. */
  headers: Record<string, string>
  /** Gives the place back and corrects the tokens to what was used. Once. */
  done(tokensUsed: number): void
}

interface Bucket {
  level: number
  at: number
}
interface Meter {
  requests: Bucket
  tokens: Bucket
  running: number
}
interface Scope {
  limits: Limits
  meter: Meter
}

const minuteMs = 60_000
const forgetEveryMs = 10 * minuteMs
const unlimited: Turn = { headers: {}, done: () => {} }

export function createLimiter(): Limiter {
  const meters = new Map<string, Meter>()
  let forgetAt = 0

  /** Who has been idle for a minute has full buckets: the same as being unknown. */
  function forgetIdle(now: number): void {
    if (now < forgetAt) return
    forgetAt = now + forgetEveryMs
    for (const [id, meter] of meters) {
      const last = Math.max(meter.requests.at, meter.tokens.at)
      if (meter.running === 0 && last + minuteMs < now) meters.delete(id)
    }
  }

  function scope(id: string, limits: Limits, now: number): Scope[] {
    if (limits.rpm === null && limits.tpm === null && limits.concurrent === null) return []
    let meter = meters.get(id)
    if (meter === undefined) {
      const full = (level: number | null) => ({ level: level ?? 0, at: now })
      meter = { requests: full(limits.rpm), tokens: full(limits.tpm), running: 0 }
      meters.set(id, meter)
    }
    refill(meter.requests, limits.rpm, now)
    refill(meter.tokens, limits.tpm, now)
    return [{ limits, meter }]
  }

  return {
    take: (key, tokens, now) => {
      forgetIdle(now)
      const scopes = [
        ...scope(key.id, key.limits, now),
        ...scope(key.account.id, key.account.limits, now),
      ]
      if (scopes.length === 0) return unlimited
      for (const one of scopes) assertFree(one, tokens, scopes)
      for (const { meter } of scopes) {
        meter.requests.level -= 1
        meter.tokens.level -= tokens
        meter.running += 1
      }
      let over = false
      return {
        headers: headersOf(scopes),
        done: (used) => {
          if (over) return
          over = true
          for (const { meter } of scopes) {
            meter.running -= 1
            meter.tokens.level += tokens - used
          }
        },
      }
    },
  }
}

function refill(bucket: Bucket, limit: number | null, now: number): void {
  if (limit === null) return
  const gained = (Math.max(0, now - bucket.at) / minuteMs) * limit
  bucket.level = Math.min(limit, bucket.level + gained)
  bucket.at = now
}

/** A call larger than a whole minute's tokens waits for a full bucket, rather than for ever. */
function assertFree({ limits, meter }: Scope, tokens: number, scopes: Scope[]): void {
  const { rpm, tpm, concurrent } = limits
  const waits: number[] = []
  if (rpm !== null && meter.requests.level < 1) waits.push(msUntil(1 - meter.requests.level, rpm))
  const wanted = tpm === null ? 0 : Math.min(tokens, tpm)
  if (tpm !== null && meter.tokens.level < wanted)
    waits.push(msUntil(wanted - meter.tokens.level, tpm))
  if (concurrent !== null && meter.running >= concurrent) waits.push(1000)
  if (waits.length === 0) return
  const waitMs = Math.max(1000, ...waits)
  throw new AppError('rate_limit_exceeded', {
    headers: {
      ...headersOf(scopes),
      'retry-after': String(Math.ceil(waitMs / 1000)),
      'retry-after-ms': String(Math.ceil(waitMs)),
    },
  })
}

function msUntil(missing: number, perMinute: number): number {
  return (missing / perMinute) * minuteMs
}

function headersOf(scopes: Scope[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, limitOf, bucketOf] of [
    ['requests', (limits: Limits) => limits.rpm, (meter: Meter) => meter.requests],
    ['tokens', (limits: Limits) => limits.tpm, (meter: Meter) => meter.tokens],
  ] as const) {
    let least: { limit: number; level: number } | null = null
    for (const { limits, meter } of scopes) {
      const limit = limitOf(limits)
      const level = Math.max(0, bucketOf(meter).level)
      if (limit !== null && (least === null || level < least.level)) least = { limit, level }
    }
    if (least === null) continue
    headers[`x-ratelimit-limit-${name}`] = String(least.limit)
    headers[`x-ratelimit-remaining-${name}`] = String(Math.floor(least.level))
    headers[`x-ratelimit-reset-${name}`] = duration(msUntil(least.limit - least.level, least.limit))
  }
  return headers
}

/** As OpenAI writes it: `6m0s`, `1.2s`, `15ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`
  const minutes = Math.floor(ms / minuteMs)
  if (minutes === 0) return `${Math.ceil(ms / 100) / 10}s`
  return `${minutes}m${Math.ceil((ms % minuteMs) / 1000)}s`
}
