/**
 * An OpenAI chat request as a canonical conversation, read only when another dialect must be told it. What cannot be
 * carried over is refused by name; what may be left unsaid is listed in `ignored` (wire.md §5).
 */
import { isCount, isObject, type Json, type JsonObject } from '../base/json.ts'
import {
  type Chat,
  type Format,
  type Part,
  refuse,
  type TextPart,
  type Tool,
  type ToolChoice,
  type Turn,
  unsupported,
} from './chat.ts'
import { readCache, readParts, readText } from './openai-chat-parts.ts'
import { parseJson, textOf } from './parse.ts'

/** Fields that `Chat` or `Call` carries. Every other one is ignored, and said to be. */
const carried = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'temperature', 'top_p', 'stop'],
  ...['response_format', 'reasoning_effort', 'user', 'safety_identifier'],
])

export function readChat(body: JsonObject): Chat {
  refuseUntranslatable(body)
  const ignored = Object.keys(body).filter((name) => !carried.has(name) && body[name] !== null)
  const format = readFormat(body.response_format)
  if (format === null) ignored.push('response_format')
  const { system, turns } = readMessages(body.messages as JsonObject[])
  return {
    system,
    turns,
    tools: list(body, 'tools').map(readTool),
    toolChoice: readToolChoice(body.tool_choice),
    parallelTools: body.parallel_tool_calls !== false,
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    stop: readStop(body.stop),
    format: format ?? { type: 'text' },
    user: readString(body, 'safety_identifier') ?? readString(body, 'user'),
    effort: readString(body, 'reasoning_effort'),
    ignored,
  }
}

/** What would change the answer's meaning if it were left out. */
function refuseUntranslatable(body: JsonObject): void {
  if (isCount(body.n, 2))
    throw unsupported('n', 'This model gives one choice a request: n must be 1.')
  for (const name of ['functions', 'function_call', 'audio']) {
    if (body[name] !== undefined && body[name] !== null) {
      throw unsupported(name, `${name} is not supported by this model.`)
    }
  }
  if (Array.isArray(body.modalities) && body.modalities.some((name) => name !== 'text')) {
    throw unsupported('modalities', 'This model answers in text only.')
  }
}

