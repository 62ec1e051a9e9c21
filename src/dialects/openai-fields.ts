/** What every OpenAI request has in common: how its fields are checked, and which never reach an upstream. */
import { isCount, type JsonObject } from '../base/json.ts'
import { refuse } from './chat.ts'
import type { Target, Written } from './dialect.ts'

const longestModelName = 256

/**
 * Fields by which a client could choose another upstream, another model or another tariff than the one that is priced:
 * LiteLLM's, OpenRouter's, and OpenAI's service tiers.
 */
const neverSent = [
  ...['api_base', 'api_key', 'api_type', 'api_version', 'azure_endpoint', 'base_url', 'endpoint'],
  ...['custom_llm_provider', 'deployment_id', 'extra_body', 'extra_headers', 'fallbacks'],
  ...['headers', 'host', 'litellm_params', 'model_list', 'models', 'organization', 'plugins'],
  ...['provider', 'provider_url', 'proxy', 'route', 'service_tier', 'upstream', 'upstream_url'],
  ...['url', 'usage', 'user_config'],
]

export function readModel(body: JsonObject): string {
  const { model } = body
  if (typeof model !== 'string' || model === '' || model.length > longestModelName) {
    throw refuse('model', `model must be a string of 1 to ${longestModelName} characters.`)
  }
  return model
}

/** A positive whole number; absent is null. */
export function readLimit(body: JsonObject, name: string, most = 2 ** 31 - 1): number | null {
  const value = body[name]
  if (value === undefined || value === null) return null
  if (!isCount(value, 1, most))
    throw refuse(name, `${name} must be a whole number from 1 to ${most}.`)
  return value
}

export function readFlag(object: JsonObject, name: string, param = name): boolean {
  const value = object[name]
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw refuse(param, `${param} must be true or false.`)
  return value
}

/** The client's body for an upstream of the same dialect: renamed model, unknown fields kept, forbidden ones gone. */
export function copyBody(body: JsonObject, target: Target): Written {
  const copy: JsonObject = { ...body, model: target.model }
  const ignored: string[] = []
  for (const name of [...neverSent, ...(target.quirks.rejects ?? [])]) {
    if (!(name in copy)) continue
    delete copy[name]
    ignored.push(name)
  }
  return { body: copy, ignored }
}
