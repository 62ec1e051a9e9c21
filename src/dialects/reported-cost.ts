/**
 * What a provider says it charged us for a call, where it says so in the usage of its answer. OpenRouter and those like it say
 * it in dollars; of a call made with our own key at the provider behind it, `cost` is OpenRouter's fee, and what that provider
 * takes stands beside it (https://openrouter.ai/docs/use-cases/usage-accounting). xAI says it in ticks
 * (https://docs.x.ai/developers/cost-tracking).
 */
import { readTicks, readUsd } from '../base/amount.ts'
import { isObject, type JsonObject } from '../base/json.ts'

/** In nano-USD; null where it is nothing that a call costs, undefined where nothing is said. */
export function readReportedCost(usage: JsonObject): bigint | null | undefined {
  const { cost, cost_in_usd_ticks: ticks, cost_details: details } = usage
  if (isSaid(ticks)) return readTicks(ticks)
  if (!isSaid(cost)) return undefined
  const own = readUsd(cost)
  if (usage.is_byok !== true || !isObject(details)) return own
  const behind = readUsd(details.upstream_inference_cost ?? 0)
  return own === null || behind === null ? null : own + behind
}

const isSaid = (value: unknown) => value !== undefined && value !== null
