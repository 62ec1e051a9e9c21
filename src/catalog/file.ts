/**
 * A catalogue file, read and checked by itself: channels, models, prices. What it says is whole and possible; whether it
 * fits what is stored is `apply.ts`'s business.
 *
 *   {"channels": [{"id": "openai", "provider": "openai", "credential": "sk-…"}],
 *    "models": [{"id": "gpt-5-mini", "context_length": 400000, "max_output": 128000,
 *      "channels": [{"channel": "openai", "model": "gpt-5-mini", "priority": 0, "weight": 1}],
 *      "price": {"input": "0.25", "output": {"0": "2.00", "272000": "3.00"}}, "buy_price": {…}}]}
 *
 * A price is dollars per 1,000,000 units, as a text; with tiers, an object from the least number of prompt tokens to it.
 */

import { isPrivateHost } from '../base/address.ts'
import { parsePrice, type Rate } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { type UnitClass, unitClasses } from '../base/units.ts'
import type { Quirks } from '../dialects/dialect.ts'
import {
  fieldOf,
  type Located,
  mistake,
  parseLocated,
  type Reader,
  readCount,
  readFlag,
  readList,
  readObject,
  readOneOf,
  readText,
  readTime,
} from './located.ts'
import type { Model, Traits } from './model.ts'
import { sortRates } from './price.ts'
import { providers } from './provider.ts'

export interface ChannelEntry {
  at: Located
  id: string
  provider: string
  /** Normalised; the provider's own where the file has none. */
  baseUrl: string
  /** Null: none is wanted. Undefined: the one that is stored stays. */
  credential: string | null | undefined
  allowPrivate: boolean
  state: 'active' | 'disabled'
  quirks: Quirks
}

export interface RouteEntry {
  at: Located
  channel: string
  model: string
  priority: number
  weight: number
}

export interface ModelEntry extends Pick<Model, 'id' | 'kind' | 'name' | 'state' | 'retiresAt'> {
  at: Located
  successor: string | null
  contextLength: number
  maxOutput: number | null
  traits: Traits
  channels: RouteEntry[]
  price: Rate[] | null
  buyPrice: Rate[] | null
  effectiveFrom: number | null
}

export interface CatalogFile {
  channels: ChannelEntry[]
  models: ModelEntry[]
}

/** Refuses with `invalid_request` naming line and field of the first mistake. */
export function readCatalogFile(text: string): CatalogFile {
  const whole = parseLocated(text)
  const file = readObject(
    whole,
    { channels: readList(readChannel), models: readList(readModel) },
    [],
  )
  const { channels = [], models = [] } = file
  refuseTwins(channels, (entry) => entry.id, 'id')
  refuseTwins(models, (entry) => entry.id, 'id')
  return { channels, models }
}

/** Refuses two entries of one name. */
function refuseTwins<T extends { at: Located }>(
  entries: T[],
  nameOf: (entry: T) => string,
  field: string,
): void {
  const seen = new Set<string>()
  for (const entry of entries) {
    const name = nameOf(entry)
    if (seen.has(name)) throw mistake(fieldOf(entry.at, field), `${name} stands in the list twice`)
    seen.add(name)
  }
}

const readId: Reader<string> = (at) => {
  const id = readText(at)
  if (!/^[\w./:@+-]{1,200}$/.test(id)) {
    throw mistake(at, 'must be at most 200 letters, digits and ./:@+-_, without spaces')
  }
  return id
}

const orNull =
  <T>(read: Reader<T>): Reader<T | null> =>
  (at) =>
    at.value === null ? null : read(at)

/** Sent in a header: a line break in it would be another header. */
const readCredential: Reader<string> = (at) => {
  const credential = readText(at)
  if (!/^[\x21-\x7e]{1,4096}$/.test(credential)) {
    throw mistake(at, 'must be plain characters without spaces or line breaks')
  }
  return credential
}

const readQuirks: Reader<Quirks> = (at) =>
  readObject(
    at,
    {
      trains: readFlag,
      usageInStream: readOneOf(['asked', 'always', 'never']),
      reasoningOutsideCompletion: readFlag,
      maxTokensField: readOneOf(['max_tokens', 'max_completion_tokens']),
      rejects: readList(readText),
      temperatureAtMostOne: readFlag,
      oneSamplingParameter: readFlag,
      thinking: readOneOf(['effort', 'budget', 'none']),
      jsonSchema: readOneOf(['native', 'tool']),
      prefill: readFlag,
      systemBetweenTurns: readFlag,
      auth: readOneOf(['bearer', 'x-api-key', 'api-key']),
      query: readQuery,
    },
    [],
  )

const readQuery: Reader<string> = (at) => {
  const query = readText(at)
  if (!/^[\w.~%=&-]+$/.test(query))
    throw mistake(at, 'must be a query such as "api-version=2025-01-01"')
  return query
}

const readTraits: Reader<Traits> = (at) =>
  readObject(
    at,
    {
      description: readText,
      inputModalities: readList(readText),
      supportedParameters: readList(readText),
      imageTokens: readCount(1),
      fileTokens: readCount(1),
      streamExpectation: readCount(1),
      firstByteMs: readCount(1),
      quirks: readQuirks,
    },
    [],
  )

