/**
 * Reads what an Anthropic-dialect provider answers, as a stream of typed events or one message. Two rules from the
 * field: `message_start` may come twice and `message_delta` revises, so the last value that is not null holds; and a
 * stream is complete only with `message_stop`.
 */
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import type { SseFrame } from '../base/sse.ts'
import { jsonToolName } from './anthropic-options.ts'
import { readMessagesUsage } from './anthropic-usage.ts'
import { mergeUsage } from './count.ts'
import type { CallEvent, FinishReason, Read, Reader } from './dialect.ts'
import { broken, failureEvent, readErrorFrame } from './failure.ts'
import { parseJson, textOf } from './parse.ts'

interface Block {
  type: Json | undefined
  /** Of a tool call: counts calls, not blocks; null for the tool that stands for JSON output. */
  tool: number | null
  input: JsonObject
  told: boolean
}

export class MessagesReader implements Reader {
  readonly #blocks = new Map<Json | undefined, Block>()
  readonly #usage: JsonObject = {}
  #started = false
  #tools = 0
  #delivered = false
  #stopReason: string | null = null
  #ended = false

  frame(frame: SseFrame): Read {
    if (this.#ended) return { events: [], raw: null }
    const event = parseJson(frame.data)
    if (!isObject(event)) return { events: this.#fail('a frame is not a JSON object'), raw: null }
    return { events: this.#read(event), raw: event.type === 'error' ? null : event }
  }

  reply(body: JsonObject): Read {
    if (body.type === 'error') return { events: this.#read(body), raw: null }
    if (body.type !== 'message' || !Array.isArray(body.content)) {
      return { events: this.#fail('a reply is not a message'), raw: null }
    }
    const blocks = body.content.filter(isObject).flatMap((block, index) => {
      return [...this.#openBlock(index, block), ...this.#closeBlock(index)]
    })
    const { stop_reason, usage } = body
    const events: CallEvent[] = [
      { type: 'start' },
      ...blocks,
      ...this.#revise({ stop_reason }, usage),
    ]
    return { events: [...events, ...this.#stop()], raw: body }
  }

  end(): CallEvent[] {
    return this.#ended ? [] : this.#fail('the stream closed before message_stop')
  }

  #read(event: JsonObject): CallEvent[] {
    switch (event.type) {
      case 'message_start': {
        const message = isObject(event.message) ? event.message : {}
        const start: CallEvent[] = this.#started ? [] : [{ type: 'start' }]
        this.#started = true
        return [...start, ...this.#revise({}, message.usage)]
      }
      case 'content_block_start':
        return isObject(event.content_block)
          ? this.#openBlock(event.index, event.content_block)
          : []
      case 'content_block_delta':
        return isObject(event.delta) ? this.#readDelta(event.index, event.delta) : []
      case 'content_block_stop':
        return this.#closeBlock(event.index)
      case 'message_delta':
        return this.#revise(isObject(event.delta) ? event.delta : {}, event.usage)
      case 'message_stop':
        return this.#stop()
      case 'error':
        this.#ended = true
        return [failureEvent(readErrorFrame(event))]
      default:
        // `ping`, and whatever is new: the protocol asks to skip it.
        return []
    }
  }

  #openBlock(index: Json | undefined, block: JsonObject): CallEvent[] {
    const { type, text, thinking, signature, data, id, name, input } = block
    const open: Block = { type, tool: null, input: isObject(input) ? input : {}, told: false }
    this.#blocks.set(index, open)
    if (type === 'tool_use' && name !== jsonToolName) {
      open.tool = this.#tools++
      this.#delivered = true
      return [{ type: 'tool', choice: 0, index: open.tool, id: textOf(id), name: textOf(name) }]
    }
    if (type === 'redacted_thinking') {
      return [{ type: 'reasoning', choice: 0, text: '', redacted: textOf(data) }]
    }
    return [
      ...this.#say('text', text),
      ...this.#say('reasoning', thinking),
      ...this.#sign(signature),
    ]
  }

  #readDelta(index: Json | undefined, delta: JsonObject): CallEvent[] {
    switch (delta.type) {
      case 'text_delta':
        return this.#say('text', delta.text)
      case 'thinking_delta':
        return this.#say('reasoning', delta.thinking)
      case 'signature_delta':
        return this.#sign(delta.signature)
      case 'input_json_delta':
        return this.#feed(this.#blocks.get(index), delta.partial_json)
      default:
        return []
    }
  }

  #closeBlock(index: Json | undefined): CallEvent[] {
    const block = this.#blocks.get(index)
    // Arguments that came with the block's start, or never came: `{}`.
    const whole = block !== undefined && !block.told ? JSON.stringify(block.input) : ''
    return this.#feed(block, whole)
  }

  /** Arguments of a call; of the tool that stands for JSON output they are the answer's text. */
  #feed(block: Block | undefined, text: Json | undefined): CallEvent[] {
    if (block?.type !== 'tool_use' || typeof text !== 'string' || text === '') return []
    block.told = true
    if (block.tool === null) return this.#say('text', text)
    return [{ type: 'arguments', choice: 0, index: block.tool, text }]
  }

  #say(type: 'text' | 'reasoning', text: Json | undefined): CallEvent[] {
    if (typeof text !== 'string' || text === '') return []
    this.#delivered = true
    return [{ type, choice: 0, text }]
  }

  #sign(signature: Json | undefined): CallEvent[] {
    if (typeof signature !== 'string' || signature === '') return []
    return [{ type: 'reasoning', choice: 0, text: '', signature }]
  }

  #revise(delta: JsonObject, usage: Json | undefined): CallEvent[] {
    if (typeof delta.stop_reason === 'string') this.#stopReason = delta.stop_reason
    if (!isObject(usage)) return []
    mergeUsage(this.#usage, usage)
    return [{ type: 'usage', usage: readMessagesUsage(this.#usage, this.#delivered) }]
  }

  #stop(): CallEvent[] {
    if (this.#stopReason === null) return this.#fail('the message stopped without a stop_reason')
    this.#ended = true
    return [{ type: 'finish', choice: 0, reason: this.#finish(this.#stopReason) }, { type: 'end' }]
  }

  #finish(reason: string): FinishReason {
    switch (reason) {
      case 'tool_use':
        // Only the tool that stands for JSON output was called: to the client that is an answer.
        return this.#tools > 0 ? 'tool_calls' : 'stop'
      case 'max_tokens':
      case 'model_context_window_exceeded':
        return 'length'
      case 'refusal':
        return 'content_filter'
      default:
        return 'stop'
    }
  }

  #fail(message: string): CallEvent[] {
    this.#ended = true
    return [failureEvent(broken(message))]
  }
}
