/**
 * The first provider of a new platform and what is sold of it. Its models come without a price, so that nothing is sold until
 * the prices are published: the list's own (`catalog/sync.ts`) with a markup, or those that the operator writes.
 */
import { eq } from 'drizzle-orm'
import { isPrivateHost } from '../base/address.ts'
import { AppError } from '../base/error.ts'
import { isObject, type JsonObject } from '../base/json.ts'
import { applyCatalog } from '../catalog/apply.ts'
import { isSold, sellableModels } from '../catalog/book.ts'
import { readCatalogFile } from '../catalog/file.ts'
import { type Provider, providers } from '../catalog/provider.ts'
import { approveProposal, listedModels, proposePrices } from '../catalog/sync.ts'
import { channel, proposal } from '../store/schema.ts'
import type { Parts } from './parts.ts'

/** The simulated provider beside the server; `demo/beside.ts` has it. */
export interface Simulated {
  /** Starts it unless it runs. Answers what it sells; its channels have another address after each start. */
  start(): { channels: JsonObject[]; models: JsonObject[] }
}

export interface Connection {
  provider: string
  /** Null: the provider's own. */
  baseUrl: string | null
  apiKey: string | null
  /** This machine or its network is meant. */
  allowPrivate: boolean
}

/** What an operator can buy from. */
export const realProviders = [...providers]
  .filter(([id]) => !id.startsWith('simulated'))
  .map(([id, { baseUrl, credential }]) => ({ id, baseUrl, needsKey: credential === 'needed' }))

const usualContext = 128_000

/**
 * Tries the connection, then keeps it, its key sealed. `models` are those that it has and the price list names; `unlisted`
 * the others. Refuses with `invalid_request` about the field that is wrong.
 */
export async function connectProvider(
  parts: Parts,
  connection: Connection,
  by: string,
): Promise<{ models: string[]; unlisted: string[] }> {
  const { provider, apiKey } = connection
  const known = providers.get(provider)
  if (!known || !realProviders.some(({ id }) => id === provider)) {
    throw invalid('provider', 'That provider is not known here.')
  }
  if (apiKey === null && known.credential === 'needed') {
    throw invalid('api_key', 'This provider needs an API key.')
  }
  const entry = readConnection(connection, known)
  const names = await askModels(entry.base_url, known, apiKey)
  const now = parts.clock.now()
  const listed = await listedModels(provider, names, now)
  const models = listed
    // What is sold already keeps its way.
    .filter(({ id }) => !parts.catalog.current.models.has(id))
    .map(({ id, contextLength }) => ({
      ...{ id, context_length: contextLength ?? usualContext },
      channels: [{ channel: provider, model: id }],
    }))
  await apply(parts, { channels: [entry], models }, by)
  const unlisted = names.filter((name) => !listed.some(({ id }) => id === name))
  return { models: listed.map(({ id }) => id), unlisted }
}

/** The channel as a catalogue has it, its address made plain. */
function readConnection({ provider, apiKey, allowPrivate, ...rest }: Connection, known: Provider) {
  const address = rest.baseUrl ?? known.baseUrl
  const url = address === null ? null : URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw invalid('base_url', 'Write an address such as https://api.example.com/v1.')
  }
  if (!allowPrivate && isPrivateHost(url.hostname)) {
    throw invalid('base_url', 'This is in a private network. Allow that if it is meant.')
  }
  const entry = {
    ...{ id: provider, provider, base_url: url.href, allow_private: allowPrivate },
    ...(apiKey !== null && { credential: apiKey }),
  }
  const [read] = readCatalogFile(JSON.stringify({ channels: [entry] })).channels
  return { ...entry, base_url: read?.baseUrl ?? url.href }
}

const longestMs = 20_000

