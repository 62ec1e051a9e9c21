/** A whole reply in OpenAI's chat dialect, joined from the events of another one. */
import type { JsonObject } from '../base/json.ts'
import type { CallEvent } from './dialect.ts'

export type Reasoning = CallEvent & { type: 'reasoning' }

/**
 * Joins thinking, and gives each block as it closes, in the form in which a tool loop can send it back (see
 * `readThinking`): OpenRouter's `reasoning_details`. `index` counts the blocks, as Python's SDK needs it to join lists.
 */
export function openThinking(): (event: Reasoning) => JsonObject | null {
  const open = new Map<number, { text: string; index: number }>()
  return ({ choice, text, signature, redacted }) => {
    const block = open.get(choice) ?? { text: '', index: 0 }
    open.set(choice, block)
    block.text += text
    if (signature === undefined && redacted === undefined) return null
    const { index } = block
    open.set(choice, { text: '', index: index + 1 })
    if (redacted !== undefined) return { type: 'reasoning.encrypted', data: redacted, index }
    return { type: 'reasoning.text', text: block.text, signature, index }
  }
}

interface Joined {
  content: string | null
  refusal: string | null
  reasoning: string
  details: JsonObject[]
  tools: { id: string; name: string; arguments: string }[]
  finish: string | null
}

export function joinEvents(events: CallEvent[]): JsonObject[] {
  const choices: Joined[] = []
  const closeThinking = openThinking()
  for (const event of events) {
    if (!('choice' in event)) continue
    choices[event.choice] ??= open()
    const choice = choices[event.choice]!
    join(choice, event)
    const detail = event.type === 'reasoning' ? closeThinking(event) : null
    if (detail !== null) choice.details.push(detail)
  }
  return choices.map(writeChoice)
}

const open = (): Joined => ({
  content: null,
  refusal: null,
  reasoning: '',
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
    case 'reasoning':
      choice.reasoning += event.text
      return
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
