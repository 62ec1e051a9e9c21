/**
 * The options of an Anthropic request: tools, thinking, sampling, output format. They exclude one another in ways that
 * differ by model, which `Quirks` says; what gives way is named in `ignored`.
 */
import type { JsonObject } from '../base/json.ts'
import { writeCache } from './anthropic-blocks.ts'
import type { Chat, Tool } from './chat.ts'
import type { Quirks } from './dialect.ts'

/** Stands for JSON output on models that cannot be held to a schema otherwise; its input is the answer. */
export const jsonToolName = 'kkai_json_output'

const leastBudget = 1024
const mostBudget = 32_000

/** What share of the output may be thought, for models with a token budget; OpenRouter's figures. */
const budgetShare = new Map([
  ['minimal', 0.1],
  ['low', 0.2],
  ['medium', 0.5],
  ['high', 0.8],
  ['xhigh', 0.95],
  ['max', 0.95],
])

export interface Limits {
  maxOutput: number
  /** False in a tool loop whose thinking the client did not send back: some models then refuse to think on. */
  mayThink: boolean
}

interface Options extends JsonObject {
  tools?: JsonObject[]
}

export function writeOptions(
  chat: Chat,
  quirks: Quirks,
  limits: Limits,
  ignored: string[],
): Options {
  const schema = chat.format.type === 'json_schema' ? chat.format.schema : null
  const byTool = schema !== null && quirks.jsonSchema === 'tool'
  const { tools, choice } = byTool ? writeJsonTool(chat, schema) : writeTools(chat)
  // A forced call and thinking exclude each other.
  const forced = choice?.type === 'any' || choice?.type === 'tool'
  const thinking = forced ? null : writeThinking(chat, quirks, limits)
  const output: JsonObject = {
    ...(quirks.thinking === 'effort' && writeEffort(chat)),
    ...(schema !== null && !byTool && { format: { type: 'json_schema', schema } }),
  }
  const heard = thinking !== null || output.effort !== undefined
  if (chat.effort !== null && !heard) ignored.push('reasoning_effort')
  const thinks = thinking !== null && thinking.type !== 'disabled'
  return {
    ...writeSampling(chat, quirks, thinks, ignored),
    ...(tools.length > 0 && { tools }),
    ...(choice !== null && { tool_choice: choice }),
    ...(thinking !== null && { thinking }),
    ...(Object.keys(output).length > 0 && { output_config: output }),
  }
}

interface Tools {
  tools: JsonObject[]
  choice: JsonObject | null
}

function writeTools(chat: Chat): Tools {
  const tools = chat.tools.map(writeTool)
  const unsaid = tools.length === 0 || (chat.toolChoice === null && chat.parallelTools)
  return { tools, choice: unsaid ? null : limitCalls(writeToolChoice(chat), chat) }
}

/** Beside tools of the client's own, the model may still choose one of those. */
function writeJsonTool(chat: Chat, schema: JsonObject): Tools {
  const description = 'Give the answer by calling this.'
  const tools = [
    ...chat.tools.map(writeTool),
    { name: jsonToolName, description, input_schema: schema },
  ]
  const alone = tools.length === 1 || chat.toolChoice === 'none'
  const choice = alone ? { type: 'tool', name: jsonToolName } : { type: 'any' }
  return { tools, choice: limitCalls(choice, chat) }
}

function writeTool(tool: Tool): JsonObject {
  return {
    name: tool.name,
    input_schema: tool.schema ?? { type: 'object', properties: {} },
    ...(tool.description !== null && { description: tool.description }),
    ...(tool.strict !== null && { strict: tool.strict }),
    ...writeCache(tool.cache),
  }
}

function writeToolChoice({ toolChoice }: Chat): JsonObject {
  if (toolChoice === null || toolChoice === 'auto') return { type: 'auto' }
  if (toolChoice === 'none') return { type: 'none' }
  return toolChoice === 'required' ? { type: 'any' } : { type: 'tool', name: toolChoice.name }
}

function limitCalls(choice: JsonObject, chat: Chat): JsonObject {
  if (chat.parallelTools || choice.type === 'none') return choice
  return { ...choice, disable_parallel_tool_use: true }
}

/** Null where nothing is said about it. */
function writeThinking({ effort }: Chat, quirks: Quirks, limits: Limits): JsonObject | null {
  if (effort === null || (quirks.thinking ?? 'none') === 'none') return null
  if (effort === 'none') return { type: 'disabled' }
  // Newer models leave their thinking out unless asked, and it is told as `reasoning_content`.
  if (quirks.thinking === 'effort') return { type: 'adaptive', display: 'summarized' }
  const share = Math.floor(limits.maxOutput * (budgetShare.get(effort) ?? 0.5))
  const budget = Math.min(mostBudget, Math.max(leastBudget, share))
  const fits = limits.mayThink && budget < limits.maxOutput
  return fits ? { type: 'enabled', budget_tokens: budget } : null
}

function writeEffort({ effort }: Chat): JsonObject {
  if (effort === null || effort === 'none') return {}
  return { effort: effort === 'minimal' ? 'low' : effort }
}

/** A model that thinks takes none of these. */
function writeSampling(chat: Chat, quirks: Quirks, thinks: boolean, ignored: string[]): JsonObject {
  const rejected = (name: string) => thinks || quirks.rejects?.includes(name) === true
  const sampling: JsonObject = {}
  if (chat.temperature !== null) {
    if (rejected('temperature')) ignored.push('temperature')
    else {
      sampling.temperature = quirks.temperatureAtMostOne
        ? Math.min(1, Math.max(0, chat.temperature))
        : chat.temperature
    }
  }
  if (chat.topP !== null) {
    const alone = !(quirks.oneSamplingParameter && sampling.temperature !== undefined)
    if (rejected('top_p') || !alone) ignored.push('top_p')
    else sampling.top_p = chat.topP
  }
  // Sequences of white space alone are refused.
  const stop = chat.stop.filter((text) => text.trim() !== '')
  if (stop.length < chat.stop.length) ignored.push('stop')
  if (stop.length > 0) sampling.stop_sequences = stop
  return sampling
}
