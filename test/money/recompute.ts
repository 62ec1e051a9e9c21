/**
 * What a call must cost, worked out a second time and by other means than the product's: prices as the catalogue's texts,
 * counts from the provider's journal or from what the client itself received. The rules are money.md's §4.
 */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { isObject, type Json, type JsonObject } from '../../src/base/json.ts'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import type { Answered } from './client.ts'
import type { Call } from './draw.ts'
import type { Usage } from './platform.ts'

/** Dollars per 1,000,000 units by class, and by the least prompt that it is for. */
export type Book = Record<string, Record<number, string>>

export type Counts = Record<string, number>

export interface Expected {
  least: bigint
  most: bigint
}

/** Least and most that `record` may charge; they differ only where a client left within a stream. */
export function expectedCharge(
  { offer, fields }: Call,
  got: Answered,
  entry: Entry | undefined,
  { outcome }: Pick<Usage, 'outcome'>,
): Expected {
  const exactly = (counts: Counts) => {
    const cost = costIn(offer.book, counts)
    return { least: cost, most: cost }
  }
  if (outcome === 'failed' || outcome === 'refused') return { least: 0n, most: 0n }
  if (outcome === 'complete' && !offer.lies) return exactly(readReport(entry!))

  const { tools } = fields
  const counted = { input: countPrompt(fields) }
  const reported = offer.lies ? null : inputOf(entry)
  const received = { output: countAll(got.text), reasoning: countAll(got.reasoning) }
  if (!got.left) return exactly({ ...(reported ?? counted), ...received })

  // Between what this client has received and what the provider has sent. Who left before one was asked pays nothing.
  const inputs: Counts[] = [
    counted,
    reported ?? counted,
    offer.understates ? { input: 1 } : counted,
  ]
  const { output = 0, reasoning = 0 } =
    outcome === 'complete' || fields.stream ? (entry?.delivered ?? {}) : {}
  const sent = {
    output: output + (tools === undefined ? 0 : toolName * Number(fields.n ?? 1)),
    reasoning,
  }
  const costs = (outputs: Counts) =>
    inputs
      .map((input) => costIn(offer.book, { ...input, ...outputs }))
      .sort((one, other) => Number(one - other))
  return { least: entry === undefined ? 0n : costs(received)[0]!, most: costs(sent).at(-1)! }
}

/** The provider does not count the names of the tools that it calls; each is one token. */
const toolName = 1

/** Σ counts × price, rounded up once to a nano-dollar. */
export function costIn(book: Book, counts: Counts): bigint {
  const { input = 0, cache_read = 0, cache_write = 0, cache_write_1h = 0 } = counts
  const prompt = input + cache_read + cache_write + cache_write_1h
  let millionths = 0n
  for (const [unit, count] of Object.entries({ ...counts, request: 1 })) {
    const tiers = [unit, ...(fallbacks[unit] ?? [])].map((name) => book[name]).find(Boolean) ?? {}
    const from = Object.keys(tiers)
      .map(Number)
      .filter((tier) => tier <= prompt)
    const price = tiers[Math.max(...from)] ?? '0'
    millionths += BigInt(count) * BigInt(Math.round(Number(price) * 1e6))
  }
  return millionths / 1000n + (millionths % 1000n === 0n ? 0n : 1n)
}

const fallbacks: Record<string, string[]> = {
  cache_read: ['input'],
  cache_write: ['input'],
  cache_write_1h: ['cache_write', 'input'],
  reasoning: ['output'],
}

/** What the provider reported, told apart as its dialect does: Anthropic's says nothing of reasoning. */
function readReport({ usage, dialect }: Entry): Counts {
  if (usage === null) throw new Error('nothing was reported')
  const [completion, reasoning] = [Number(usage.completion), Number(usage.reasoning)]
  const input = inputCounts(usage)
  if (dialect === 'openai-embeddings') return { input: Number(usage.prompt) }
  if (dialect === 'anthropic-messages') return { ...input, output: completion }
  return { ...input, output: completion - reasoning, reasoning }
}

function inputOf(entry: Entry | undefined): Counts | null {
  return entry?.usage ? inputCounts(entry.usage) : null
}

function inputCounts(usage: NonNullable<Entry['usage']>): Counts {
  const [written, forHour] = [Number(usage.cache_write), Number(usage.cache_write_1h)]
  return {
    input: Number(usage.prompt) - Number(usage.cached) - written,
    cache_read: Number(usage.cached),
    cache_write: written - forHour,
    cache_write_1h: forHour,
  }
}

/** Tokens of the answer that the client received, in o200k; null where they cannot be compared with the provider's. */
export function countReceived({ fields }: Call, { text }: Answered): number | null {
  return fields.tools === undefined ? countAll(text) : null
}

function countAll(texts: Map<number, string>): number {
  return texts.values().reduce((sum, text) => sum + countTokens(text), 0)
}

/** Every text of the messages, three tokens around each and at the end, and the tools as they were written. */
export function countPrompt({ messages, input, tools }: JsonObject): number {
  const count = (content: Json | undefined): number => {
    if (typeof content === 'string') return countTokens(content)
    if (typeof content === 'number') return 1
    return Array.isArray(content)
      ? content.reduce<number>((sum, part) => sum + count(isObject(part) ? part.text : part), 0)
      : 0
  }
  const said = Array.isArray(messages) ? messages.filter(isObject) : []
  const texts = said.reduce((sum, message) => sum + count(message.content), 0)
  const around = said.length > 0 ? 3 * (said.length + 1) : 0
  return texts + around + count(input) + (tools ? countTokens(JSON.stringify(tools)) : 0)
}
