/**
 * Price proposals from the list that travels in the executable (@pydantic/genai-prices): what providers charge. A proposal
 * changes nothing until it is approved, which publishes a buy price and, with a markup, a sell price. The list guesses
 * names by prefix; here only a model that is named exactly is found (money.md §2).
 */

import type { MatchLogic, ModelInfo, ModelPrice } from '@pydantic/genai-prices'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { formatPrice, parsePrice, type Rate } from '../base/amount.ts'
import { apart } from '../base/apart.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import type { UnitClass } from '../base/units.ts'
import { proposal } from '../store/schema.ts'
import { byHand, must, type Query, type Statement, type Store } from '../store/store.ts'
import { type CatalogBook, priceAt } from './book.ts'
import type { Model } from './model.ts'
import {
  markUp,
  publish,
  readStoredRates,
  type Side,
  type StoredRate,
  sameRates,
  sortRates,
} from './price.ts'

/** The list's words for what we count; it has dollars a million, or a thousand (`…_kcount`). */
const units: Record<string, UnitClass> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cache_read',
  cache_write_mtok: 'cache_write',
  cache_write_1h_mtok: 'cache_write_1h',
  input_audio_mtok: 'audio_in',
  output_audio_mtok: 'audio_out',
  output_reasoning_mtok: 'reasoning',
  web_searches_kcount: 'search',
}
const listNames: Record<string, string> = { xai: 'x-ai' }

export interface Proposed {
  proposals: { id: string; model: string; rates: Rate[] }[]
  /** Models whose provider's list does not name them exactly, or gives no single price. */
  unknown: string[]
}

/** Proposes a buy price for each model whose list price differs from the one in force. */
export async function proposePrices(
  store: Store,
  book: CatalogBook,
  now: number,
): Promise<Proposed> {
  await book.reload()
  const modelsOf = await loadList()
  const models = [...book.current.models.values()].filter((model) => model.state !== 'retired')
  const found = models.map((model) => ({ model, listed: findListed(model, modelsOf, now) }))
  const open = await store.db.select().from(proposal).where(eq(proposal.state, 'open'))
  const proposals: Proposed['proposals'] = []
  const statements: Statement[] = []
  for (const { model, listed } of found) {
    if (listed === null) continue
    const inForce = priceAt(model, 'buy', now)
    const waiting = open.filter((one) => one.modelId === model.id)
    const known = [
      ...(inForce ? [inForce.rates] : []),
      ...waiting.map((one) => readStoredRates(one.rates)),
    ]
    if (known.some((rates) => sameRates(rates, listed.rates))) continue
    const id = newId('prp_', now)
    proposals.push({ id, model: model.id, rates: listed.rates })
    statements.push(
      ...waiting.map((one) => decide(store.db, one.id, 'rejected', `replaced by ${id}`)),
      insertProposal({ id, modelId: model.id, ...listed }, now),
    )
  }
  if (statements.length > 0) await store.write(() => statements)
  return { proposals, unknown: found.filter(({ listed }) => !listed).map(({ model }) => model.id) }
}

interface Listed {
  rates: Rate[]
  source: string
}

type ModelsOf = (provider: string) => readonly ModelInfo[]

const listName = (provider: string) => listNames[provider] ?? provider

/** Nothing for a provider whose name only resembles one: the list takes `openai-compatible` for OpenAI. */
async function loadList(): Promise<ModelsOf> {
  const { findProvider } = (await import(
    apart(new URL('./list-prices-apart.ts', import.meta.url))
  )) as typeof import('./list-prices-apart.ts')
  return (provider) => {
    const found = findProvider({ providerId: listName(provider) })
    return found?.id === listName(provider) ? found.models : []
  }
}

/** Which of the provider's models the list has prices for, and how much each reads where the list says so. */
export async function listedModels(
  provider: string,
  names: readonly string[],
  now: number,
): Promise<{ id: string; contextLength: number | null }[]> {
  const models = (await loadList())(provider)
  return names.flatMap((id) => {
    const info = models.find((one) => isNamed(one, id))
    const priced = (info && readPrices(info, now)) ?? []
    // A chat model whose answers have no price would give them away.
    const whole = id.includes('embed') || priced.some(({ unit }) => unit === 'output')
    return info && priced.length > 0 && whole
      ? [{ id, contextLength: info.context_window ?? null }]
      : []
  })
}

/** By the first of the model's routes that the list knows. */
function findListed(model: Model, modelsOf: ModelsOf, now: number): Listed | null {
  for (const { channel, upstreamModel } of model.routes) {
    const info = modelsOf(channel.provider).find((one) => isNamed(one, upstreamModel))
    const rates = info ? readPrices(info, now) : null
    if (rates !== null)
      return { rates, source: `genai-prices: ${listName(channel.provider)}/${info?.id}` }
  }
  return null
}

/** Never by prefix: `claude-sonnet-5-5` is not `claude-sonnet-5`. */
function isNamed({ id, match }: ModelInfo, name: string): boolean {
  const equals = (logic: MatchLogic): boolean =>
    'equals' in logic ? logic.equals === name : 'or' in logic && logic.or.some(equals)
  return id === name || equals(match)
}

