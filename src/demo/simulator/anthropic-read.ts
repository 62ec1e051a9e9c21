/**
 * A messages request as Anthropic reads it: checked block by block, refused in Anthropic's words. Nothing unknown
 * passes, turns alternate, every tool use is answered in the next turn, and thinking comes back with its signature.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Prompt, Tool } from './answer.ts'
import { addPart, readMark, readText, readTurns, type Walk } from './anthropic-turns.ts'
import type { Part } from './cache.ts'
import { longestOutput, longestPrompt, type Model } from './models.ts'
import { insist, Refusal } from './refusal.ts'
import type { Desk } from './turn.ts'

export interface MessagesRequest {
  prompt: Prompt
  parts: Part[]
  stream: boolean
  /** Thinking is signed but not shown. */
  thinkingHidden: boolean
}

const fields = new Set(
  (
    'model messages max_tokens system stream stop_sequences tools tool_choice thinking ' +
    'metadata output_config service_tier cache_control container context_management mcp_servers inference_geo speed'
  ).split(' '),
)
/** Gone since the version of October 2026, even at their defaults. */
const samplingFields = new Set(['temperature', 'top_p', 'top_k'])
const efforts: { [effort: string]: number } = { low: 0.5, medium: 1, high: 2, xhigh: 3, max: 4 }
const mostMarks = 4

export function readMessages(body: JsonObject, model: Model, desk: Desk): MessagesRequest {
  const samples = desk.headers.get('anthropic-version') === '2023-06-01'
  for (const name of Object.keys(body)) {
    const known = fields.has(name) || (samples && samplingFields.has(name))
    insist(known, `${name}: Extra inputs are not permitted`)
  }
  const maxTokens = body.max_tokens
  insist(maxTokens !== undefined, 'max_tokens: Field required')
  insist(Number.isInteger(maxTokens), 'max_tokens: Input should be a valid integer')
  insist((maxTokens as number) >= 1, 'max_tokens: Input should be greater than or equal to 1')
  insist(
    (maxTokens as number) <= longestOutput,
    `max_tokens: ${maxTokens} > ${longestOutput}, which is the maximum allowed number of output tokens for ${model.name}`,
  )
  const stream = body.stream ?? false
  insist(typeof stream === 'boolean', 'stream: Input should be a valid boolean')
  const thinking = readThinking(body, model)
  checkSampling(body, model, thinking > 0)
  const tools = readTools(body.tools)
  const toolChoice = readToolChoice(body.tool_choice, tools)
  const forced = toolChoice !== 'auto' && toolChoice !== 'none'
  insist(thinking === 0 || !forced, 'Thinking may not be enabled when tool_choice forces tool use.')

  const walk: Walk = { parts: [], text: '', results: [], seed: desk.seed, thinking: thinking > 0 }
  for (const tool of (body.tools as JsonObject[] | undefined) ?? [])
    addPart(walk, JSON.stringify(tool), tool)
  readSystem(body.system, walk)
  readTurns(body.messages, model, walk)
  if (body.cache_control != null) walk.parts.at(-1)!.mark ??= readMark(body)
  const marks = walk.parts.filter((part) => part.mark !== null).length
  insist(
    marks <= mostMarks,
    `A maximum of ${mostMarks} blocks with cache_control may be provided. Found ${marks}.`,
  )
  const length = walk.parts.reduce((sum, part) => sum + part.tokens, 0)
  if (length > longestPrompt) {
    throw new Refusal('context', `prompt is too long: ${length} tokens > ${longestPrompt} maximum`)
  }
  return {
    prompt: {
      text: walk.text,
      results: walk.results,
      tools,
      toolChoice,
      parallelCalls: !(isObject(body.tool_choice) && body.tool_choice.disable_parallel_tool_use),
      schema: readFormat(body.output_config),
      maxTokens: maxTokens as number,
      stops: readStops(body.stop_sequences),
      thinking,
      // A forced call comes alone: the real one begins its answer with it.
      announcesCalls: toolChoice === 'auto',
    },
    parts: walk.parts,
    stream,
    thinkingHidden: isObject(body.thinking) && body.thinking.display === 'omitted',
  }
}

