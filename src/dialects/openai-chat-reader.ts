/**
 * Reads what an OpenAI-dialect provider answers, in one parse a frame. Providers differ (wire.md §5): here each frame is
 * set right in place, so that both the events and the frame itself (`raw`, for clients of the same dialect) follow
 * wire.md §3. Unknown fields stay.
 */
import { isCount, isObject, type Json, type JsonObject } from '../base/json.ts'
import type { SseFrame } from '../base/sse.ts'
import { mergeUsage } from './count.ts'
import type { CallEvent, Quirks, Read, Reader } from './dialect.ts'
import { broken, failureEvent, readErrorFrame } from './failure.ts'
import { closeMessage, flattenContent, objectAt, readFinish } from './openai-chat-quirks.ts'
import { endTools, type ToolState, trackTools } from './openai-chat-tools.ts'
import { readOpenaiUsage } from './openai-usage.ts'
import { parseJson } from './parse.ts'

interface ChoiceState {
  tools: ToolState[]
  finished: boolean
}

export class ChatReader implements Reader {
  readonly #quirks: Quirks
  readonly #choices = new Map<number, ChoiceState>()
  readonly #usage: JsonObject = {}
  #started = false
  #delivered = false
  #ended = false

  constructor(quirks: Quirks) {
    this.#quirks = quirks
  }

  frame(frame: SseFrame): Read {
    if (this.#ended) return { events: [], raw: null }
    if (frame.data === '[DONE]') return { events: [this.#finish()], raw: null }
    const chunk = parseJson(frame.data)
    if (!isObject(chunk)) return { events: [this.#fail('a frame is not an object')], raw: null }
    return this.#read(chunk, 'delta', frame.event === 'error')
  }

  reply(body: JsonObject): Read {
    const { events } = this.#read(body, 'message', false)
    if (!this.#ended) events.push(this.#finish())
    return { events, raw: events.at(-1)?.type === 'end' ? body : null }
  }

  end(): CallEvent[] {
    return this.#ended ? [] : [this.#finish()]
  }

  /** Some providers close without `[DONE]`: that is a good end once every choice has finished, and only then. */
  #finish(): CallEvent {
    if (!this.#complete()) return this.#fail('the answer ended without a finish_reason')
    this.#ended = true
    return { type: 'end' }
  }

  #complete(): boolean {
    for (const choice of this.#choices.values()) if (!choice.finished) return false
    return this.#choices.size > 0
  }

  #fail(message: string): CallEvent {
    this.#ended = true
    return failureEvent(broken(message))
  }

  #read(body: JsonObject, field: 'delta' | 'message', failed: boolean): Read {
    if (failed || (body.error !== undefined && body.error !== null)) {
      this.#ended = true
      return { events: [failureEvent(readErrorFrame(body))], raw: null }
    }
    const events: CallEvent[] = this.#started ? [] : [{ type: 'start' }]
    this.#started = true
    for (const [position, choice] of Array.isArray(body.choices) ? body.choices.entries() : []) {
      if (isObject(choice)) this.#readChoice(choice, position, field, body.id, events)
    }
    this.#readUsage(body, events)
    return { events, raw: this.#ended ? null : body }
  }

  #readChoice(
    choice: JsonObject,
    position: number,
    field: 'delta' | 'message',
    id: Json | undefined,
    events: CallEvent[],
  ): void {
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
    if (finish === 'failed') {
      events.push(this.#fail('a finish_reason says that it failed'))
      return
    }
    choice.finish_reason = state.finished ? null : finish
    if (finish === null || state.finished) return
    state.finished = true
    endTools(state.tools, said, index, events)
    if (field === 'message') closeMessage(said)
    events.push({ type: 'finish', choice: index, reason: finish })
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
    const usage = chunk.usage ?? (isObject(chunk.x_groq) ? chunk.x_groq.usage : null)
    if (!isObject(usage) || Object.keys(usage).length === 0) return
    mergeUsage(this.#usage, usage)
    const read = readOpenaiUsage(this.#usage, this.#quirks, this.#delivered)
    events.push({ type: 'usage', usage: read })
  }
}

const isText = (value: Json | undefined): value is string =>
  typeof value === 'string' && value !== ''
