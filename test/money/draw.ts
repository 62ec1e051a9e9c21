/** Calls drawn from a seed: what is sold, what is asked of it, and when the client leaves. The same seed draws the same. */
import type { JsonObject } from '../../src/base/json.ts'
import { drawWords } from '../../src/demo/simulator/words.ts'
import type { AskOptions, Leave } from './client.ts'
import type { Book } from './recompute.ts'

export interface Offer {
  /** How often it is asked, relative to the others. */
  weight: number
  channels: string[]
  upstream: string
  book: Book
  does?: 'embed' | 'grow'
  /** What it reports is a lie or missing, so that nobody may believe it. */
  lies?: boolean
  /** Its first word on the prompt is one token; the last corrects it. */
  understates?: boolean
}

const plain: Book = { input: { 0: '0.15' }, output: { 0: '0.60' } }
/** Every class with a price of its own, a tier, and a price a request. */
const rich: Book = {
  input: { 0: '0.15', 1100: '0.31' },
  output: { 0: '0.60', 1100: '0.93' },
  cache_read: { 0: '0.077' },
  cache_write: { 0: '0.19' },
  cache_write_1h: { 0: '0.33' },
  reasoning: { 0: '0.47' },
  request: { 0: '3' },
}

const openai = ['openai']
const anthropic = ['anthropic']

// biome-ignore format: a table is read by its rows
export const offers: Record<string, Offer> = {
  'plain/openai': { weight: 20, channels: openai, upstream: 'sim-chat', book: plain },
  'plain/anthropic': { weight: 20, channels: anthropic, upstream: 'sim-chat', book: plain },
  'rich/openai': { weight: 15, channels: openai, upstream: 'sim-chat', book: rich },
  'rich/anthropic': { weight: 15, channels: anthropic, upstream: 'sim-chat', book: rich },
  'thinks': { weight: 6, channels: openai, upstream: 'demo/deepseek', book: rich },
  'thinks/outside': { weight: 6, channels: ['outside'], upstream: 'demo/xai', book: rich },
  'embed': { weight: 8, channels: openai, upstream: 'sim-embed', book: { input: { 0: '0.021' } }, does: 'embed' },
  'paced/openai': { weight: 10, channels: openai, upstream: 'sim-chat@ttft=10,tps=2000,tokens=120', book: plain },
  'paced/anthropic': { weight: 10, channels: anthropic, upstream: 'sim-chat@ttft=10,tps=2000,tokens=120', book: rich },
  'grows': { weight: 3, channels: openai, upstream: 'sim-chat@tokens=150', book: plain, does: 'grow' },
  'every': { weight: 4, channels: openai, upstream: 'demo/vllm', book: rich },
  'revised': { weight: 3, channels: anthropic, upstream: 'demo/revised-usage', book: rich, understates: true },
  'twice': { weight: 2, channels: anthropic, upstream: 'demo/duplicate-start', book: rich },
  'reset/openai': { weight: 5, channels: openai, upstream: 'demo/broken-stream@after=11', book: rich },
  'reset/anthropic': { weight: 5, channels: anthropic, upstream: 'demo/broken-stream@after=11', book: rich },
  'closed/openai': { weight: 4, channels: openai, upstream: 'demo/early-close@after=3', book: rich },
  'closed/anthropic': { weight: 4, channels: anthropic, upstream: 'demo/early-close@after=3', book: rich },
  'error/openai': { weight: 3, channels: openai, upstream: 'demo/error-in-stream', book: plain },
  'error/anthropic': { weight: 3, channels: anthropic, upstream: 'demo/error-in-stream', book: plain },
  'malformed': { weight: 2, channels: openai, upstream: 'demo/malformed-sse', book: plain },
  'stalled': { weight: 1, channels: anthropic, upstream: 'demo/stall', book: plain },
  'none': { weight: 4, channels: openai, upstream: 'demo/no-usage', book: rich, lies: true },
  'none/anthropic': { weight: 4, channels: anthropic, upstream: 'demo/no-usage', book: rich, lies: true },
  'zero': { weight: 2, channels: openai, upstream: 'demo/zero-usage', book: plain, lies: true },
  'absurd': { weight: 2, channels: anthropic, upstream: 'demo/absurd-usage', book: plain, lies: true },
  'negative': { weight: 2, channels: openai, upstream: 'demo/negative-usage', book: plain, lies: true },
  'fraction': { weight: 2, channels: anthropic, upstream: 'demo/fraction-usage', book: plain, lies: true },
  'text': { weight: 2, channels: openai, upstream: 'demo/text-usage', book: plain, lies: true },
  'cached': { weight: 2, channels: openai, upstream: 'demo/cached-usage', book: rich, lies: true },
  'policy': { weight: 2, channels: openai, upstream: 'demo/policy', book: plain },
  'down': { weight: 2, channels: ['down'], upstream: 'demo/500', book: plain },
  'flaky': { weight: 4, channels: ['flaky-1', 'flaky-2'], upstream: 'demo/flaky', book: plain },
}

