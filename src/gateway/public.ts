/** What the API tells about models, calls, keys and credit, in OpenAI's shapes with OpenRouter's fields (wire.md §1). */
import { and, eq, gte, sql } from 'drizzle-orm'
import { formatPrice, formatUnitPrice, formatUsd, rateFor } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { completionTokens, promptTokens, type UnitClass, unitClasses } from '../base/units.ts'
import { priceAt, sellableModels } from '../catalog/book.ts'
import type { Catalog, Model } from '../catalog/model.ts'
import type { Key } from '../key/key.ts'
import { periodStart } from '../key/period.ts'
import { account, key as keyTable, rate, transfer, usage, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

export function listModels(catalog: Catalog, now: number) {
  return {
    object: 'list',
    data: sellableModels(catalog, now).map((model) => describeModel(model, now)),
  }
}

/** Refuses with `model_not_found`. */
export function showModel(catalog: Catalog, id: string, now: number) {
  const model = sellableModels(catalog, now).find((one) => one.id === id)
  if (model === undefined) throw new AppError('model_not_found', { param: 'model' })
  return describeModel(model, now)
}

const pricedAs: [string, UnitClass][] = [
  ['prompt', 'input'],
  ['completion', 'output'],
  ['input_cache_read', 'cache_read'],
  ['input_cache_write', 'cache_write'],
  ['internal_reasoning', 'reasoning'],
  ['image', 'image'],
  ['web_search', 'search'],
  ['request', 'request'],
]

function describeModel(model: Model, now: number) {
  const { traits } = model
  const rates = priceAt(model, 'sell', now)?.rates ?? []
  const price = (unit: UnitClass) => formatUnitPrice(rateFor(rates, unit, 0))
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.createdAt / 1000),
    owned_by: model.id.includes('/') ? model.id.split('/')[0] : 'kkai',
    name: model.name ?? model.id,
    description: traits.description ?? '',
    context_length: model.contextLength,
    architecture: {
      modality: model.kind === 'chat' ? 'text->text' : 'text->embedding',
      input_modalities: traits.inputModalities ?? ['text'],
      output_modalities: [model.kind === 'chat' ? 'text' : 'embeddings'],
    },
    pricing: Object.fromEntries(pricedAs.map(([name, unit]) => [name, price(unit)])),
    top_provider: { context_length: model.contextLength, max_completion_tokens: model.maxOutput },
    supported_parameters: traits.supportedParameters ?? [],
    expiration_date:
      model.retiresAt === null ? null : new Date(model.retiresAt).toISOString().slice(0, 10),
    ...(model.state === 'deprecated' ? { deprecated: true, successor: model.successorId } : {}),
  }
}

/** One call's record with its arithmetic: units × price version = cost, and the transfers that moved it. */
export async function showGeneration({ db }: Store, key: Key, id: string) {
  const [row] = await db
    .select()
    .from(usage)
    .where(and(eq(usage.id, id), eq(usage.accountId, key.accountId)))
  if (row === undefined) {
    throw new AppError('not_found', {
      message: 'There is no such generation, or it is still running.',
    })
  }
  const rates = await db.select().from(rate).where(eq(rate.priceId, row.priceId))
  const moved = await db.select().from(transfer).where(eq(transfer.pendingId, id))
  const prompt = promptTokens(row)
  const counted = unitClasses.filter((unit) => row[unit] > 0)
  return {
    data: {
      id: row.id,
      model: row.modelId,
      created_at: new Date(row.createdAt).toISOString(),
      streamed: row.streamed,
      app: row.caller,
      finish_reason: row.finishReason,
      outcome: row.outcome,
      status: row.status,
      flags: row.flags?.split(',') ?? [],
      latency: row.firstTokenMs,
      generation_time: row.durationMs,
      tokens_prompt: prompt,
      tokens_completion: completionTokens(row),
      native_tokens_reasoning: row.reasoning,
      native_tokens_cached: row.cache_read,
      usage_source: row.usageSource,
      price_version: row.priceId,
      cost: counted.map((unit) => ({
        unit,
        count: row[unit],
        usd_per_million: formatPrice(rateFor(rates, unit, prompt)),
      })),
      total_cost: usdNumber(row.cost),
      usage: usdNumber(row.charged),
      cost_nano: String(row.cost),
      charged_nano: String(row.charged),
      transfers: moved.map(({ id, phase, amount }) => ({ id, phase, amount_nano: String(amount) })),
    },
  }
}

export async function showKey(store: Store, key: Key, now: number) {
  const { db } = store
  const since = (start: number) =>
    sql<string>`COALESCE(SUM(CASE WHEN ${usageHour.hour} >= ${start} THEN ${usageHour.charged} ELSE 0 END), 0)`
  const [sums] = await db
    .select({
      all: since(0),
      day: since(periodStart('daily', now)),
      week: since(periodStart('weekly', now)),
      month: since(periodStart('monthly', now)),
    })
    .from(usageHour)
    .where(
      and(
        eq(usageHour.accountId, key.accountId),
        eq(usageHour.keyId, key.id),
        gte(usageHour.hour, 0),
      ),
    )
  const [row] = await db.select().from(keyTable).where(eq(keyTable.id, key.id))
  const spent = row && row.periodStart >= periodStart(key.creditReset, now) ? row.spent : 0n
  const { creditLimit } = key
  const left = creditLimit === null ? null : creditLimit - spent
  return {
    data: {
      label: key.name,
      hash: key.hash,
      limit: creditLimit === null ? null : usdNumber(creditLimit),
      limit_remaining: left === null ? null : usdNumber(left < 0n ? 0n : left),
      limit_reset: key.creditReset,
      usage: usdNumber(BigInt(sums?.all ?? 0)),
      usage_daily: usdNumber(BigInt(sums?.day ?? 0)),
      usage_weekly: usdNumber(BigInt(sums?.week ?? 0)),
      usage_monthly: usdNumber(BigInt(sums?.month ?? 0)),
      is_free_tier: false,
      rate_limit: { requests_per_minute: key.limits.rpm, tokens_per_minute: key.limits.tpm },
      expires_at: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
    },
  }
}

export async function showCredits({ db }: Store, key: Key) {
  const [row] = await db.select().from(account).where(eq(account.id, key.accountId))
  const { creditsPosted = 0n, debitsPosted = 0n, debitsPending = 0n } = row ?? {}
  return {
    data: {
      total_credits: usdNumber(creditsPosted),
      total_usage: usdNumber(debitsPosted),
      balance: formatUsd(creditsPosted - debitsPosted),
      held: formatUsd(debitsPending),
    },
  }
}

/** A JSON number for display, as OpenRouter's clients expect; exact digits stand beside it as strings of nano-USD. */
function usdNumber(nano: bigint): number {
  return Number(formatUsd(nano))
}
