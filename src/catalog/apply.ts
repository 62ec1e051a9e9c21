/**
 * Makes the stored catalogue what a file says, in one write, or changes nothing. What the file does not name is left
 * alone; what it says again changes nothing; a changed price makes a new version.
 */
import { eq, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { seal, unseal } from '../base/secret.ts'
import { channel, model, modelChannel } from '../store/schema.ts'
import { type Built, must, type Query, type Statement, type Store } from '../store/store.ts'
import { type CatalogBook, priceAt } from './book.ts'
import { type CatalogFile, type ChannelEntry, type ModelEntry, readCatalogFile } from './file.ts'
import { fieldOf, mistake } from './located.ts'
import { type NewVersion, publish, sameRates, soldBelowCost, timesFrom } from './price.ts'
import { providers } from './provider.ts'

export interface Applied {
  channels: Changes
  models: Changes
  /** Versions that were published. */
  prices: { model: string; side: 'sell' | 'buy'; version: string; effective_from: string }[]
  warnings: string[]
}
interface Changes {
  added: string[]
  changed: string[]
  unchanged: string[]
}

type ChannelRow = typeof channel.$inferSelect
type ModelRow = typeof model.$inferSelect
type RouteRow = typeof modelChannel.$inferSelect

/**
 * Refuses with `invalid_request`, naming line and field. `by` is kept with each price version. `expected` refuses the whole
 * where something was changed meanwhile; `nothing`, where something of it is there already.
 */
export async function applyCatalog(
  { store, book, sealingKey }: { store: Store; book: CatalogBook; sealingKey: string },
  text: string,
  by: string,
  now: number,
  expected: readonly Statement[] | 'nothing' = [],
): Promise<Applied> {
  const file = readCatalogFile(text)
  await book.reload()
  const stored = await readStored(store.db)
  const isThere =
    file.channels.some(({ id }) => stored.channels.has(id)) ||
    file.models.some(({ id }) => stored.models.has(id))
  if (expected === 'nothing' && isThere) throw new AppError('already_exists', { param: 'id' })
  checkReferences(file, stored)
  const plan: Plan = { now, sealingKey, db: store.db, statements: [] }
  const channels = planAll(file.channels, stored.channels, (entry, row) =>
    planChannel(plan, entry, row),
  )
  const models = planAll(file.models, stored.models, (entry, row) =>
    planModel(plan, entry, row, stored.routes.get(entry.id) ?? []),
  )
  planSuccessors(plan, file.models)
  const versions = file.models.flatMap((entry) => newVersions(book, entry, by, now))
  const prices = versions.map((version) => planVersion(plan, version))
  const statements = [...(expected === 'nothing' ? [] : expected), ...plan.statements]
  if (statements.length > 0) await store.write(() => statements)
  await book.reload()
  return {
    channels,
    models,
    prices,
    warnings: file.models.flatMap((entry) => warnings(book, entry, now)),
  }
}

interface Stored {
  channels: Map<string, ChannelRow>
  models: Map<string, ModelRow>
  routes: Map<string, RouteRow[]>
}

async function readStored(db: Query): Promise<Stored> {
  const [channels, models, routes] = await Promise.all([
    db.select().from(channel),
    db.select().from(model),
    db.select().from(modelChannel),
  ])
  return {
    channels: new Map(channels.map((row) => [row.id, row])),
    models: new Map(models.map((row) => [row.id, row])),
    routes: Map.groupBy(routes, (row) => row.modelId),
  }
}

function checkReferences(file: CatalogFile, stored: Stored): void {
  const channels = new Map<string, { provider: string }>([
    ...stored.channels,
    ...file.channels.map((entry) => [entry.id, entry] as const),
  ])
  const models = new Set([...stored.models.keys(), ...file.models.map((entry) => entry.id)])
  for (const { at, id, provider, credential } of file.channels) {
    const kept = credential === undefined && stored.channels.get(id)?.credential
    if (providers.get(provider)!.credential === 'needed' && !credential && !kept) {
      throw mistake(at, `credential is missing: ${provider} needs one`)
    }
  }
  for (const { at, id, kind, successor, channels: routes } of file.models) {
    if (successor !== null && (successor === id || !models.has(successor))) {
      throw mistake(fieldOf(at, 'successor'), `there is no other model ${successor}`)
    }
    for (const route of routes) {
      const found = channels.get(route.channel)
      const where = fieldOf(route.at, 'channel')
      if (!found) throw mistake(where, `there is no channel ${route.channel}`)
      if (kind === 'embeddings' && !providers.get(found.provider)?.dialect.embeddings) {
        throw mistake(where, `${found.provider} has no embeddings`)
      }
    }
  }
}

interface Plan {
  now: number
  sealingKey: string
  db: Query
  statements: Statement[]
}

/** Plans each entry against its row; answers what became of each. */
function planAll<E extends { id: string }, R>(
  entries: E[],
  rows: ReadonlyMap<string, R>,
  planOne: (entry: E, row: R | null) => boolean,
): Changes {
  const changes: Changes = { added: [], changed: [], unchanged: [] }
  for (const entry of entries) {
    const row = rows.get(entry.id) ?? null
    const changed = planOne(entry, row)
    changes[row === null ? 'added' : changed ? 'changed' : 'unchanged'].push(entry.id)
  }
  return changes
}

function planChannel(plan: Plan, entry: ChannelEntry, row: ChannelRow | null): boolean {
  const { id, provider, baseUrl, allowPrivate, state, quirks } = entry
  const credential = sealed(plan, entry, row)
  const stateReason = state === 'active' ? null : (row?.stateReason ?? null)
  const facts = {
    ...{ provider, baseUrl, allowPrivate, state, stateReason, quirks: { ...quirks }, credential },
  }
  if (row !== null && isSame(facts, row)) return false
  plan.statements.push(
    row === null
      ? addNew(plan.db.insert(channel).values({ ...facts, id, createdAt: plan.now }))
      : plan.db
          .update(channel)
          .set({ ...facts, revision: sql`${channel.revision} + 1` })
          .where(eq(channel.id, id)),
  )
  return true
}

/** Refuses what another added since it was looked for. */
const addNew = (insert: { onConflictDoNothing(): Built }): Statement =>
  must(insert.onConflictDoNothing(), 'changed_meanwhile')

/** The credential to store: the sealed one where it says the same. */
function sealed(
  { sealingKey }: Plan,
  { id, credential }: ChannelEntry,
  row: ChannelRow | null,
): string | null {
  const kept = row?.credential ?? null
  if (credential === undefined) return kept
  if (credential === null) return null
  const owner = `channel:${id}`
  return kept !== null && opens(kept, sealingKey, owner) === credential
    ? kept
    : seal(credential, sealingKey, owner)
}

function opens(text: string, sealingKey: string, owner: string): string | null {
  try {
    return unseal(text, sealingKey, owner)
  } catch {
    return null
  }
}

function planModel(
  plan: Plan,
  entry: ModelEntry,
  row: ModelRow | null,
  routes: RouteRow[],
): boolean {
  const { id, kind, name, state, retiresAt, contextLength, maxOutput, traits, successor } = entry
  const facts = { kind, name, state, retiresAt, contextLength, maxOutput, traits: { ...traits } }
  const wanted = entry.channels.map(({ channel, model, priority, weight }) => ({
    ...{ modelId: id, channelId: channel, upstreamModel: model, priority, weight },
  }))
  const sameRoutes = isSame(byChannel(wanted), byChannel(routes))
  if (row !== null && sameRoutes && isSame({ ...facts, successorId: successor }, row)) return false
  plan.statements.push(
    row === null
      ? addNew(plan.db.insert(model).values({ ...facts, id, createdAt: plan.now }))
      : plan.db
          .update(model)
          .set({ ...facts, revision: sql`${model.revision} + 1` })
          .where(eq(model.id, id)),
    plan.db.delete(modelChannel).where(eq(modelChannel.modelId, id)),
  )
  if (wanted.length > 0) plan.statements.push(plan.db.insert(modelChannel).values(wanted))
  return true
}

/** After all models are there, since a successor may stand later in the file. */
function planSuccessors(plan: Plan, entries: ModelEntry[]): void {
  if (plan.statements.length === 0) return
  for (const { id, successor } of entries) {
    plan.statements.push(
      plan.db.update(model).set({ successorId: successor }).where(eq(model.id, id)),
    )
  }
}

const byChannel = (routes: RouteRow[]) =>
  Object.fromEntries(routes.map((route) => [`${route.channelId} ${route.upstreamModel}`, route]))

/** Whether `row` says all that `facts` say. */
function isSame(facts: Record<string, unknown>, row: Record<string, unknown>): boolean {
  return Object.entries(facts).every(([name, value]) => Bun.deepEquals(value, row[name]))
}

/** Prices that differ from those in force at their time. A time that has passed means now. */
function newVersions(book: CatalogBook, entry: ModelEntry, by: string, now: number): NewVersion[] {
  const effectiveFrom = Math.max(entry.effectiveFrom ?? now, now)
  const known = book.current.models.get(entry.id)
  return (['sell', 'buy'] as const).flatMap((side) => {
    const rates = side === 'sell' ? entry.price : entry.buyPrice
    const inForce = known ? priceAt(known, side, effectiveFrom) : null
    if (rates === null || (inForce !== null && sameRates(inForce.rates, rates))) return []
    return timesFrom(known?.[side] ?? [], effectiveFrom).map((time) => ({
      ...{ modelId: entry.id, side, rates, effectiveFrom: time, publishedBy: by },
    }))
  })
}

function planVersion(plan: Plan, version: NewVersion): Applied['prices'][number] {
  const { id, statements } = publish(plan.db, version, plan.now)
  plan.statements.push(...statements)
  const { modelId, side, effectiveFrom } = version
  return {
    model: modelId,
    side,
    version: id,
    effective_from: new Date(effectiveFrom).toISOString(),
  }
}

function warnings(
  book: CatalogBook,
  { id, channels, effectiveFrom }: ModelEntry,
  now: number,
): string[] {
  const model = book.current.models.get(id)
  if (!model || model.state === 'retired') return []
  const at = Math.max(effectiveFrom ?? now, now)
  const [sell, buy] = [priceAt(model, 'sell', at), priceAt(model, 'buy', at)]
  const below = sell && buy ? soldBelowCost(sell.rates, buy.rates) : []
  return [
    ...(sell === null ? [`${id} has no price and is not sold until it has one.`] : []),
    ...(channels.length === 0 ? [`${id} has no channel: nothing can answer it.`] : []),
    ...(below.length > 0 ? [`${id} is sold below its buy price: ${below.join(', ')}.`] : []),
  ]
}
