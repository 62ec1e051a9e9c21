/**
 * The catalogue in memory: read whole from the store into one immutable snapshot, replaced by the next at a change. What
 * is scheduled takes effect at its time by `priceAt` and `isSold`, without a reload.
 */
import type { Rate } from '../base/amount.ts'
import { unseal } from '../base/secret.ts'
import type { Quirks } from '../dialects/dialect.ts'
import * as schema from '../store/schema.ts'
import type { Query, Store } from '../store/store.ts'
import type { Catalog, Channel, Model, PriceVersion, Route, Traits } from './model.ts'
import { type Side, sortRates } from './price.ts'
import { providers, quirksOf } from './provider.ts'

export interface CatalogBook {
  readonly current: Catalog
  /** All that open, the disabled ones too. */
  readonly channels: ReadonlyMap<string, Channel>
  /** Channels that cannot be used, each with what to do about it. */
  readonly problems: readonly string[]
  reload(): Promise<void>
}

export async function openCatalog(store: Store, sealingKey: string): Promise<CatalogBook> {
  let snapshot = await readSnapshot(store.db, sealingKey)
  return {
    get current() {
      return snapshot.catalog
    },
    get channels() {
      return snapshot.channels
    },
    get problems() {
      return snapshot.problems
    },
    reload: async () => {
      snapshot = await readSnapshot(store.db, sealingKey)
    },
  }
}

/** The version in force at `now`; null where none is: such a model is not sold. */
export function priceAt(model: Model, side: Side, now: number): PriceVersion | null {
  const versions = model[side]
  for (let at = versions.length - 1; at >= 0; at--) {
    const version = versions[at] as PriceVersion
    if (version.effectiveFrom <= now) return version
  }
  return null
}

/** A model without a confirmed price is not sold, nor one that is retired or past its date. */
export function isSold(model: Model, now: number): boolean {
  if (model.state === 'retired') return false
  if (model.retiresAt !== null && model.retiresAt <= now) return false
  return priceAt(model, 'sell', now) !== null
}

export function sellableModels(catalog: Catalog, now: number): Model[] {
  return [...catalog.models.values()].filter((model) => isSold(model, now))
}

interface Snapshot {
  catalog: Catalog
  channels: ReadonlyMap<string, Channel>
  problems: string[]
}

async function readSnapshot(db: Query, sealingKey: string): Promise<Snapshot> {
  const [models, channels, routes] = await Promise.all([
    db.select().from(schema.model).orderBy(schema.model.id),
    db.select().from(schema.channel),
    db.select().from(schema.modelChannel).orderBy(schema.modelChannel.priority),
  ])
  const problems: string[] = []
  const opened = new Map<string, ChannelRow>()
  const usable = new Map<string, ChannelRow>()
  for (const row of channels) {
    const read = openChannel(row, sealingKey)
    if (typeof read === 'string') problems.push(read)
    else {
      opened.set(row.id, read)
      if (row.state === 'active') usable.set(row.id, read)
    }
  }
  const routesOf = Map.groupBy(routes, (route) => route.modelId)
  const versions = await readVersions(db)
  const versionsOf = (id: string, side: Side) => versions.get(`${side} ${id}`) ?? []
  const catalog = {
    models: new Map(
      models.map(({ traits, ...row }) => [
        row.id,
        {
          ...row,
          traits: traits as Traits,
          routes: (routesOf.get(row.id) ?? []).flatMap((route) => readRoute(route, usable)),
          sell: versionsOf(row.id, 'sell'),
          buy: versionsOf(row.id, 'buy'),
        },
      ]),
    ),
  }
  return { catalog, channels: opened, problems }
}

type ChannelRow = Channel & { own: Quirks }

/** The channel with its credential in clear, or what to do where that cannot be had. */
function openChannel(
  { id, provider, baseUrl, credential, quirks }: typeof schema.channel.$inferSelect,
  sealingKey: string,
): ChannelRow | string {
  const known = providers.get(provider)
  if (!known) return `Channel ${id} has the provider ${provider}, which this version does not know.`
  try {
    const clear = credential === null ? null : unseal(credential, sealingKey, `channel:${id}`)
    const own = quirks as Quirks
    const { dialect } = known
    return {
      id,
      provider,
      dialect,
      baseUrl,
      credential: clear,
      own,
      quirks: quirksOf(known, '', own),
    }
  } catch {
    return `The credential of channel ${id} does not open with this sealing key. Bring back the key it was sealed with (the file sealing.key in the data directory), or apply the catalogue with the credential in it again.`
  }
}

function readRoute(
  route: typeof schema.modelChannel.$inferSelect,
  usable: ReadonlyMap<string, ChannelRow>,
): Route[] {
  const row = usable.get(route.channelId)
  if (!row) return []
  const { own, ...channel } = row
  const provider = providers.get(channel.provider)!
  const { upstreamModel, priority, weight } = route
  const quirks = quirksOf(provider, upstreamModel, own)
  return [{ channel: { ...channel, quirks }, upstreamModel, priority, weight }]
}

/** Every version, by side and model, oldest first. Of two for one time the later published wins. */
async function readVersions(db: Query): Promise<Map<string, PriceVersion[]>> {
  const { price, rate } = schema
  const [prices, rates] = await Promise.all([
    db.select().from(price).orderBy(price.effectiveFrom, price.createdAt, price.id),
    db.select().from(rate),
  ])
  const ratesOf = Map.groupBy(rates, (one) => one.priceId)
  const bare = ({ unit, minPromptTokens, price }: (typeof rates)[number]): Rate => ({
    unit,
    minPromptTokens,
    price,
  })
  const versions = new Map<string, PriceVersion[]>()
  for (const { id, modelId, side, effectiveFrom } of prices) {
    const name = `${side} ${modelId}`
    const version = { id, effectiveFrom, rates: sortRates((ratesOf.get(id) ?? []).map(bare)) }
    const known = versions.get(name)
    if (known) known.push(version)
    else versions.set(name, [version])
  }
  return versions
}
