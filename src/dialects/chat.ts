/**
 * A conversation in canonical form: what a client's request says, free of the dialect it came in. It carries what every
 * chat dialect can say or must refuse; whatever else the client sent is named in `ignored`. `at` is where a thing stood
 * in the client's JSON (`messages[3].content[0]`), so that a refusal can name it.
 */
import { AppError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'

export interface Chat {
  /** The system and developer messages before the first turn. */
  system: TextPart[]
  turns: Turn[]
  tools: Tool[]
  toolChoice: ToolChoice | null
  parallelTools: boolean
  temperature: number | null
  topP: number | null
  stop: string[]
  format: Format
  /** The client's own name of its user, in clear. */
  user: string | null
  effort: string | null
  ignored: string[]
}

export interface Turn {
  /** `system` where a system message stands between turns; `tool` parts are the user's. */
  role: 'system' | 'user' | 'assistant'
  parts: Part[]
  at: string
}

export type Part = TextPart | MediaPart | ThinkingPart | ToolCallPart | ToolResultPart

export interface TextPart {
  type: 'text'
  text: string
  cache: Cache | null
  at: string
}

export interface MediaPart {
  type: 'image' | 'file'
  /** The bytes in base64, or where they are; a URL is passed on and never fetched by us. */
  source: { mediaType: string; base64: string } | { url: string }
  name: string | null
  cache: Cache | null
  at: string
}

/** Thinking that must come back unchanged: in clear with its signature, or sealed. */
export type ThinkingPart =
  | { type: 'thinking'; text: string; signature: string; at: string }
  | { type: 'redacted'; data: string; at: string }

export interface ToolCallPart {
  type: 'tool_call'
  id: string
  name: string
  arguments: JsonObject
  cache: Cache | null
  at: string
}

export interface ToolResultPart {
  type: 'tool_result'
  id: string
  parts: (TextPart | MediaPart)[]
  cache: Cache | null
  at: string
}

/** A cache breakpoint: everything up to here may be reused. Only ever the client's own, who pays the write. */
export interface Cache {
  ttl: '5m' | '1h' | null
}

export interface Tool {
  name: string
  description: string | null
  /** JSON schema, whole. */
  schema: JsonObject | null
  strict: boolean | null
  cache: Cache | null
}

export type ToolChoice = 'auto' | 'none' | 'required' | { name: string }

export type Format = { type: 'text' } | { type: 'json_schema'; schema: JsonObject }

/** A refusal of one field of the client's. */
export function refuse(param: string, message: string): AppError {
  return new AppError('invalid_request', { param, message })
}

/** A refusal of a field that the model's provider cannot be told. */
export function unsupported(param: string, message: string): AppError {
  return new AppError('unsupported_parameter', { param, message })
}