function checkSampling(body: JsonObject, model: Model, thinks: boolean): void {
  for (const name of ['temperature', 'top_p']) {
    const value = body[name]
    if (value == null) continue
    insist(typeof value === 'number', `${name}: Input should be a valid number`)
    insist(value >= 0 && value <= 1, `${name}: range: 0..1`)
  }
  insist(
    model.older || body.temperature == null || body.top_p == null,
    '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
  )
  insist(
    !thinks || (body.temperature ?? 1) === 1,
    '`temperature` may only be set to 1 when thinking is enabled.',
  )
}

/** Tokens of thinking asked for. */
function readThinking(body: JsonObject, model: Model): number {
  const thinking = body.thinking
  if (thinking == null) return 0
  insist(isObject(thinking), 'thinking: Input should be an object')
  if (thinking.type === 'disabled') return 0
  if (thinking.type === 'enabled') {
    const budget = thinking.budget_tokens
    insist(
      typeof budget === 'number' && budget >= 1024,
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    )
    insist(
      budget < (body.max_tokens as number),
      '`max_tokens` must be greater than `thinking.budget_tokens`.',
    )
    return model.thinking
  }
  insist(
    thinking.type === 'adaptive',
    "thinking: Input tag does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'",
  )
  insist(!model.older, 'adaptive thinking is not supported on this model')
  const { effort = 'medium' } = isObject(body.output_config) ? body.output_config : {}
  const scale = efforts[String(effort)]
  insist(
    scale !== undefined,
    "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
  )
  return Math.ceil(model.thinking * scale)
}

function readTools(tools: Json | undefined): Tool[] {
  if (tools == null) return []
  insist(Array.isArray(tools), 'tools: Input should be a valid list')
  return tools.map((tool, index) => {
    const at = `tools.${index}.custom`
    insist(isObject(tool), `${at}: Input should be an object`)
    const { name, input_schema: schema } = tool
    insist(
      typeof name === 'string' && /^[a-zA-Z0-9_-]{1,128}$/.test(name),
      `${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`,
    )
    insist(isObject(schema), `${at}.input_schema: Field required`)
    insist(schema.type === 'object', `${at}.input_schema.type: Input should be 'object'`)
    return { name, schema }
  })
}

function readToolChoice(choice: Json | undefined, tools: Tool[]): Prompt['toolChoice'] {
  if (choice == null) return 'auto'
  insist(isObject(choice), 'tool_choice: Input should be an object')
  insist(
    tools.length > 0 || choice.type === 'none',
    'tool_choice: may only be specified while providing tools',
  )
  if (choice.type === 'auto' || choice.type === 'none') return choice.type
  if (choice.type === 'any') return 'required'
  insist(
    choice.type === 'tool',
    "tool_choice: Input tag does not match any of the expected tags: 'auto', 'any', 'tool', 'none'",
  )
  insist(
    tools.some((tool) => tool.name === choice.name),
    `Tool '${choice.name}' not found in provided tools`,
  )
  return { name: String(choice.name) }
}

function readFormat(config: Json | undefined): JsonObject | null {
  const format = isObject(config) ? (config.format ?? null) : null
  if (format === null) return null
  insist(
    isObject(format) && format.type === 'json_schema' && isObject(format.schema),
    'output_config.format: expected a json_schema with its schema',
  )
  return format.schema
}

function readStops(stops: Json | undefined): string[] {
  if (stops == null) return []
  const right =
    Array.isArray(stops) && stops.every((stop) => typeof stop === 'string' && stop.trim() !== '')
  insist(right, 'stop_sequences: each stop sequence must contain non-whitespace')
  return stops as string[]
}

function readSystem(system: Json | undefined, walk: Walk): void {
  if (system == null) return
  const blocks = typeof system === 'string' ? [{ type: 'text', text: system }] : system
  insist(Array.isArray(blocks), 'system: Input should be a valid list')
  for (const [index, block] of blocks.entries()) {
    insist(isObject(block) && block.type === 'text', `system.${index}.type: Input should be 'text'`)
    addPart(walk, readText(block.text, `system.${index}`), block)
  }
}
