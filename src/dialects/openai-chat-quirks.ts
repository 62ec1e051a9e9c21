/** How OpenAI-compatible providers say things differently, put into OpenAI's words. */
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import type { FinishReason } from './dialect.ts'
import { textOf } from './parse.ts'

/** Words for an end, in lower case. Unlisted ones mean `stop`: the provider did say that it ended. */
const finishWords = new Map<string, FinishReason | 'failed'>([
  ['length', 'length'],
  ['model_length', 'length'],
  ['max_tokens', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'function_call'],
  ['content_filter', 'content_filter'],
  ['safety', 'content_filter'],
  ['recitation', 'content_filter'],
  ['error', 'failed'],
  ['abort', 'failed'],
  ['insufficient_system_resource', 'failed'],
])

/** Null while the choice goes on. `called`: Gemini and others say stop though a tool was called. */
export function readFinish(
  reason: Json | undefined,
  called: boolean,
): FinishReason | 'failed' | null {
  if (typeof reason !== 'string' || reason === '') return null
  return finishWords.get(reason.toLowerCase()) ?? (called ? 'tool_calls' : 'stop')
}

/** The object under `name`, made where the provider left it out. */
export function objectAt(parent: JsonObject, name: string): JsonObject {
  const value = parent[name]
  if (isObject(value)) return value
  const made: JsonObject = {}
  parent[name] = made
  return made
}

/** Mistral's reasoning models send parts: thinking goes beside the text, as everyone else sends it. */
export function flattenContent(said: JsonObject): void {
  const parts = (said.content as Json[]).filter(isObject)
  const thinking = parts.filter((part) => part.type === 'thinking')
  if (thinking.length > 0) {
    said.reasoning_content = thinking.map((part) => joinText(part.thinking)).join('')
  }
  said.content = joinText(parts)
}

/** A whole message always has content, if null, and its calls stand in order without an index. */
export function closeMessage(message: JsonObject): void {
  message.content ??= null
  if (!Array.isArray(message.tool_calls)) return
  for (const call of message.tool_calls) if (isObject(call)) delete call.index
}

function joinText(parts: Json | undefined): string {
  if (!Array.isArray(parts)) return textOf(parts)
  return parts.map((part) => (isObject(part) ? textOf(part.text) : '')).join('')
}