/** Null where the price differs by the time of day, or one of its numbers is not a price. */
function readPrices({ prices }: ModelInfo, now: number): Rate[] | null {
  const dated = Array.isArray(prices) ? prices : [{ prices }]
  if (dated.some(({ constraint }) => constraint?.type === 'time_of_date')) return null
  const today = new Date(now).toISOString().slice(0, 10)
  const due = dated.filter(
    ({ constraint }) => constraint?.type !== 'start_date' || constraint.start_date <= today,
  )
  const inForce = due.at(-1)
  return inForce ? readRates(inForce.prices) : null
}

function readRates(prices: ModelPrice): Rate[] | null {
  const rates = Object.entries(prices).flatMap(([name, value]) => {
    const unit = units[name]
    if (unit === undefined || value === undefined) return []
    const { base, tiers } = typeof value === 'number' ? { base: value, tiers: [] } : value
    const times = name.endsWith('_kcount') ? 1000 : 1
    // The list's tiers hold above `start`, ours from `minPromptTokens` on.
    const steps = [{ start: -1, price: base }, ...tiers]
    return steps.map(({ start, price }) => ({
      unit,
      minPromptTokens: start + 1,
      price: price * times,
    }))
  })
  try {
    const exact = rates.map((rate) => ({ ...rate, price: parsePrice(rate.price.toFixed(6)) }))
    return exact.some((rate) => rate.unit === 'input') ? sortRates(exact) : null
  } catch {
    return null
  }
}

/** Of two that look at once, one proposes. */
function insertProposal(
  { rates, ...facts }: Listed & { id: string; modelId: string },
  now: number,
): Statement {
  const stored: StoredRate[] = rates.map((rate) => ({ ...rate, price: formatPrice(rate.price) }))
  return byHand(sql`INSERT INTO proposal (id, model_id, side, rates, source, created_at)
    SELECT ${facts.id}, ${facts.modelId}, 'buy', ${JSON.stringify(stored)}, ${facts.source}, ${now}
    WHERE NOT EXISTS (SELECT 1 FROM proposal WHERE model_id = ${facts.modelId} AND state = 'open')`)
}

function decide(db: Query, id: string, state: 'approved' | 'rejected', by: string): Statement {
  const isOpen = and(eq(proposal.id, id), eq(proposal.state, 'open'))
  return must(db.update(proposal).set({ state, decidedBy: by }).where(isOpen), 'not_found', {
    message: `There is no open proposal ${id}. kkai catalog show lists them.`,
  })
}

/** Publishes the proposed buy price and, with a markup in percent, the sell price that it makes. */
export async function approveProposal(
  store: Store,
  { id, markup, by }: { id: string; markup: string | null; by: string },
  now: number,
): Promise<ApprovedProposal> {
  const [approved] = await approveProposals(
    store,
    [{ id, markup, buyAt: [now], sellAt: [now] }],
    by,
    now,
  )
  return approved as ApprovedProposal
}

export interface Approval {
  id: string
  markup: string | null
  /** The times of the versions that are published (`timesFrom`). */
  buyAt: readonly number[]
  sellAt: readonly number[]
}
export interface ApprovedProposal {
  model: string
  buy: string
  sell: string | null
}

/** All of them in one write, or none. */
export async function approveProposals(
  store: Store,
  approvals: readonly Approval[],
  by: string,
  now: number,
): Promise<ApprovedProposal[]> {
  const ids = approvals.map(({ id }) => id)
  const rows = await store.db.select().from(proposal).where(inArray(proposal.id, ids))
  const planned = approvals.map(({ id, markup, buyAt, sellAt }) => {
    const row = rows.find((one) => one.id === id)
    if (!row) throw new AppError('not_found', { message: `There is no proposal ${id}.` })
    const { modelId } = row
    const rates = readStoredRates(row.rates)
    const publishAt = (side: Side, times: readonly number[], rates: readonly Rate[]) =>
      times.map((effectiveFrom) =>
        publish(store.db, { modelId, side, rates, effectiveFrom, publishedBy: by }, now),
      )
    const buy = publishAt('buy', buyAt, rates)
    const sell = markup === null ? [] : publishAt('sell', sellAt, markUp(rates, markup))
    return {
      approved: { model: modelId, buy: buy[0]?.id ?? '', sell: sell[0]?.id ?? null },
      statements: [
        decide(store.db, id, 'approved', by),
        ...[...buy, ...sell].flatMap(({ statements }) => statements),
      ],
    }
  })
  await store.write(() => planned.flatMap(({ statements }) => statements))
  return planned.map(({ approved }) => approved)
}

export async function rejectProposals(
  store: Store,
  ids: readonly string[],
  by: string,
): Promise<void> {
  await store.write((db) => ids.map((id) => decide(db, id, 'rejected', by)))
}

export function rejectProposal(store: Store, id: string, by: string): Promise<void> {
  return rejectProposals(store, [id], by)
}