function readChannel(at: Located): ChannelEntry {
  const read = readObject(
    at,
    {
      id: readId,
      provider: readOneOf([...providers.keys()]),
      baseUrl: readText,
      credential: orNull(readCredential),
      allowPrivate: readFlag,
      state: readOneOf(['active', 'disabled']),
      quirks: readQuirks,
    },
    ['id', 'provider'],
  )
  const { id, provider, credential, allowPrivate = false, state = 'active', quirks = {} } = read
  const baseUrl = read.baseUrl ?? providers.get(provider)!.baseUrl
  if (baseUrl === null)
    throw mistake(at, `base_url is missing: ${provider} has no address of its own`)
  const entry = { at, id, provider, credential, allowPrivate, state, quirks }
  return { ...entry, baseUrl: readBaseUrl(fieldOf(at, 'base_url'), baseUrl, allowPrivate) }
}

/** Without a path it gets `/v1`, where every known host serves its API. */
function readBaseUrl(at: Located, text: string, allowPrivate: boolean): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw mistake(at, 'must be an address that begins with https:// or http://')
  }
  if (url.username || url.password)
    throw mistake(at, 'must not hold a credential: that goes into credential')
  if (url.search || url.hash)
    throw mistake(at, 'must end with its path: a query goes into quirks.query')
  if (!allowPrivate && isPrivateHost(url.hostname)) {
    throw mistake(
      at,
      `${url.hostname} is this machine or a private network; if that is meant, set "allow_private": true`,
    )
  }
  const path = url.pathname.replace(/\/+$/, '')
  return url.origin + (path === '' ? '/v1' : path)
}

const readRoute: Reader<RouteEntry> = (at) => {
  const read = readObject(
    at,
    { channel: readId, model: readText, priority: readCount(0, 1000), weight: readCount(1, 1000) },
    ['channel', 'model'],
  )
  return { at, priority: 0, weight: 1, ...read }
}

function readModel(at: Located): ModelEntry {
  const read = readObject(
    at,
    {
      id: readId,
      kind: readOneOf(['chat', 'embeddings']),
      name: orNull(readText),
      state: readOneOf(['active', 'deprecated', 'retired']),
      retiresAt: orNull(readTime),
      successor: orNull(readId),
      contextLength: readCount(1),
      maxOutput: orNull(readCount(0)),
      traits: readTraits,
      channels: readList(readRoute),
      price: readRates,
      buyPrice: readRates,
      effectiveFrom: readTime,
    },
    ['id', 'contextLength', 'channels'],
  )
  const { name = null, state = 'active', retiresAt = null, successor = null } = read
  // Every embeddings model of today says so in its name; `kind` decides where one does not.
  const { kind = read.id.includes('embed') ? 'embeddings' : 'chat' } = read
  const maxOutput = read.maxOutput || null
  if (read.maxOutput === 0 && kind === 'chat') {
    throw mistake(fieldOf(at, 'max_output'), 'must be a whole number from 1, for a chat model')
  }
  const { traits = {}, price = null, buyPrice = null, effectiveFrom = null } = read
  if (price) refuseUnpriced(fieldOf(at, 'price'), price, kind)
  if (buyPrice) refuseUnpriced(fieldOf(at, 'buy_price'), buyPrice, kind)
  refuseTwins(read.channels, (route) => `${route.channel} with ${route.model}`, 'channel')
  const { id, contextLength, channels } = read
  return {
    ...{ at, id, kind, name, state, retiresAt, successor, contextLength, maxOutput, traits },
    ...{ channels, price, buyPrice, effectiveFrom },
  }
}

/** A class without a price falls back to these; without these it would be free, which must be said with a "0". */
function refuseUnpriced(at: Located, rates: readonly Rate[], kind: 'chat' | 'embeddings'): void {
  for (const unit of kind === 'chat' ? ['input', 'output'] : ['input']) {
    if (!rates.some((rate) => rate.unit === unit))
      throw mistake(at, `${unit} is missing; write "0" where it is free`)
  }
}

const readRates: Reader<Rate[]> = (at) => {
  if (!(at.value instanceof Map)) throw mistake(at, 'must be an object of unit classes and prices')
  const rates = [...at.value].flatMap(([unit, price]) => {
    if (!unitClasses.includes(unit as UnitClass)) {
      throw mistake(price, `is no unit class; known are ${unitClasses.join(', ')}`)
    }
    return readTiers(price).map((tier) => ({ unit: unit as UnitClass, ...tier }))
  })
  return sortRates(rates)
}

function readTiers(at: Located): Omit<Rate, 'unit'>[] {
  if (!(at.value instanceof Map)) return [{ minPromptTokens: 0, price: readPrice(at) }]
  if (!at.value.has('0')) throw mistake(at, 'the tier "0" is missing: the price of short prompts')
  return [...at.value].map(([least, price]) => {
    if (!/^(0|[1-9]\d{0,8})$/.test(least))
      throw mistake(price, 'a tier is named by its least number of prompt tokens')
    return { minPromptTokens: Number(least), price: readPrice(price) }
  })
}

const readPrice: Reader<bigint> = (at) => {
  try {
    return parsePrice(at.value, 'this')
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    throw mistake(at, cause.message.replace(/^this /, '').replace(/\.$/, ''))
  }
}
