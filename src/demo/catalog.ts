/**
 * What the demo sells: every model of the simulated provider, in OpenAI's dialect and, as `anthropic/…`, in Anthropic's.
 * Those that fail on purpose have a channel each, since a channel that fails is left alone for a while.
 */
import type { JsonObject } from '../base/json.ts'
import { longestOutput, longestPrompt } from './simulator/models.ts'
import { scenarios } from './simulator/scenarios.ts'
import { listPrice } from './simulator/usage.ts'

const credential = 'sk-sim-demo'

const price = { input: '0.15', output: '0.60', cache_read: '0.075', cache_write: '0.1875' }

/** Hosts that differ from OpenAI in what must be said to them, or believed of them. */
const quirks: Record<string, JsonObject> = {
  'demo/azure': { auth: 'api-key' },
  'demo/xai': { reasoning_outside_completion: true },
}

/** A catalogue file for the simulated provider at that origin. */
export function demoCatalog(origin: string): string {
  const entries = Object.entries(scenarios).flatMap(([model, { kind = 'chat' as const, does }]) => {
    const openai = { id: model, model, kind, does, provider: 'simulated' }
    if (kind === 'embeddings') return [openai]
    const anthropic = { ...openai, id: `anthropic/${model}`, provider: 'simulated-anthropic' }
    return [openai, { ...anthropic, does: `${does} In Anthropic’s dialect.` }]
  })
  const channels = new Map(entries.map((entry) => [channelOf(entry), channel(entry, origin)]))
  return JSON.stringify({ channels: [...channels.values()], models: entries.map(model) })
}

interface Entry {
  id: string
  /** Its name in the simulator. */
  model: string
  kind: 'chat' | 'embeddings'
  does: string
  provider: string
}

function channelOf({ id, model, provider }: Entry): string {
  return model.startsWith('demo/') ? id : provider
}

function channel(entry: Entry, origin: string): JsonObject {
  const { model, provider } = entry
  const place = { base_url: `${origin}/v1`, credential, allow_private: true }
  const differs = provider === 'simulated' ? quirks[model] : undefined
  return { id: channelOf(entry), provider, ...place, ...(differs && { quirks: differs }) }
}

function model(entry: Entry): JsonObject {
  const { id, model, kind, does } = entry
  const chat = kind === 'chat'
  return {
    ...{ id, kind, context_length: longestPrompt, max_output: chat ? longestOutput : null },
    traits: { description: does },
    channels: [{ channel: channelOf(entry), model }],
    price: chat ? price : { input: price.input },
    buy_price: chat ? listPrice : { input: listPrice.input },
  }
}
