/**
 * Which channel serves a call: by priority, then by weight; a channel that keeps failing is left alone for a while. The
 * breaker opens after `tolerated` failures in a row, or at once when the upstream says how long to wait; it doubles its
 * cool-down each time it opens again, and lets one call through to see.
 */
import type { Channel, Model, Route } from '../catalog/model.ts'
import type { Failure } from '../dialects/dialect.ts'
import type { ProviderError } from './failure.ts'

export interface Breakers {
  /**
   * The model's routes in the order to try them; those with an open breaker are left out when it is their turn, and those
   * whose provider trains on what it is sent unless that was agreed to [T5.2].
   */
  order(model: Model, now: number, chance: () => number, mayTrain?: boolean): Iterable<Route>
  succeeded(channel: Channel): void
  failed(channel: Channel, error: ProviderError, now: number): void
  state(channel: Channel, now: number): 'closed' | 'open' | 'probing'
  /** The failures in a row and the last one's kind; null while there are none. For the admin's page. */
  trouble(channelId: string, now: number): Trouble | null
}

export interface Trouble {
  failures: number
  kind: Failure['kind']
  /** Until it is tried again; 0 while it is in use. */
  restsMs: number
}

interface Health {
  failures: number
  kind: Failure['kind']
  opened: number
  openUntil: number
}

const tolerated = 5
const firstCoolDownMs = 5_000
const longestCoolDownMs = 300_000

export function createBreakers(): Breakers {
  const sick = new Map<string, Health>()

  /** Looked at one by one: a channel that is never reached is not taken for one that is being probed. */
  function* healthy(routes: readonly Route[], now: number): Iterable<Route> {
    for (const route of routes) if (mayServe(sick.get(route.channel.id), now)) yield route
  }

  return {
    order: (model, now, chance, mayTrain = true) => {
      const barred = !mayTrain && model.routes.some(trains)
      const routes = barred ? model.routes.filter((route) => !trains(route)) : model.routes
      if (routes.length === 1 && sick.size === 0) return routes
      return healthy(byPriority(routes, chance), now)
    },
    succeeded: (channel) => {
      sick.delete(channel.id)
    },
    failed: (channel, error, now) => {
      const { kind } = error.failure
      const health = sick.get(channel.id) ?? { failures: 0, kind, opened: 0, openUntil: 0 }
      sick.set(channel.id, health)
      health.failures += 1
      health.kind = kind
      if (health.failures < tolerated && error.retryAfterMs === null) return
      const coolDownMs = Math.min(firstCoolDownMs * 2 ** health.opened, longestCoolDownMs)
      health.openUntil = now + Math.min(error.retryAfterMs ?? coolDownMs, longestCoolDownMs)
      health.opened += 1
    },
    state: (channel, now) => {
      const health = sick.get(channel.id)
      if (health === undefined || health.opened === 0) return 'closed'
      return health.openUntil > now ? 'open' : 'probing'
    },
    trouble: (channelId, now) => {
      const health = sick.get(channelId)
      if (health === undefined) return null
      const { failures, kind, openUntil } = health
      return { failures, kind, restsMs: Math.max(0, openUntil - now) }
    },
  }
}

const trains = ({ channel }: Route) => channel.quirks.trains === true

/** After the cool-down one call probes; the next ones wait until it has an answer, or for another cool-down. */
function mayServe(health: Health | undefined, now: number): boolean {
  if (health === undefined || health.opened === 0) return true
  if (health.openUntil > now) return false
  health.openUntil = now + firstCoolDownMs
  return true
}

/** Ascending priority; within one, drawn by weight without replacement. */
function byPriority(routes: readonly Route[], chance: () => number): Route[] {
  const keyed = routes.map((route) => ({ route, draw: Math.log(1 - chance()) / route.weight }))
  return keyed
    .sort((a, b) => a.route.priority - b.route.priority || b.draw - a.draw)
    .map(({ route }) => route)
}
