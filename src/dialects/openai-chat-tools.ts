/**
 * Tool calls as they stream in. Clients join the pieces by an integer index that counts from 0 within the choice;
 * providers leave it out (Gemini), start it at 1, give every call 0, or repeat names and ids. Every piece is set right
 * in place: the first has id, type and name, the later ones only arguments (wire.md §3).
 */
import { isCount, isObject, type Json, type JsonObject } from '../base/json.ts'
import type { CallEvent } from './dialect.ts'
import { objectAt } from './openai-chat-quirks.ts'
import { textOf } from './parse.ts'

export interface ToolState {
  id: string
  /** The provider's own index; null where it gave none. */
  theirs: number | null
  /** Whether arguments came, or none are due. */
  told: boolean
}

export function trackTools(
  tools: ToolState[],
  said: JsonObject,
  choice: number,
  answerId: Json | undefined,
  events: CallEvent[],
): void {
  const pieces = Array.isArray(said.tool_calls) ? said.tool_calls.filter(isObject) : []
  for (const piece of pieces) {
    const field = isObject(piece.custom) ? 'custom' : 'function'
    const called = objectAt(piece, field)
    const name = textOf(called.name)
    const known = findTool(tools, piece, name)
    const index = known === undefined ? tools.length : tools.indexOf(known)
    const tool = known ?? addTool(tools, piece, `call_${textOf(answerId)}_${choice}_${index}`)
    piece.index = index
    if (known === undefined) {
      Object.assign(piece, { id: tool.id, type: field })
      called.name = name
      events.push({ type: 'tool', choice, index, id: tool.id, name })
    } else {
      delete piece.id
      delete piece.type
      delete called.name
    }
    const text = readArguments(called, field === 'custom' ? 'input' : 'arguments')
    if (text === '') continue
    tool.told = true
    events.push({ type: 'arguments', choice, index, text })
  }
  if (pieces.length === 0) delete said.tool_calls
  else said.tool_calls = pieces
}

/** Which call a piece goes on with; undefined when it begins one. */
function findTool(tools: ToolState[], piece: JsonObject, name: string): ToolState | undefined {
  const id = typeof piece.id === 'string' && piece.id !== '' ? piece.id : null
  if (isCount(piece.index)) {
    const same = tools.findLast((tool) => tool.theirs === piece.index)
    // Another id under a known index, with a name, is another call.
    return same !== undefined && id !== null && id !== same.id && name !== '' ? undefined : same
  }
  if (id !== null) return tools.find((tool) => tool.id === id)
  return name === '' ? tools.at(-1) : undefined
}

function addTool(tools: ToolState[], piece: JsonObject, ownId: string): ToolState {
  const id = typeof piece.id === 'string' && piece.id !== '' ? piece.id : ownId
  const tool = {
    id,
    theirs: isCount(piece.index) ? piece.index : null,
    told: isObject(piece.custom),
  }
  tools.push(tool)
  return tool
}

/** Arguments as text; some providers send them parsed. */
function readArguments(called: JsonObject, field: 'arguments' | 'input'): string {
  const value = called[field]
  const text = isObject(value) ? JSON.stringify(value) : textOf(value)
  called[field] = text
  return text
}

/** When a choice ends, calls that were given no arguments get `{}`: clients parse what they joined. */
export function endTools(
  tools: ToolState[],
  said: JsonObject,
  choice: number,
  events: CallEvent[],
): void {
  for (const [index, tool] of tools.entries()) {
    if (tool.told) continue
    const pieces = Array.isArray(said.tool_calls) ? said.tool_calls : []
    said.tool_calls = pieces
    const open = pieces.find((piece) => isObject(piece) && piece.index === index)
    if (isObject(open)) objectAt(open, 'function').arguments = '{}'
    else pieces.push({ index, function: { arguments: '{}' } })
    events.push({ type: 'arguments', choice, index, text: '{}' })
  }
}
