/** A model as anyone may see it [T3.2]: what it can do, what it costs now, and every price it ever had. */
import { formatPrice, type Rate, rateFor } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { type UnitClass, unitClasses } from '../base/units.ts'
import { isSold, priceAt } from './book.ts'
import type { Measured } from './measured.ts'
import type { Catalog, Model, PriceVersion } from './model.ts'

/** USD per 1,000,000 units; absent where the class is free or has no price. */
export type Prices = { [unit in UnitClass]?: string }

export function describeModel(model: Model, measured: Measured | null, now: number) {
  const { id, kind, name, state, retiresAt, successorId, contextLength, maxOutput, traits } = model
  return {
    ...{ id, kind, state, name: name ?? id, description: traits.description ?? '' },
    context_length: contextLength,
    max_output: maxOutput,
    input_modalities: traits.inputModalities ?? ['text'],
    supported_parameters: traits.supportedParameters ?? [],
    retires_at: retiresAt === null ? null : new Date(retiresAt).toISOString(),
    successor: successorId,
    ...describePrices(priceAt(model, 'sell', now)?.rates ?? []),
    measured,
  }
}

/** Scheduled versions first, then back in time. Refuses with `model_not_found` what is not sold. */
export function describeHistory(catalog: Catalog, id: string, now: number) {
  const model = catalog.models.get(id)
  if (model === undefined || !isSold(model, now)) throw new AppError('model_not_found')
  const current = priceAt(model, 'sell', now)
  return { data: model.sell.toReversed().map((version) => describeVersion(version, current, now)) }
}

function describeVersion(version: PriceVersion, current: PriceVersion | null, now: number) {
  const { id, effectiveFrom, rates } = version
  return {
    ...{ id, effective_from: new Date(effectiveFrom).toISOString() },
    state: version === current ? 'current' : effectiveFrom > now ? 'scheduled' : 'past',
    ...describePrices(rates),
  } as const
}

/** `prices` for a short prompt; `long_prompts` where a longer one costs another price. */
function describePrices(rates: readonly Rate[]) {
  const lengths = [...new Set(rates.map((rate) => rate.minPromptTokens))].filter((one) => one > 0)
  return {
    prices: pricesFor(rates, 0),
    long_prompts: lengths
      .sort((a, b) => a - b)
      .map((length) => ({ min_prompt_tokens: length, prices: pricesFor(rates, length) })),
  }
}

function pricesFor(rates: readonly Rate[], promptTokens: number): Prices {
  const priced = unitClasses.map((unit) => [unit, rateFor(rates, unit, promptTokens)] as const)
  return Object.fromEntries(
    priced.filter(([, price]) => price > 0n).map(([unit, price]) => [unit, formatPrice(price)]),
  )
}