export interface Call {
  offer: Offer
  fields: JsonObject
  options: AskOptions
}

/** A generator of 32-bit numbers (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const weights = Object.values(offers).reduce((sum, { weight }) => sum + weight, 0)
const tools = [
  {
    type: 'function',
    function: {
      name: 'read',
      parameters: { type: 'object', properties: { garden: { type: 'string' } } },
    },
  },
]

export function drawCall(random: () => number, at: number): Call {
  const one = (probability: number) => random() < probability
  const upTo = (most: number) => Math.floor(random() * most)
  const [model, offer] = drawOffer(random)
  const headers = { 'x-title': `call-${at}` }
  const words = (count: number) =>
    drawWords(count, upTo(2 ** 31), 'english')
      .join('')
      .slice(1)
  if (offer.does === 'embed') {
    const input = one(0.3) ? [1, 2, 3, 4] : one(0.5) ? [words(9), words(2)] : words(30)
    const leave = one(0.05) ? { afterMs: upTo(4) } : null
    return { offer, fields: { model, input }, options: { headers, path: 'embeddings', leave } }
  }
  const isAnthropic = offer.channels[0] === 'anthropic'
  const stream = offer.does === 'grow' || one(0.6)
  const fields: JsonObject = { model, stream, messages: drawMessages(random, words) }
  if (offer.does !== 'grow') fields.max_tokens = one(0.1) ? 1 + upTo(20) : 256
  if (stream && one(0.7)) fields.stream_options = { include_usage: true }
  if (!isAnthropic && one(0.15)) fields.n = 2 + upTo(3)
  if (one(0.15)) Object.assign(fields, { tools, tool_choice: 'required' })
  return { offer, fields, options: { headers, leave: drawLeave(random, stream) } }
}

function drawOffer(random: () => number): [string, Offer] {
  let left = random() * weights
  const found = Object.entries(offers).find(([, { weight }]) => {
    left -= weight
    return left < 0
  })
  if (!found) throw new Error('the weights do not add up')
  return found
}

/** A few long beginnings that many calls share: these are cached, where the caller marks them or the provider does. */
const beginnings = [1, 2, 3].map((seed) => drawWords(1100, seed, 'english').join(''))

function drawMessages(random: () => number, words: (count: number) => string): JsonObject[] {
  const messages: JsonObject[] = []
  if (random() < 0.06) {
    const text = beginnings[Math.floor(random() * beginnings.length)]!
    const ttl = random() < 0.5 ? '5m' : '1h'
    const part = { type: 'text', text, cache_control: { type: 'ephemeral', ttl } }
    messages.push({ role: 'system', content: [part] })
  }
  if (random() < 0.2) {
    messages.push({ role: 'user', content: words(5) }, { role: 'assistant', content: words(4) })
  }
  return [...messages, { role: 'user', content: words(1 + Math.floor(random() * 8)) }]
}

function drawLeave(random: () => number, stream: boolean): Leave {
  if (random() > 0.12) return null
  if (stream && random() < 0.7) return { afterBytes: Math.floor(random() * 20_000) }
  return { afterMs: Math.floor(random() * 12) }
}
