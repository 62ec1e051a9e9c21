/** What a dialect makes of one request, and what the rest of the simulator needs of it to send the answer. */
import type { JsonObject } from '../../base/json.ts'
import type { Units } from '../../base/units.ts'
import type { PromptCache } from './cache.ts'
import type { Model } from './models.ts'
import type { Refusal } from './refusal.ts'
import type { Reported } from './usage.ts'

/** A piece of an answer as it goes out: an SSE frame, or a whole JSON reply. */
export interface Frame {
  text: string
  /** The output that it carries, in tokens. */
  output?: number
  reasoning?: number
  /** The usage that it reports. */
  usage?: Reported | null
}

export interface Turn {
  stream: boolean
  /** What the whole answer uses, in truth. */
  units: Units
  reply(): Frame
  frames(): Iterable<Frame>
}

/** What the simulator lends to a dialect for one request. */
export interface Desk {
  /** The number in this answer's ids. */
  count: number
  seed: number
  cache: PromptCache
  headers: Headers
}

export interface Dialect {
  name: 'openai-chat' | 'openai-embeddings' | 'anthropic-messages'
  /** The id that an answer goes by. */
  idOf(count: number): string
  /** The header in which the request id goes back. */
  requestIdHeader: string
  /** Refuses a request without this dialect's credential. */
  authorize(headers: Headers, model: Model | null): void
  /** Refuses a bad request as the real provider would. */
  open(body: JsonObject, model: Model, desk: Desk): Turn
  /** The JSON of a refusal. */
  writeRefusal(refusal: Refusal, count: number): string
  /** A frame that says mid-stream that it failed. */
  failureFrame: string
}

/** Seconds since 1970 at which every answer is said to be made: the same request gets the same answer. */
export const created = 1_750_000_000

/** Every credential is good here but one that begins with `sk-bad`, and a customer's own key: that must never arrive. */
export function isIssued(key: string): boolean {
  return !/^sk-(bad|kk)/.test(key)
}
