/**
 * A chat completion request as OpenAI reads it: checked field by field, refused in OpenAI's words. Fields it does not
 * know pass, as on most compatible hosts; a model with the quirk `strict` refuses them, as OpenAI itself does.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Prompt, Tool } from './answer.ts'
import type { Part } from './cache.ts'
import { longestOutput, longestPrompt, type Model } from './models.ts'
import { readMessages, textPart } from './openai-messages.ts'
import { insist, Refusal } from './refusal.ts'

export interface ChatRequest {
  prompt: Prompt
  parts: Part[]
  choices: number
  stream: boolean
  usageAsked: boolean
}

const efforts: { [effort: string]: number } = {
  none: 0,
  minimal: 0,
  low: 0.5,
  medium: 1,
  high: 2,
  xhigh: 3,
}
const fields = new Set(
  (
    'model messages stream stream_options max_tokens max_completion_tokens temperature top_p n stop tools ' +
    'tool_choice parallel_tool_calls response_format reasoning_effort seed user safety_identifier metadata store ' +
    'logprobs top_logprobs logit_bias presence_penalty frequency_penalty prediction modalities audio verbosity ' +
    'service_tier prompt_cache_key prompt_cache_retention web_search_options functions function_call'
  ).split(' '),
)

export function readChat(body: JsonObject, model: Model): ChatRequest {
  if (model.quirks?.strict) {
    const unknown = Object.keys(body).find((name) => !fields.has(name))
    insist(unknown === undefined, `Unrecognized request argument supplied: ${unknown}`)
  }
  const stream = body.stream ?? false
  insist(typeof stream === 'boolean', "Invalid type for 'stream': expected a boolean.", 'stream')
  insist(
    stream || body.stream_options == null,
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    'stream_options',
  )
  checkSampling(body, model)
  const { messages, ...conversation } = readMessages(body.messages, model)
  const tools = readTools(body.tools)
  const parts = body.tools == null ? messages : [textPart(JSON.stringify(body.tools)), ...messages]
  const length = parts.reduce((sum, part) => sum + part.tokens, 0)
  if (length > longestPrompt) throw new Refusal('context', null, 'messages')
  const effort = efforts[String(body.reasoning_effort ?? 'medium')]
  insist(effort !== undefined, "Invalid value for 'reasoning_effort'.", 'reasoning_effort')
  return {
    prompt: {
      ...conversation,
      tools,
      toolChoice: readToolChoice(body.tool_choice, tools),
      parallelCalls: body.parallel_tool_calls !== false,
      schema: readFormat(body.response_format),
      maxTokens: readMaxTokens(body, model) ?? longestOutput,
      stops: readStops(body.stop),
      thinking: model.thinks ? Math.ceil(model.thinking * effort) : 0,
      announcesCalls: false,
    },
    parts,
    choices: readNumber(body, 'n', 1, 128, 'integer') ?? 1,
    stream,
    usageAsked: isObject(body.stream_options) && body.stream_options.include_usage === true,
  }
}

function checkSampling(body: JsonObject, model: Model): void {
  readNumber(body, 'temperature', 0, 2)
  readNumber(body, 'top_p', 0, 1)
  readNumber(body, 'presence_penalty', -2, 2)
  readNumber(body, 'frequency_penalty', -2, 2)
  if (!model.quirks?.noSampling) return
  for (const name of ['temperature', 'top_p']) {
    const words = `Unsupported value: '${name}' does not support ${body[name]} with this model. Only the default (1) value is supported.`
    if ((body[name] ?? 1) !== 1) throw new Refusal('parameter', words, name)
  }
}

function readMaxTokens(body: JsonObject, model: Model): number | null {
  const older = readNumber(body, 'max_tokens', 1, longestOutput, 'integer')
  const newer = readNumber(body, 'max_completion_tokens', 1, longestOutput, 'integer')
  if (older !== null && model.quirks?.noSampling) {
    const words =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    throw new Refusal('parameter', words, 'max_tokens')
  }
  insist(
    older === null || newer === null,
    "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    'max_tokens',
  )
  return newer ?? older
}

export function readNumber(
  body: JsonObject,
  name: string,
  least: number,
  most: number,
  kind: 'decimal' | 'integer' = 'decimal',
): number | null {
  const value = body[name] ?? null
  if (value === null) return null
  const right = typeof value === 'number' && (kind === 'decimal' || Number.isInteger(value))
  insist(right, `Invalid type for '${name}': expected a ${kind}.`, name)
  const words = `Invalid '${name}': expected a value >= ${least} and <= ${most}, but got ${value} instead.`
  insist(value >= least && value <= most, words, name)
  return value
}

function readTools(tools: Json | undefined): Tool[] {
  if (tools == null) return []
  insist(Array.isArray(tools) && tools.length > 0, "Invalid 'tools': empty array.", 'tools')
  return tools.map((tool, index) => {
    const param = `tools[${index}]`
    insist(
      isObject(tool) && tool.type === 'function',
      `Invalid value for '${param}.type': expected 'function'.`,
      param,
    )
    insist(isObject(tool.function), `Missing required parameter: '${param}.function'.`, param)
    const { name, parameters = {} } = tool.function
    insist(
      typeof name === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(name),
      `Invalid '${param}.function.name': string does not match pattern.`,
      param,
    )
    insist(isObject(parameters), `Invalid type for '${param}.function.parameters'.`, param)
    insist(
      !('type' in parameters) || parameters.type === 'object',
      `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"'.`,
      param,
    )
    return { name, schema: { type: 'object', ...parameters } }
  })
}

function readToolChoice(choice: Json | undefined, tools: Tool[]): Prompt['toolChoice'] {
  if (choice == null) return 'auto'
  insist(
    tools.length > 0 || choice === 'none',
    "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    'tool_choice',
  )
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : null
  insist(
    tools.some((tool) => tool.name === named),
    `Tool choice '${named}' not found in 'tools' parameter.`,
    'tool_choice',
  )
  return { name: String(named) }
}

function readFormat(format: Json | undefined): JsonObject | null {
  if (format == null) return null
  insist(isObject(format), "Invalid type for 'response_format'.", 'response_format')
  if (format.type === 'text') return null
  if (format.type === 'json_object') return { properties: { answer: { type: 'string' } } }
  insist(
    format.type === 'json_schema',
    "Invalid value for 'response_format.type'.",
    'response_format',
  )
  const { name, schema } = isObject(format.json_schema) ? format.json_schema : {}
  insist(
    typeof name === 'string',
    "Missing required parameter: 'response_format.json_schema.name'.",
    'response_format',
  )
  insist(
    isObject(schema),
    "Missing required parameter: 'response_format.json_schema.schema'.",
    'response_format',
  )
  return schema
}

function readStops(stop: Json | undefined): string[] {
  if (stop == null) return []
  const stops = Array.isArray(stop) ? stop : [stop]
  const right = stops.length <= 4 && stops.every((one) => typeof one === 'string' && one !== '')
  insist(right, "Invalid 'stop': expected at most four non-empty strings.", 'stop')
  return stops as string[]
}
