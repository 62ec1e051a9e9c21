/**
 * Prompt caching as the providers do it: a prefix that was sent before is cheaper. OpenAI caches every long prompt by
 * itself; Anthropic caches up to each block that the caller marks. Prefixes below 1,024 tokens are never cached.
 */
import type { Units } from '../../base/units.ts'

/** A piece of the prompt, in the order in which it is cached: tools, system, messages. */
export interface Part {
  text: string
  tokens: number
  /** Anthropic's `cache_control` on this piece. */
  mark: '5m' | '1h' | null
}

const leastTokens = 1024
const openAiStep = 128
const mostPrefixes = 10_000

/** Hashes of the prefixes seen, oldest first. */
export type PromptCache = Set<bigint>

/** Input units of a prompt that OpenAI would cache by itself; remembers its prefixes. */
export function countAutomatic(cache: PromptCache, parts: readonly Part[]): Units {
  const tokens = parts.reduce((sum, part) => sum + part.tokens, 0)
  if (tokens < leastTokens) return { input: tokens }
  const prefixes = prefixesOf(parts)
  const seen = prefixes.findLast((prefix) => cache.has(prefix.hash))?.tokens ?? 0
  const cached = seen < leastTokens ? 0 : seen - (seen % openAiStep)
  for (const prefix of prefixes) remember(cache, prefix.hash)
  return cached === 0 ? { input: tokens } : { input: tokens - cached, cache_read: cached }
}

/** Input units of a prompt whose caller marked what to cache; remembers the marked prefixes. */
export function countMarked(cache: PromptCache, parts: readonly Part[]): Units {
  const tokens = parts.reduce((sum, part) => sum + part.tokens, 0)
  if (parts.every((part) => part.mark === null)) return { input: tokens }
  const units: Units = {}
  const marked = prefixesOf(parts).filter(
    ({ mark, tokens }) => mark !== null && tokens >= leastTokens,
  )
  let counted = marked.findLast((prefix) => cache.has(prefix.hash))?.tokens ?? 0
  if (counted > 0) units.cache_read = counted
  for (const prefix of marked) {
    remember(cache, prefix.hash)
    if (prefix.tokens <= counted) continue
    const unit = prefix.mark === '1h' ? 'cache_write_1h' : 'cache_write'
    units[unit] = (units[unit] ?? 0) + prefix.tokens - counted
    counted = prefix.tokens
  }
  units.input = tokens - counted
  return units
}

/** The prefix that ends with each part. */
function prefixesOf(parts: readonly Part[]) {
  let hash = 0n
  let tokens = 0
  return parts.map((part) => {
    hash = BigInt(Bun.hash(part.text, hash))
    tokens += part.tokens
    return { hash, tokens, mark: part.mark }
  })
}

function remember(cache: PromptCache, hash: bigint): void {
  cache.add(hash)
  if (cache.size > mostPrefixes) for (const oldest of cache) return void cache.delete(oldest)
}
