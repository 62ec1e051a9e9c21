/**
 * A settlement as the rows that report it: the call's usage record and the sums of its hour. Names are the tables' own
 * columns. Account, key and charge are the ledger's to say: each store adds them.
 */
import { completionTokens, promptTokens, unitClasses } from '../base/units.ts'
import { storable } from '../store/store.ts'
import { failures, hourMs } from './chart.ts'
import type { Settlement } from './ledger.ts'

export type Value = string | number | bigint | null
export type Row = Record<string, Value>

export function usageRow(settlement: Settlement): Row {
  const { draft, units } = settlement
  return {
    id: settlement.id,
    model_id: draft.modelId,
    channel_id: settlement.channelId,
    price_id: draft.priceId,
    buy_price_id: draft.buyPriceId,
    ...Object.fromEntries(unitClasses.map((unit) => [unit, units[unit] ?? 0])),
    cost: settlement.cost,
    buy_cost: settlement.buyCost,
    usage_source: settlement.usageSource,
    outcome: settlement.outcome,
    flags: settlement.flags,
    status: settlement.status,
    streamed: draft.streamed ? 1 : 0,
    finish_reason: storable(settlement.finishReason),
    caller: storable(draft.caller),
    created_at: draft.createdAt,
    first_token_ms: settlement.firstTokenMs,
    duration_ms: settlement.durationMs,
    reported_cost: settlement.reportedCost,
  }
}

export function hourRow({ draft, units, outcome, buyCost }: Settlement): Row {
  return {
    hour: Math.floor(draft.createdAt / hourMs) * hourMs,
    model_id: draft.modelId,
    calls: 1,
    failures: failures.includes(outcome) ? 1 : 0,
    prompt_tokens: promptTokens(units),
    completion_tokens: completionTokens(units),
    buy_cost: buyCost,
  }
}

const hourSums = ['calls', 'failures', 'prompt_tokens', 'completion_tokens', 'charged', 'buy_cost']

/** What an insert into `usage_hour` does when the hour has begun already; understood by both databases. */
export const addToHour = `ON CONFLICT (account_id, hour, key_id, model_id) DO UPDATE SET
  ${hourSums.map((name) => `${name} = usage_hour.${name} + excluded.${name}`).join(', ')}`
