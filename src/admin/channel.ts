/** Channels as the operator sees and changes them. A credential goes in and never comes out. */
import { eq, sql } from 'drizzle-orm'
import { costOf, formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { readMonthOfChannels } from '../billing/report-provider.ts'
import { priceAt } from '../catalog/book.ts'
import { providers } from '../catalog/provider.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { probe } from '../gateway/probe.ts'
import { channel, modelChannel } from '../store/schema.ts'
import {
  apply,
  type ChannelRow,
  channelEntry,
  expectRevision,
  findChannel,
  snakeNames,
} from './catalog-change.ts'
import type { ChannelFigures } from './figures.ts'
import type { Parts } from './parts.ts'

export interface WrittenChannel {
  id: string
  provider: string
  /** Null: the provider's own. */
  base_url: string | null
  /** Null: the one that is sealed stays. */
  credential: string | null
  allow_private: boolean
  quirks: JsonObject
  /** Null: it is new. */
  revision: number | null
}

export async function showChannels(
  { store, catalog }: Parts,
  { breakers, clock }: Pick<Gateway, 'breakers' | 'clock'>,
  figures: ReadonlyMap<string, ChannelFigures>,
) {
  const [rows, costs, routes] = await Promise.all([
    store.db.select().from(channel).orderBy(channel.id),
    readMonthOfChannels(store, clock.now()),
    store.db.select().from(modelChannel).orderBy(modelChannel.priority, modelChannel.modelId),
  ])
  const routesOf = Map.groupBy(routes, ({ channelId }) => channelId)
  const now = clock.elapsed()
  return rows.map((row) => {
    const opened = catalog.channels.get(row.id)
    const trouble = breakers.trouble(row.id, now)
    return {
      ...{ id: row.id, provider: row.provider, base_url: row.baseUrl, state: row.state },
      ...{ state_reason: row.stateReason, revision: row.revision, allow_private: row.allowPrivate },
      ...{ has_credential: row.credential !== null, quirks: snakeNames(row.quirks as JsonObject) },
      /** False: its credential does not open with this sealing key, or its provider is not known. */
      usable: opened !== undefined,
      breaker: opened ? breakers.state(opened, now) : ('closed' as const),
      trouble: trouble && {
        ...{ failures: trouble.failures, kind: trouble.kind },
        rests_s: Math.ceil(trouble.restsMs / 1000),
      },
      last_24h: figures.get(row.id) ?? null,
      /** Null: nobody called. */
      cost_30d: costs.get(row.id) ?? null,
      models: (routesOf.get(row.id) ?? []).map(({ modelId, upstreamModel, priority, weight }) => ({
        ...{ id: modelId, model: upstreamModel, priority, weight },
      })),
    }
  })
}

/** Adds or changes it, state and ways left as they are. Answers what it was, for the record. */
export async function putChannel(
  parts: Parts,
  { revision, credential, ...written }: WrittenChannel,
  by: string,
): Promise<JsonObject | null> {
  const { id, provider, base_url } = written
  const [known] = await parts.store.db.select().from(channel).where(eq(channel.id, id))
  if (!known && revision !== null) throw new AppError('changed_meanwhile')
  const facts = providers.get(provider)
  const refuse = (param: string, message: string) => {
    throw new AppError('invalid_request', { param, message })
  }
  if (!facts) return refuse('provider', 'That provider is not known here.')
  if (base_url === null && facts.baseUrl === null)
    refuse('base_url', 'This provider has no address of its own.')
  if (facts.credential === 'needed' && credential === null && !known?.credential)
    refuse('credential', 'This provider needs a credential.')
  const entry = {
    ...{ ...written, base_url: base_url ?? facts.baseUrl, state: known?.state ?? 'active' },
    ...(credential !== null && { credential }),
  }
  const expected =
    revision === null ? 'nothing' : [expectRevision(parts, channel, { id, revision })]
  await apply(parts, { channels: [entry] }, by, expected)
  return known ? channelEntry(known) : null
}

/** Another credential is sealed: from now on, for every new call. */
export async function rotateCredential(
  parts: Parts,
  { id, credential, revision }: { id: string; credential: string; revision: number },
  by: string,
): Promise<void> {
  const entry = { ...channelEntry(await findChannel(parts, id)), credential }
  const expected = [expectRevision(parts, channel, { id, revision })]
  await apply(parts, { channels: [entry] }, by, expected)
}

export async function setChannelState(
  { store, catalog, ...rest }: Parts,
  change: { id: string; state: ChannelRow['state']; reason: string; revision: number },
): Promise<ChannelRow['state']> {
  const { id, state, reason, revision } = change
  const { state: before } = await findChannel({ store }, id)
  const stateReason = state === 'disabled' ? reason : null
  await store.write((db) => [
    expectRevision({ store }, channel, { id, revision }),
    db
      .update(channel)
      .set({ state, stateReason, revision: sql`${channel.revision} + 1` })
      .where(eq(channel.id, id)),
  ])
  rest.log.info('channel.state', { channel: id, state })
  await catalog.reload()
  return before
}

/** Asks it once. A channel that does not answer is an answer too. */
export async function testChannel(
  parts: Parts,
  gateway: Pick<Gateway, 'client' | 'clock' | 'settings'>,
  { id, model: modelId }: { id: string; model: string },
) {
  const { allowPrivate } = await findChannel(parts, id)
  const opened = parts.catalog.channels.get(id)
  const known = parts.catalog.current.models.get(modelId)
  const [route] = (
    await parts.store.db.select().from(modelChannel).where(eq(modelChannel.channelId, id))
  ).filter((one) => one.modelId === modelId)
  if (!opened || !known || !route) {
    throw new AppError('invalid_request', {
      param: 'model',
      message: 'It has no way to that model.',
    })
  }
  const { upstreamModel, priority, weight } = route
  const way = { channel: opened, upstreamModel, priority, weight }
  const { units, ...told } = await probe(gateway, known, way, allowPrivate)
  const rates = priceAt(known, 'buy', parts.clock.now())?.rates
  return { ...told, cost: rates ? formatUsd(costOf(units, rates)) : null }
}
