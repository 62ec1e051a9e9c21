/** What the demo sells: every model of the simulated provider, through OpenAI's dialect and, as `anthropic/…`, Anthropic's. */
import type { JsonObject } from '../base/json.ts'
import { longestOutput, longestPrompt } from './simulator/models.ts'
import { scenarios } from './simulator/scenarios.ts'

const credential = 'sk-sim-demo'

const price = { input: '0.15', output: '0.60', cache_read: '0.075', cache_write: '0.1875' }
const buyPrice = { input: '0.12', output: '0.48', cache_read: '0.06', cache_write: '0.15' }

/** Hosts that differ from OpenAI in what their requests or counts must say. */
const quirks: Record<string, JsonObject> = {
  'demo/azure': { auth: 'api-key' },
  'demo/xai': { reasoning_outside_completion: true },
}

/** A catalogue file for the simulated provider at that origin. */
export function demoCatalog(origin: string): string {
  const channel = { base_url: `${origin}/v1`, credential, allow_private: true }
  return JSON.stringify({
    channels: [
      { id: 'simulated', provider: 'simulated', ...channel },
      { id: 'simulated-anthropic', provider: 'simulated-anthropic', ...channel },
    ],
    models: Object.entries(scenarios).flatMap(([name, { kind = 'chat' as const, does }]) => {
      const described = { description: does, ...(quirks[name] && { quirks: quirks[name] }) }
      const openai = entry(name, { kind, channel: 'simulated', model: name, traits: described })
      if (kind === 'embeddings') return [openai]
      const traits = { description: `${does} In Anthropic’s dialect.` }
      const id = `anthropic/${name}`
      return [openai, entry(id, { kind, channel: 'simulated-anthropic', model: name, traits })]
    }),
  })
}

interface Facts {
  kind: 'chat' | 'embeddings'
  channel: string
  model: string
  traits: JsonObject
}

function entry(id: string, { kind, channel, model, traits }: Facts): JsonObject {
  const chat = kind === 'chat'
  return {
    ...{ id, kind, context_length: longestPrompt, max_output: chat ? longestOutput : null, traits },
    channels: [{ channel, model }],
    price: chat ? price : { input: price.input },
    buy_price: chat ? buyPrice : { input: buyPrice.input },
  }
}
