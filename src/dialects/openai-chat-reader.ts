/**
 * Reads what an OpenAI-dialect provider answers, in one parse a frame. Providers differ (wire.md §5): here each frame is
 * set right in place, so that both the events and the frame itself (`raw`, for clients of the same dialect) follow
 * wire.md §3. Unknown fields stay.
 */
import { isCount, isObject, type Json, type JsonObject } from '../base/json.ts'
import type { SseFrame } from '../base/sse.ts'
import { mergeUsage } from './count.ts'
import type { Call, CallEvent, Read, Reader, Target } from './dialect.ts'
import { broken, failureEvent, readErrorFrame } from './failure.ts'
import { flattenContent, objectAt, readFinish } from './openai-chat-quirks.ts'
import { dropToolIndexes, endTools, type ToolState, trackTools } from './openai-chat-tools.ts'
import { readOpenaiUsage } from './openai-usage.ts'

interface ChoiceState {
  tools: ToolState[]
  finished: boolean
}

export function openChatReader(_call: Call, target: Target): Reader {
  return new ChatReader(target)
}

class ChatReader implements Reader {
  readonly #target: Target
  readonly #choices = new Map<number, ChoiceState>()
  readonly #usage: JsonObject = {}
  #started = false
  #delivered = false
  #ended = false

  constructor(target: Target) {
    this.#target = target
  }

  frame(frame: SseFrame): Read {
    if (this.#ended) return { events: [], raw: null }
    if (frame.data === '[DONE]') return { events: this.#finish(), raw: null }
    let chunk: unknown
    try {
      chunk = JSON.parse(frame.data)
    } catch {
      chunk = null
    }
    if (!isObject(chunk)) return this.#fail('a frame is not a JSON object')
    if (isError(chunk) || frame.event === 'error') return this.#failWith(chunk)
    const events: CallEvent[] = this.#started ? [] : [{ type: 'start' }]
    this.#started = true
    if (!this.#readChoices(chunk, 'delta', events))
      return this.#fail('a finish_reason says that it failed')
    return { events, raw: chunk }
  }

  reply(body: JsonObject): Read {
    if (isError(body)) return this.#failWith(body)
    const events: CallEvent[] = [{ type: 'start' }]
    if (!this.#readChoices(body, 'message', events))
      return this.#fail('a finish_reason says that it failed')
    if (!this.#complete()) return this.#fail('a reply without finished choices')
    return { events: [...events, ...this.#finish()], raw: body }
  }

  end(): CallEvent[] {
    return this.#ended ? [] : this.#finish()
  }

  /** Some providers close without `[DONE]`: that is a good end once every choice has finished, and only then. */
  #finish(): CallEvent[] {
    this.#ended = true
    return this.#complete()
      ? [{ type: 'end' }]
      : [failureEvent(broken('the answer ended without a finish_reason'))]
  }

  #complete(): boolean {
    for (const choice of this.#choices.values()) if (!choice.finished) return false
    return this.#choices.size > 0
  }

  #fail(message: string): Read {
    this.#ended = true
    return { events: [failureEvent(broken(message))], raw: null }
  }

  #failWith(body: JsonObject): Read {
    this.#ended = true
    return { events: [failureEvent(readErrorFrame(body))], raw: null }
  }

  /** False when a choice says that the provider failed. */
  #readChoices(chunk: JsonObject, field: 'delta' | 'message', events: CallEvent[]): boolean {
    if (Array.isArray(chunk.choices)) {
      for (const [position, choice] of chunk.choices.entries()) {
        if (isObject(choice) && !this.#readChoice(choice, position, field, chunk.id, events))
          return false
      }
    }
    this.#readUsage(chunk, events)
    return true
  }

  #readChoice(
    choice: JsonObject,
    position: number,
    field: 'delta' | 'message',
    id: Json | undefined,
    events: CallEvent[],
  ): boolean {
    if (!isCount(choice.index)) choice.index = position
    const index = choice.index as number
    let state = this.#choices.get(index)
    const said = objectAt(choice, field)
    if (state === undefined) {
      state = { tools: [], finished: false }
      this.#choices.set(index, state)
      said.role = 'assistant'
    } else {
      said.role = undefined
    }

    const before = events.length
    this.#readText(said, index, events)
    if (said.tool_calls !== undefined) trackTools(state.tools, said, index, id, events)
    if (events.length > before) this.#delivered = true

    const finish = readFinish(choice.finish_reason, state.tools.length > 0)
    if (finish === 'failed') return false
    choice.finish_reason = state.finished ? null : finish
    if (finish === null || state.finished) return true
    state.finished = true
    endTools(state.tools, said, index, events)
    if (field === 'message') dropToolIndexes(said)
    events.push({ type: 'finish', choice: index, reason: finish })
    return true
  }

  #readText(said: JsonObject, choice: number, events: CallEvent[]): void {
    if (Array.isArray(said.content)) flattenContent(said)
    const reasoning = said.reasoning_content ?? said.reasoning
    if (isText(reasoning)) events.push({ type: 'reasoning', choice, text: reasoning })
    if (isText(said.content)) events.push({ type: 'text', choice, text: said.content })
    if (isText(said.refusal)) events.push({ type: 'refusal', choice, text: said.refusal })
    // The older form of a tool call: it passes as it is, and is counted as what it is made of.
    if (isObject(said.function_call) && isText(said.function_call.arguments)) {
      events.push({ type: 'arguments', choice, index: 0, text: said.function_call.arguments })
    }
  }

  /** On any frame, repeated, or in Groq's own field. */
  #readUsage(chunk: JsonObject, events: CallEvent[]): void {
    const usage = isObject(chunk.usage)
      ? chunk.usage
      : isObject(chunk.x_groq)
        ? chunk.x_groq.usage
        : null
    if (!isObject(usage) || Object.keys(usage).length === 0) return
    mergeUsage(this.#usage, usage)
    const read = readOpenaiUsage(this.#usage, this.#target.quirks, this.#delivered)
    events.push({ type: 'usage', usage: read })
  }
}

const isText = (value: Json | undefined): value is string =>
  typeof value === 'string' && value !== ''

const isError = (body: JsonObject): boolean => body.error !== undefined && body.error !== null
