/** A whole reply in OpenAI's chat dialect, joined from the events of another one. */
import type { JsonObject } from '../base/json.ts'
import type { CallEvent } from './dialect.ts'

/**
 * A closed block of thinking, where a tool loop can send it back from (see `readThinking`): OpenRouter's
 * `reasoning_details`. `index` counts the blocks, as Python's SDK needs it to join lists. Null while a block is open.
 */
export function thinkingDetail(
  event: CallEvent & { type: 'reasoning' },
  text: string,
  index: number,
): JsonObject | null {
  if (event.redacted !== undefined)
    return { type: 'reasoning.encrypted', data: event.redacted, index }
  if (event.signature === undefined) return null
  return { type: 'reasoning.text', text, signature: event.signature, index }
}

interface Joined {
  content: string | null
  refusal: string | null
  reasoning: string
  thinking: string
  details: JsonObject[]
  tools: { id: string; name: string; arguments: string }[]
  finish: string | null
}

export function joinEvents(events: CallEvent[]): JsonObject[] {
  const choices: Joined[] = []
  for (const event of events) {
    if (!('choice' in event)) continue
    choices[event.choice] ??= open()
    join(choices[event.choice]!, event)
  }
  return choices.map(writeChoice)
}

const open = (): Joined => ({
  content: null,
  refusal: null,
  reasoning: '',
  thinking: '',
  details: [],
  tools: [],
  finish: null,
})

function join(choice: Joined, event: CallEvent): void {
  switch (event.type) {
    case 'text':
      choice.content = (choice.content ?? '') + event.text
      return
    case 'refusal':
      choice.refusal = (choice.refusal ?? '') + event.text
      return
    case 'reasoning': {
      choice.reasoning += event.text
      choice.thinking += event.text
      const detail = thinkingDetail(event, choice.thinking, choice.details.length)
      if (detail === null) return
      choice.details.push(detail)
      choice.thinking = ''
      return
    }
    case 'tool':
      choice.tools[event.index] = { id: event.id, name: event.name, arguments: '' }
      return
    case 'arguments': {
      const tool = choice.tools[event.index]
      if (tool) tool.arguments += event.text
      return
    }
    case 'finish':
      choice.finish = event.reason
  }
}

function writeChoice(choice: Joined, index: number): JsonObject {
  const message: JsonObject = {
    role: 'assistant',
    content: choice.content,
    refusal: choice.refusal,
  }
  if (choice.reasoning !== '') message.reasoning_content = choice.reasoning
  if (choice.details.length > 0) message.reasoning_details = choice.details
  if (choice.tools.length > 0) {
    message.tool_calls = choice.tools.map(({ id, ...called }) => ({
      id,
      type: 'function',
      function: called,
    }))
  }
  return { index, message, logprobs: null, finish_reason: choice.finish }
}