/** Every provider lists its models to whom it knows: the cheapest request that proves address and key. */
async function askModels(base: string, known: Provider, apiKey: string | null): Promise<string[]> {
  const anthropic = known.dialect.chat === 'anthropic-messages'
  const auth = known.quirks.auth ?? (anthropic ? 'x-api-key' : 'bearer')
  const name = auth === 'bearer' ? 'authorization' : auth
  const response = await fetch(`${base}/models${anthropic ? '?limit=1000' : ''}`, {
    headers: {
      ...(apiKey !== null && { [name]: auth === 'bearer' ? `Bearer ${apiKey}` : apiKey }),
      ...(anthropic && { 'anthropic-version': '2023-06-01' }),
    },
    redirect: 'manual',
    signal: AbortSignal.timeout(longestMs),
  }).catch((cause) => {
    throw invalid('base_url', 'Nothing answers at that address.', cause)
  })
  if (response.status === 401 || response.status === 403) {
    throw invalid('api_key', `The provider refused this key (it answered ${response.status}).`)
  }
  const body: unknown = response.ok ? await response.json().catch(() => null) : null
  const data = isObject(body) ? body.data : null
  if (!Array.isArray(data)) {
    const what = `answered ${response.status}, without a list of models`
    throw invalid('base_url', `What is at that address ${what}: it may be the wrong one.`)
  }
  const ids = data.map((model) => (isObject(model) ? String(model.id) : ''))
  return ids.map((id) => id.replace(/^models\//, '')).filter(Boolean)
}

/** From now on, at each start, the simulated provider runs beside the server. */
export async function connectSimulated(
  parts: Parts,
  simulated: Simulated,
  by: string,
): Promise<{ models: string[]; unlisted: string[] }> {
  const { channels, models } = simulated.start()
  const unpriced = models.map(({ price: _, buy_price: __, ...model }) => model)
  await apply(parts, { channels, models: unpriced }, by)
  await parts.business.change({ simulated: true }, by, parts.clock.now())
  return { models: models.map(({ id }) => String(id)), unlisted: [] }
}

/** At a start of the server: where the operator chose it, its channels lead to where it listens now. */
export async function resumeSimulated(parts: Parts, simulated: Simulated): Promise<void> {
  if (!parts.business.current.simulated) return
  await apply(parts, { channels: simulated.start().channels }, 'platform')
}

export interface OwnPrice {
  id: string
  /** The channel that has it. */
  channel: string
  contextLength: number | null
  /** USD for 1,000,000 tokens. */
  input: string
  /** Null for embeddings. */
  output: string | null
}

/** Publishes what has no price yet. Refuses with `invalid_request` when nothing is sold even then. */
export async function publishPrices(
  parts: Parts,
  { markup, own, by }: { markup: string; own: readonly OwnPrice[]; by: string },
  simulated: Simulated,
): Promise<{ models: string[] }> {
  const { store, catalog, clock, business } = parts
  if (business.current.simulated) await apply(parts, simulated.start(), by)
  if (own.length > 0) await apply(parts, { models: own.map(ownModel) }, by)
  const now = clock.now()
  await proposePrices(store, catalog, now)
  for (const { id, modelId } of await openProposals(parts)) {
    const model = catalog.current.models.get(modelId)
    if (model && !isSold(model, now)) await approveProposal(store, { id, markup, by }, now)
  }
  await catalog.reload()
  const models = sellableModels(catalog.current, now).map(({ id }) => id)
  if (models.length > 0) return { models }
  throw invalid('models', 'The price list names none of these models: write their prices.')
}

function ownModel({ id, channel: from, contextLength, input, output }: OwnPrice): JsonObject {
  return {
    ...{ id, context_length: contextLength ?? usualContext },
    channels: [{ channel: from, model: id }],
    kind: output === null ? 'embeddings' : 'chat',
    price: { input, ...(output !== null && { output }) },
  }
}

function openProposals({ store: { db } }: Parts) {
  return db.select().from(proposal).where(eq(proposal.state, 'open'))
}

/** The channel that is meant where none is named. */
export async function onlyChannel({ store: { db } }: Parts): Promise<string> {
  const channels = await db.select({ id: channel.id }).from(channel)
  if (channels.length === 1 && channels[0]) return channels[0].id
  throw invalid('channel', 'Name the channel that has the model.')
}

function apply(parts: Parts, file: object, by: string) {
  const { store, catalog: book, sealingKey, clock } = parts
  return applyCatalog({ store, book, sealingKey }, JSON.stringify(file), by, clock.now())
}

const invalid = (param: string, message: string, cause?: unknown) =>
  new AppError('invalid_request', { param, message, cause })
