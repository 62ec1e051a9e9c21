/** Models and proposals as those who set their prices see them: sell beside buy, what is left between, and what waits. */
import { eq } from 'drizzle-orm'
import { formatPrice, type Rate, rateFor } from '../base/amount.ts'
import { type UnitClass, unitClasses } from '../base/units.ts'
import { isSold, priceAt } from '../catalog/book.ts'
import type { PriceVersion } from '../catalog/model.ts'
import { markUp, readStoredRates, type Side, soldBelowCost } from '../catalog/price.ts'
import { showRates } from '../catalog/show.ts'
import { compareRates } from '../notice/coming.ts'
import { channel, model, modelChannel, price, proposal } from '../store/schema.ts'
import { isoTime, type ModelRow } from './catalog-change.ts'
import type { Parts } from './parts.ts'
import { scheduledOf } from './price-change.ts'

export async function showModels(parts: Parts) {
  const { store, catalog, clock, business } = parts
  const now = clock.now()
  const [models, routes, channels, publishers] = await Promise.all([
    store.db.select().from(model).orderBy(model.id),
    store.db.select().from(modelChannel).orderBy(modelChannel.priority, modelChannel.channelId),
    store.db.select().from(channel),
    store.db.select({ id: price.id, by: price.publishedBy }).from(price),
  ])
  const states = new Map(channels.map(({ id, state }) => [id, state]))
  const publisherOf = new Map(publishers.map(({ id, by }) => [id, by]))
  const routesOf = Map.groupBy(routes, ({ modelId }) => modelId)
  const version = (side: Side, { id, effectiveFrom, rates }: PriceVersion) => ({
    ...{ id, side, effective_from: new Date(effectiveFrom).toISOString() },
    ...{ by: publisherOf.get(id) ?? '', prices: showRates(rates) },
  })
  return models.flatMap((row) => {
    const known = catalog.current.models.get(row.id)
    if (!known) return []
    const [sell, buy] = [priceAt(known, 'sell', now), priceAt(known, 'buy', now)]
    const own = routesOf.get(row.id) ?? []
    const providers = known.routes.map((route) => route.channel.provider)
    return [
      {
        ...facts(row),
        sold: isSold(known, now),
        channels: own.map(({ channelId, upstreamModel, priority, weight }) => ({
          ...{ channel: channelId, model: upstreamModel, priority, weight },
          state: states.get(channelId) ?? 'disabled',
        })),
        sell: sell && version('sell', sell),
        buy: buy && version('buy', buy),
        margins: marginsOf(sell, buy),
        below_cost: sell && buy ? soldBelowCost(sell.rates, buy.rates) : [],
        scheduled: (['sell', 'buy'] as const).flatMap((side) =>
          scheduledOf(known[side], now).map((one) => version(side, one)),
        ),
        markup: markupOf(business.current.markups, row.id, providers),
      },
    ]
  })
}

export type ModelView = Awaited<ReturnType<typeof showModels>>[number]

function facts(row: ModelRow) {
  const { id, kind, name, state, revision, contextLength, maxOutput, traits } = row
  return {
    ...{ id, kind, name, state, revision },
    ...{ context_length: contextLength, max_output: maxOutput },
    description: typeof traits.description === 'string' ? traits.description : '',
    ...{ retires_at: isoTime(row.retiresAt), successor: row.successorId },
  }
}

/** The share of a short prompt's price that is left, for each unit that both sides price; `-0.2` is a loss. */
function marginsOf(sell: PriceVersion | null, buy: PriceVersion | null) {
  if (!sell || !buy) return []
  return unitClasses.flatMap((unit) => {
    const [charged, paid] = [rateFor(sell.rates, unit, 0), rateFor(buy.rates, unit, 0)]
    const priced = [...sell.rates, ...buy.rates].some((rate) => rate.unit === unit)
    return priced && charged > 0n ? [{ unit, margin: 1 - Number(paid) / Number(charged) }] : []
  })
}

/** By model, else by the provider of its first way, else by `*`; null where no rule says. */
export function markupOf(
  rules: Readonly<Record<string, string>>,
  id: string,
  providers: readonly string[],
): string | null {
  const named = [id, ...providers.slice(0, 1), '*'].find((name) => Object.hasOwn(rules, name))
  return named === undefined ? null : (rules[named] ?? null)
}

/** Open proposals: what a provider charges now, against what we think it does. */
export async function showProposals({ store, catalog, clock, business }: Parts) {
  const now = clock.now()
  const open = await store.db.select().from(proposal).where(eq(proposal.state, 'open'))
  return open.flatMap(({ id, modelId, source, createdAt, rates: stored }) => {
    const known = catalog.current.models.get(modelId)
    if (!known) return []
    const rates = readStoredRates(stored)
    const providers = known.routes.map((route) => route.channel.provider)
    const markup = markupOf(business.current.markups, modelId, providers)
    const marked = markup === null ? null : markUp(rates, markup)
    const sell = priceAt(known, 'sell', now)?.rates ?? []
    return [
      {
        ...{ id, model: modelId, source, created_at: new Date(createdAt).toISOString() },
        ...{ prices: showRates(rates), markup },
        buy: differences(priceAt(known, 'buy', now)?.rates ?? [], rates),
        sell: marked && differences(sell, marked),
        rises: marked !== null && sell.length > 0 && compareRates(sell, marked) !== null,
        /** Where the sell price stays as it is. */
        below_cost: sell.length === 0 ? [] : soldBelowCost(sell, rates),
      },
    ]
  })
}

export type ProposalView = Awaited<ReturnType<typeof showProposals>>[number]

/** Prices that differ, by unit and length of prompt; null where there is none. */
function differences(before: readonly Rate[], after: readonly Rate[]) {
  const priceIn = (rates: readonly Rate[], unit: UnitClass, prompt: number) => {
    const found = rates.find((one) => one.unit === unit && one.minPromptTokens === prompt)
    return found ? formatPrice(found.price) : null
  }
  const lengths = [...new Set([...before, ...after].map((rate) => rate.minPromptTokens))]
  return lengths
    .sort((a, b) => a - b)
    .flatMap((prompt) =>
      unitClasses.map((unit) => ({
        ...{ unit, min_prompt_tokens: prompt },
        ...{ from: priceIn(before, unit, prompt), to: priceIn(after, unit, prompt) },
      })),
    )
    .filter(({ from, to }) => from !== to)
}
