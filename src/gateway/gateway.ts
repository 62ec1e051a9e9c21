/** What the request's path works with: made once at start (`app.ts`), passed down, never global. */

import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Catalog } from '../catalog/model.ts'
import type { Metrics } from '../http/metrics.ts'
import type { KeyRing } from '../key/ring.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Bodies } from './body.ts'
import type { Counter } from './count.ts'
import type { HttpClient } from './http-client.ts'
import type { Limiter } from './limits.ts'
import type { Breakers } from './route.ts'
import type { Running } from './running.ts'
import type { Tracer } from './trace.ts'

export interface Gateway {
  settings: GatewaySettings
  clock: Clock
  ledger: Ledger
  catalog: { readonly current: Catalog }
  keys: KeyRing
  limiter: Limiter
  breakers: Breakers
  client: HttpClient
  counter: Counter
  running: Running
  metrics: Metrics
  /** Null unless the operator collects traces. */
  tracer: Tracer | null
  log: Logger
  /** Which process holds are of. */
  instanceId: string
  bodies: Bodies
  /** Where customers go from a refusal. */
  publicUrl(): string
}

/** The part of the settings that the request's path reads; `config.ts` says what each means. */
export interface GatewaySettings {
  overdraft: bigint
  clamp: boolean
  streamExpectation: number
  connectMs: number
  firstByteMs: number
  silenceMs: number
  totalMs: number
  keepAliveAfterMs: number
  keepAliveMs: number
  replyLimitBytes: number
  chargeEmptyErrors: boolean
  bodyLimitBytes: number
  trustedProxies: readonly string[]
}