/** Leading system and developer messages stay apart, in order; later ones keep their place. */
function readMessages(messages: JsonObject[]): { system: TextPart[]; turns: Turn[] } {
  const system: TextPart[] = []
  const turns: Turn[] = []
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`
    switch (message.role) {
      case 'system':
      case 'developer': {
        const parts = readText(message, at)
        if (turns.length === 0) system.push(...parts)
        else turns.push({ role: 'system', parts, at })
        break
      }
      case 'user':
        turns.push({ role: 'user', parts: readParts(message, at), at })
        break
      case 'assistant':
        turns.push({ role: 'assistant', parts: readAssistant(message, at), at })
        break
      case 'tool':
        turns.push({ role: 'user', parts: [readToolResult(message, at)], at })
        break
      default:
        throw unsupported(`${at}.role`, 'role must be system, developer, user, assistant or tool.')
    }
  }
  return { system, turns }
}

function readAssistant(message: JsonObject, at: string): Part[] {
  const parts: Part[] = [...readThinking(message, at), ...readText(message, at)]
  for (const [index, call] of list(message, 'tool_calls').entries()) {
    parts.push(readToolCall(call, `${at}.tool_calls[${index}]`))
  }
  return parts
}

/**
 * `reasoning_details` is where thinking travels with its signature, as OpenRouter does it: `{type: 'reasoning.text',
 * text, signature}` and `{type: 'reasoning.encrypted', data}`. Without a signature the provider could not verify it,
 * so thinking in clear alone is not sent back.
 */
function readThinking(message: JsonObject, at: string): Part[] {
  const parts: Part[] = []
  if (!Array.isArray(message.reasoning_details)) return parts
  for (const detail of message.reasoning_details) {
    if (!isObject(detail)) continue
    const { type, text, signature, data, format } = detail
    // OpenRouter says whose thinking it is; another provider's cannot be verified either.
    if (typeof format === 'string' && !format.startsWith('anthropic')) continue
    if (type === 'reasoning.text' && typeof signature === 'string' && signature !== '') {
      parts.push({ type: 'thinking', text: textOf(text), signature, at })
    } else if (type === 'reasoning.encrypted' && typeof data === 'string') {
      parts.push({ type: 'redacted', data, at })
    }
  }
  return parts
}

function readToolCall(call: Json, at: string): Part {
  const called = isObject(call) && isObject(call.function) ? call.function : null
  if (!isObject(call) || called === null) {
    throw unsupported(at, 'Only calls of functions are supported by this model.')
  }
  if (typeof call.id !== 'string' || typeof called.name !== 'string') {
    throw refuse(at, 'A tool call needs an id and a function name.')
  }
  const args = parseArguments(called.arguments)
  if (args === null) {
    throw refuse(
      `${at}.function.arguments`,
      `The arguments of call ${call.id} are not a JSON object.`,
    )
  }
  return {
    type: 'tool_call',
    id: call.id,
    name: called.name,
    arguments: args,
    cache: readCache(call),
    at,
  }
}

/** Models answer `""` where a tool takes nothing. */
function parseArguments(text: Json | undefined): JsonObject | null {
  if (text === undefined || text === null || text === '') return {}
  const json = parseJson(textOf(text))
  return isObject(json) ? json : null
}

function readToolResult(message: JsonObject, at: string): Part {
  if (typeof message.tool_call_id !== 'string') {
    throw refuse(`${at}.tool_call_id`, 'A tool message needs the id of the call it answers.')
  }
  const parts = readParts(message, at)
  const cache = parts.findLast((part) => part.cache !== null)?.cache ?? readCache(message)
  // A mark counts on the result as a whole.
  for (const part of parts) part.cache = null
  return { type: 'tool_result', id: message.tool_call_id, parts, cache, at }
}

function readTool(tool: Json, index: number): Tool {
  const at = `tools[${index}]`
  const made = isObject(tool) && isObject(tool.function) ? tool.function : null
  if (!isObject(tool) || made === null)
    throw unsupported(at, 'Only tools of type function are supported.')
  if (typeof made.name !== 'string') throw refuse(`${at}.function.name`, 'A function needs a name.')
  return {
    name: made.name,
    description: typeof made.description === 'string' ? made.description : null,
    schema: isObject(made.parameters) ? made.parameters : null,
    strict: typeof made.strict === 'boolean' ? made.strict : null,
    cache: readCache(tool) ?? readCache(made),
  }
}

function readToolChoice(choice: Json | undefined): ToolChoice | null {
  if (choice === undefined || choice === null) return null
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : null
  if (typeof named === 'string') return { name: named }
  throw unsupported('tool_choice', 'tool_choice must be auto, none, required or a named function.')
}

/** Null for a format that cannot be promised: `json_object` has no schema to hold the model to. */
function readFormat(format: Json | undefined): Format | null {
  if (format === undefined || format === null) return { type: 'text' }
  if (isObject(format)) {
    if (format.type === 'text') return { type: 'text' }
    if (format.type === 'json_object') return null
    const named = format.json_schema
    if (format.type === 'json_schema' && isObject(named) && isObject(named.schema)) {
      return { type: 'json_schema', schema: named.schema }
    }
  }
  throw refuse(
    'response_format',
    'response_format must be text, json_object or a json_schema with a schema.',
  )
}

function readStop(stop: Json | undefined): string[] {
  if (stop === undefined || stop === null) return []
  const texts = Array.isArray(stop) ? stop : [stop]
  if (texts.every((text) => typeof text === 'string')) return texts
  throw refuse('stop', 'stop must be a string or a list of strings.')
}

function readNumber(body: JsonObject, name: string): number | null {
  const value = body[name]
  if (value === undefined || value === null) return null
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw refuse(name, `${name} must be a number.`)
  return value
}

function readString(body: JsonObject, name: string): string | null {
  const value = body[name]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw refuse(name, `${name} must be a string.`)
  return value
}

function list(object: JsonObject, name: string): Json[] {
  const value = object[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw refuse(name, `${name} must be a list.`)
  return value
}
