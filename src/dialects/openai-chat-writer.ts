/**
 * Writes for clients that speak OpenAI's chat dialect. Frames of an upstream of the same dialect pass, renamed; events
 * of another dialect become frames. A stream ends with the usage (if asked) and `[DONE]`, or with one error frame that
 * has nothing but the error: one that also has choices is read as success by a large client (wire.md §3).
 */
import type { JsonObject } from '../base/json.ts'
import { sseFrame } from '../base/sse.ts'
import type { Call, CallEvent, Identity, Writer } from './dialect.ts'
import { joinEvents, openThinking, type Reasoning } from './openai-chat-reply.ts'
import { withField, writeChatUsage } from './openai-usage.ts'

const chunkName = 'chat.completion.chunk'
const done = sseFrame('[DONE]')

export function openChatWriter(call: Call, identity: Identity): Writer {
  const frame = (fields: JsonObject): JsonObject => ({
    id: identity.id,
    object: chunkName,
    created: identity.created,
    model: identity.model,
    ...fields,
  })
  const delta = openDeltas()
  return {
    pass: (raw) => (isBare(raw) ? '' : sseFrame(JSON.stringify(rename(raw, chunkName, identity)))),
    event(event) {
      const choice = delta(event)
      return choice === null ? '' : sseFrame(JSON.stringify(frame({ choices: [choice] })))
    },
    close: (bill) =>
      call.usageAsked
        ? sseFrame(withField(frame({ choices: [] }), 'usage', writeChatUsage(bill))) + done
        : done,
    fail: (error) => sseFrame(JSON.stringify(error)) + done,
    reply(raw, events, bill) {
      const whole = rename(raw ?? { choices: joinEvents(events) }, 'chat.completion', identity)
      return withField(whole, 'usage', writeChatUsage(bill))
    },
  }
}

/**
 * Set in place; usage is written by us alone, and what providers leave null in frames is left out. `undefined` is not
 * written, and is cheaper to set than a field is to delete.
 */
function rename(raw: JsonObject, object: string, identity: Identity): JsonObject {
  raw.id = identity.id
  raw.object = object
  raw.created ||= identity.created
  raw.model = identity.model
  raw.usage = undefined
  raw.x_groq = undefined
  raw.system_fingerprint ??= undefined
  return raw
}

/** What a frame without choices may have and yet say nothing: usage, and Azure's note on the prompt. */
const unsaid = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'x_groq', 'system_fingerprint'],
  ...['service_tier', 'obfuscation', 'prompt_filter_results'],
])

function isBare(raw: JsonObject): boolean {
  if (Array.isArray(raw.choices) && raw.choices.length > 0) return false
  return Object.keys(raw).every((name) => unsaid.has(name))
}

/** Turns events into choices; the first of each choice says the role. */
function openDeltas(): (event: CallEvent) => JsonObject | null {
  const started = new Set<number>()
  const closeThinking = openThinking()

  function say(event: CallEvent): JsonObject | null {
    switch (event.type) {
      case 'text':
        return { content: event.text }
      case 'refusal':
        return { refusal: event.text }
      case 'reasoning':
        return sayThinking(event, closeThinking(event))
      case 'tool': {
        const { index, id, name } = event
        return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }
      }
      case 'arguments':
        return { tool_calls: [{ index: event.index, function: { arguments: event.text } }] }
      case 'finish':
        return {}
      default:
        return null
    }
  }

  return (event) => {
    const said = say(event)
    if (said === null || !('choice' in event)) return null
    const first = !started.has(event.choice)
    started.add(event.choice)
    return {
      index: event.choice,
      delta: first ? { role: 'assistant', ...said } : said,
      finish_reason: event.type === 'finish' ? event.reason : null,
    }
  }
}

function sayThinking(event: Reasoning, detail: JsonObject | null): JsonObject {
  return {
    ...(event.text !== '' && { reasoning_content: event.text }),
    ...(detail !== null && { reasoning_details: [detail] }),
  }
}
