/** The catalogue as the operator reads it: everything but the credentials. Times are ISO, prices as in the file. */
import { formatPrice, type Rate } from '../base/amount.ts'
import type { JsonObject } from '../base/json.ts'
import { channel, proposal } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { type CatalogBook, isSold, priceAt } from './book.ts'
import type { Model } from './model.ts'
import { readStoredRates, type Side, sortRates } from './price.ts'

export type ShownCatalog = Awaited<ReturnType<typeof showCatalog>>

export async function showCatalog(store: Store, book: CatalogBook, now: number) {
  const [channels, proposals] = await Promise.all([
    store.db.select().from(channel).orderBy(channel.id),
    store.db.select().from(proposal).orderBy(proposal.id),
  ])
  return {
    channels: channels.map(
      ({ id, provider, baseUrl, credential, allowPrivate, state, quirks }) => ({
        ...{ id, provider, base_url: baseUrl, credential: credential === null ? null : 'sealed' },
        ...{ allow_private: allowPrivate, state, quirks: quirks as JsonObject },
      }),
    ),
    models: [...book.current.models.values()].map((model) => showModel(model, now)),
    proposals: proposals
      .filter((one) => one.state === 'open')
      .map(({ id, modelId, side, rates, source }) => ({
        ...{ id, model: modelId, side, source, price: showRates(readStoredRates(rates)) },
      })),
    problems: [...book.problems],
  }
}

function showModel(model: Model, now: number) {
  const { id, kind, name, state, successorId, contextLength, maxOutput, traits } = model
  return {
    ...{ id, kind, name, state, sold: isSold(model, now) },
    ...{ retires_at: isoTime(model.retiresAt), successor: successorId },
    ...{
      context_length: contextLength,
      max_output: maxOutput,
      traits: { ...traits } as JsonObject,
    },
    channels: model.routes.map(({ channel, upstreamModel, priority, weight }) => ({
      ...{ channel: channel.id, model: upstreamModel, priority, weight },
    })),
    price: showSide(model, 'sell', now),
    buy_price: showSide(model, 'buy', now),
  }
}

/** The version in force, and those that wait for their time; null where there is none at all. */
function showSide(model: Model, side: Side, now: number): JsonObject | null {
  const inForce = priceAt(model, side, now)
  const show = ({ id, effectiveFrom, rates }: Model['sell'][number]) => ({
    ...{ version: id, effective_from: isoTime(effectiveFrom), ...showRates(rates) },
  })
  const scheduled = model[side].filter((version) => version.effectiveFrom > now).map(show)
  if (inForce === null && scheduled.length === 0) return null
  return { ...(inForce && show(inForce)), ...(scheduled.length > 0 && { scheduled }) }
}

/** As a catalogue file says it: a text, or with tiers an object. */
export function showRates(rates: readonly Rate[]): JsonObject {
  const byUnit = Map.groupBy(sortRates(rates), (rate) => rate.unit)
  const shown = [...byUnit].map(([unit, tiers]) => {
    const [only, ...more] = tiers.map((tier) => formatPrice(tier.price))
    const price =
      more.length === 0
        ? only
        : Object.fromEntries(tiers.map((tier) => [tier.minPromptTokens, formatPrice(tier.price)]))
    return [unit, price]
  })
  return Object.fromEntries(shown)
}

const isoTime = (time: number | null) => (time === null ? null : new Date(time).toISOString())
