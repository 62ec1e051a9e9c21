/** What is sold: models, the channels that reach them, and their prices, as one immutable snapshot in memory. */
import type { Rate } from '../base/amount.ts'
import type { DialectName, Quirks } from '../dialects/dialect.ts'

/** All that the request's path needs to know, made anew after each change; never changed in place. */
export interface Catalog {
  models: ReadonlyMap<string, Model>
}

export interface Model {
  id: string
  kind: 'chat' | 'embeddings'
  name: string | null
  /** Retired ones are not sold; deprecated ones are until `retiresAt`. */
  state: 'active' | 'deprecated' | 'retired'
  retiresAt: number | null
  successorId: string | null
  contextLength: number
  maxOutput: number | null
  traits: Traits
  createdAt: number
  /** Active channels that sell it, by priority (lowest first). */
  routes: readonly Route[]
  /** Price versions by time of effect, oldest first. */
  sell: readonly PriceVersion[]
  buy: readonly PriceVersion[]
}

/** A model's own settings and capabilities; data that the operator edits. */
export interface Traits {
  description?: string
  inputModalities?: string[]
  supportedParameters?: string[]
  /** The most tokens an image or a file can cost, for the estimate. Default 2,048 and 100,000. */
  imageTokens?: number
  fileTokens?: number
  /** Output tokens held for a stream that names no limit. Default: the setting `stream_expectation`. */
  streamExpectation?: number
  /** Silence allowed before the first byte. Default: the setting `first_byte_ms`. */
  firstByteMs?: number
  /** Quirks of this model, over its provider's and its channel's. */
  quirks?: Quirks
}

/** One way to reach a model: a channel, and the model's name there. */
export interface Route {
  channel: Channel
  upstreamModel: string
  priority: number
  weight: number
}

export interface Channel {
  id: string
  provider: string
  dialect: { chat: DialectName; embeddings: DialectName | null }
  baseUrl: string
  /** In clear, in memory only. Null for a provider that wants none. */
  credential: string | null
  /** Provider's quirks with the channel's own over them. */
  quirks: Quirks
}

export interface PriceVersion {
  id: string
  effectiveFrom: number
  rates: readonly Rate[]
}
