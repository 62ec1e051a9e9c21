/**
 * The conversation of a messages request, block by block: turns alternate, texts are not empty, every tool use is
 * answered in the next turn, and thinking comes back with the signature it left with.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Part } from './cache.ts'
import type { Model } from './models.ts'
import { insist } from './refusal.ts'
import { countTokens, seedFrom } from './words.ts'

/** What is gathered while the prompt is read. */
export interface Walk {
  parts: Part[]
  text: string
  results: string[]
  seed: number
  /** Whether thinking is asked for: then a tool loop must bring it back. */
  thinking: boolean
}

export function addPart(
  walk: Walk,
  text: string,
  block: JsonObject | null,
  tokens = countTokens(text),
): void {
  walk.parts.push({ text, tokens, mark: block && readMark(block) })
}

export function readMark(block: JsonObject): Part['mark'] {
  const mark = block.cache_control
  if (mark == null) return null
  insist(
    isObject(mark) && mark.type === 'ephemeral',
    "cache_control.type: Input should be 'ephemeral'",
  )
  insist(
    mark.ttl === undefined || mark.ttl === '5m' || mark.ttl === '1h',
    "cache_control.ttl: Input should be '5m' or '1h'",
  )
  return mark.ttl ?? '5m'
}

export function readText(text: Json | undefined, at: string): string {
  insist(typeof text === 'string', `${at}.text: Input should be a valid string`)
  insist(text !== '', `${at}: text content blocks must be non-empty`)
  insist(text.trim() !== '', `${at}: text content blocks must contain non-whitespace text`)
  return text
}

export function readTurns(messages: Json | undefined, model: Model, walk: Walk): void {
  insist(Array.isArray(messages), 'messages: Field required')
  insist(messages.length > 0, 'messages: at least one message is required')
  let last: unknown = null
  let uses: string[] = []
  for (const [index, message] of messages.entries()) {
    const at = `messages.${index}`
    insist(isObject(message), `${at}: Input should be an object`)
    const { role, content } = message
    insist(
      role === 'user' || role === 'assistant' || role === 'system',
      `${at}.role: Input should be 'user', 'assistant' or 'system'`,
    )
    insist(last !== null || role === 'user', 'messages: first message must use the "user" role')
    insist(
      role !== last,
      `messages: roles must alternate between "user" and "assistant", but found multiple "${role}" roles in a row`,
    )
    if (role === 'system') {
      insist(!model.older && uses.length === 0, `${at}: role 'system' is not supported here`)
    } else last = role
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    insist(
      Array.isArray(blocks) && blocks.length > 0,
      `${at}: all messages must have non-empty content except for the optional final assistant message`,
    )
    if (role === 'user') readUser(blocks, at, uses, walk)
    uses = role === 'assistant' ? readAssistant(blocks, at, walk) : []
    if (role === 'system') readNote(blocks, at, walk)
  }
  insistAnswered(uses, [], `messages.${messages.length - 1}`)
  insist(
    last === 'user' || model.older,
    'This model does not support assistant message prefill. The conversation must end with a user message.',
  )
  insist(
    last === 'user' || !/\s$/.test(walk.parts.at(-1)!.text),
    'messages: final assistant content cannot end with trailing whitespace',
  )
}

