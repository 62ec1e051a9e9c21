/**
 * The messages of a chat completion request: every tool call is answered before anything else is said, and each kind
 * of content has its shape and its tokens.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Part } from './cache.ts'
import type { Model } from './models.ts'
import { insist } from './refusal.ts'
import { countTokens } from './words.ts'

/** What each message costs beside its text. */
const messageTokens = 4

const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'function']

export interface Conversation {
  messages: Part[]
  text: string
  results: string[]
}

export function readMessages(messages: Json | undefined, model: Model): Conversation {
  insist(Array.isArray(messages), "Missing required parameter: 'messages'.", 'messages')
  insist(messages.length > 0, "Invalid 'messages': empty array.", 'messages')
  const read: Conversation = { messages: [], text: '', results: [] }
  const unanswered = new Set<unknown>()
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`
    insist(isObject(message), `Invalid type for '${param}': expected an object.`, param)
    const role = message.role
    insist(roles.includes(String(role)), `Invalid value for '${param}.role'.`, `${param}.role`)
    if (role === 'tool') {
      const answers = unanswered.delete(message.tool_call_id)
      insist(
        answers,
        "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
        `${param}.role`,
      )
    } else {
      insistAnswered(unanswered)
      read.results = []
    }
    const part = readContent(message, param)
    if (role === 'tool') read.results.push(part.text)
    if (role === 'user') read.text = part.text
    if (role === 'assistant' && message.tool_calls != null) {
      const calls = JSON.stringify(message.tool_calls)
      part.text += calls
      part.tokens += countTokens(calls)
      for (const id of readCallIds(message, param, model)) unanswered.add(id)
    }
    read.messages.push(part)
  }
  insistAnswered(unanswered)
  return read
}

function insistAnswered(unanswered: Set<unknown>): void {
  insist(
    unanswered.size === 0,
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...unanswered].join(', ')}`,
    'messages',
  )
}

function readCallIds(message: JsonObject, param: string, model: Model): Json[] {
  const calls = message.tool_calls
  insist(Array.isArray(calls) && calls.length > 0, `Invalid '${param}.tool_calls'.`, param)
  insist(
    !model.quirks?.wantsReasoning || message.reasoning_content,
    `Missing 'reasoning_content' field in the assistant message at message index ${param}.`,
    param,
  )
  return calls.map((call) => {
    const called = isObject(call) && isObject(call.function) ? call.function : {}
    insist(
      typeof called.name === 'string' && called.name !== '',
      `Missing required parameter: '${param}.tool_calls[].function.name'.`,
      param,
    )
    insist(
      typeof called.arguments === 'string',
      `Invalid type for '${param}.tool_calls[].function.arguments': expected a string.`,
      param,
    )
    return (call as JsonObject).id ?? null
  })
}

function readContent(message: JsonObject, param: string): Part {
  const content = message.content ?? null
  if (typeof content === 'string') return textPart(content)
  if (content === null) {
    const mayBeEmpty = message.role === 'assistant' && (message.tool_calls || message.refusal)
    insist(
      mayBeEmpty,
      `Invalid value for '${param}.content': expected a string, got null.`,
      `${param}.content`,
    )
    return textPart('')
  }
  insist(Array.isArray(content), `Invalid type for '${param}.content'.`, `${param}.content`)
  const whole = textPart('')
  for (const piece of content) {
    const { text, tokens } = readPiece(piece, `${param}.content`)
    whole.text += text
    whole.tokens += tokens
  }
  return whole
}

/** Tokens of what is not text. */
const mediaTokens: { [type: string]: number } = { image_url: 765, input_audio: 100, file: 500 }

function readPiece(piece: Json, param: string): { text: string; tokens: number } {
  insist(isObject(piece), `Invalid type for '${param}'.`, param)
  if (piece.type === 'text' || piece.type === 'refusal') {
    const text = piece[piece.type]
    insist(typeof text === 'string', `Invalid type for '${param}[].text'.`, param)
    return { text, tokens: countTokens(text) }
  }
  const tokens = mediaTokens[String(piece.type)]
  insist(
    tokens !== undefined,
    `Invalid value: '${piece.type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.`,
    param,
  )
  if (piece.type !== 'image_url') return { text: '', tokens }
  const image = piece.image_url
  const url = isObject(image) ? String(image.url) : ''
  insist(
    /^(https?:\/\/|data:image\/)/.test(url),
    `Invalid '${param}': expected a valid image URL.`,
    param,
  )
  return { text: '', tokens: isObject(image) && image.detail === 'low' ? 85 : tokens }
}

export function textPart(text: string): Part {
  return { text, tokens: messageTokens + countTokens(text), mark: null }
}