function insistAnswered(uses: string[], answered: string[], at: string): void {
  const missing = uses.filter((id) => !answered.includes(id))
  insist(
    missing.length === 0,
    `${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  )
}

/** A system message between turns. */
function readNote(blocks: Json[], at: string, walk: Walk): void {
  for (const block of blocks) {
    insist(isObject(block) && block.type === 'text', `${at}.content: Input should be 'text'`)
    addPart(walk, readText(block.text, at), block)
  }
}

/** Tokens of what is not text. */
const mediaTokens: { [type: string]: number } = { image: 1600, document: 1500 }

function readUser(blocks: Json[], at: string, uses: string[], walk: Walk): void {
  const texts: string[] = []
  const answered: string[] = []
  walk.results = []
  for (const [index, block] of blocks.entries()) {
    const where = `${at}.content.${index}`
    insist(isObject(block), `${where}: Input should be an object`)
    const tokens = mediaTokens[String(block.type)]
    if (block.type === 'text') {
      texts.push(readText(block.text, where))
      addPart(walk, texts.at(-1)!, block)
    } else if (block.type === 'tool_result') {
      insist(texts.length === 0, `${at}: \`tool_result\` blocks must come first in the content`)
      const id = String(block.tool_use_id)
      insist(
        uses.includes(id),
        `${where}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      )
      answered.push(id)
      walk.results.push(resultText(block.content, where))
      addPart(walk, walk.results.at(-1)!, block)
    } else {
      insist(
        tokens !== undefined,
        `${where}: Input tag '${block.type}' found using 'type' does not match any of the expected tags: 'document', 'image', 'text', 'tool_result'`,
      )
      readSource(block.source, `${where}.${block.type}.source`)
      addPart(walk, JSON.stringify(block.source), block, tokens)
    }
  }
  insistAnswered(uses, answered, at)
  if (texts.length > 0) walk.text = texts.join('\n')
}

function readSource(source: Json | undefined, at: string): void {
  insist(isObject(source), `${at}: Field required`)
  const { type, url, data } = source
  if (type === 'url') {
    insist(/^https?:\/\//.test(String(url)), `${at}.url: Only HTTP(S) URLs are supported.`)
    return
  }
  insist(
    type === 'base64' || type === 'text',
    `${at}: Input tag '${type}' does not match any of the expected tags: 'base64', 'text', 'url'`,
  )
  insist(typeof source.media_type === 'string', `${at}.media_type: Field required`)
  insist(typeof data === 'string' && data !== '', `${at}.data: Field required`)
  insist(type === 'text' || /^[A-Za-z0-9+/]+=*$/.test(data), `${at}.data: invalid base64 data`)
}

function resultText(content: Json | undefined, at: string): string {
  if (content == null) return ''
  if (typeof content === 'string') return content
  insist(Array.isArray(content), `${at}.content: Input should be a valid list`)
  return content
    .map((block) => (isObject(block) && block.type === 'text' ? readText(block.text, at) : ''))
    .join('')
}

/** Gives the ids of the tools that this turn uses. */
function readAssistant(blocks: Json[], at: string, walk: Walk): string[] {
  const uses: string[] = []
  for (const [index, block] of blocks.entries()) {
    const where = `${at}.content.${index}`
    insist(isObject(block), `${where}: Input should be an object`)
    if (block.type === 'thinking') {
      const genuine = block.signature === signThinking(String(block.thinking), walk.seed)
      insist(genuine, `${where}: Invalid \`signature\` in \`thinking\` block`)
      addPart(walk, String(block.thinking), null)
    } else if (block.type === 'text') {
      addPart(walk, readText(block.text, where), block)
    } else {
      insist(
        block.type === 'tool_use',
        `${where}: Input tag '${block.type}' does not match any of the expected tags: 'text', 'thinking', 'tool_use'`,
      )
      insist(
        typeof block.name === 'string' && typeof block.id === 'string',
        `${where}.tool_use: Field required`,
      )
      insist(isObject(block.input), `${where}.tool_use.input: Input should be a valid dictionary`)
      uses.push(block.id)
      addPart(walk, JSON.stringify(block), block)
    }
  }
  const first = isObject(blocks[0]) ? blocks[0].type : null
  insist(
    !walk.thinking || uses.length === 0 || first === 'thinking',
    `${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  )
  return uses
}

/** What proves that thinking was written here: it depends on every letter of it. */
export function signThinking(thinking: string, seed: number): string {
  return Buffer.from(`sim:${seedFrom(thinking, seed)}:${thinking.length}`).toString('base64')
}
