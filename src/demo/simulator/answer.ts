/**
 * What the simulated model says: from a prompt, read out of either dialect, to an answer that either can write. The
 * same prompt always gets the same answer. Every piece is one token, and `maxTokens` is obeyed to the token.
 */
import { isObject, type JsonObject } from '../../base/json.ts'
import type { Units } from '../../base/units.ts'
import type { Model } from './models.ts'
import { sampleOf } from './schema.ts'
import { drawWords, seedFrom, tokenize } from './words.ts'

export interface Tool {
  name: string
  schema: JsonObject
}

export interface Prompt {
  /** What the last user turn says. */
  text: string
  /** Results of tools in the last turn. */
  results: string[]
  tools: Tool[]
  /** Whether a tool is called: as the text asks ("call the tool", "use get_weather"), never, any, or the one named. */
  toolChoice: 'auto' | 'none' | 'required' | { name: string }
  parallelCalls: boolean
  /** The JSON schema that the answer satisfies. */
  schema: JsonObject | null
  /** Output tokens of one choice, reasoning included. */
  maxTokens: number
  stops: string[]
  /** Tokens of reasoning wanted. */
  thinking: number
  /** Whether a tool call is announced in words first. */
  announcesCalls: boolean
}

export interface Answer {
  thoughts: string[]
  words: string[]
  calls: ToolCall[]
  finish: 'stop' | 'length' | 'tools' | 'refused' | 'filtered'
  /** The stop sequence that ended it. */
  stop: string | null
}

export interface ToolCall {
  /** Counts up within the answer; the dialect makes an id of it. */
  index: number
  name: string
  pieces: string[]
}

export function composeAnswer(prompt: Prompt, model: Model, seed: number): Answer {
  const seeded = seedFrom(prompt.text, seed)
  let room = prompt.maxTokens
  let cut = false
  const take = (pieces: string[]): string[] => {
    const taken = pieces.length > room ? pieces.slice(0, room) : pieces
    cut ||= taken.length < pieces.length
    room -= taken.length
    return taken
  }

  const thoughts = take(drawWords(prompt.thinking, seeded + 1, 'english'))
  const wanted = toolsToCall(prompt)
  const { pieces, stop } = stopAt(prompt.stops, compose(prompt, wanted, model, seeded))
  const words = take(pieces)
  const calls: ToolCall[] = []
  for (const [index, { name, schema }] of wanted.entries()) {
    if (room === 0) cut = true
    else calls.push({ index, name, pieces: take(argumentsFor(schema)) })
  }
  const done = calls.length > 0 ? 'tools' : finishOf(model)
  return { thoughts, words, calls, stop: cut ? null : stop, finish: cut ? 'length' : done }
}

function finishOf(model: Model): Answer['finish'] {
  if (model.content === 'refusal') return 'refused'
  return model.content === 'filtered' ? 'filtered' : 'stop'
}

function argumentsFor(schema: JsonObject): string[] {
  return tokenize(JSON.stringify(sampleOf(schema, schema)))
}

function toolsToCall({ tools, toolChoice, text, results, parallelCalls }: Prompt): Tool[] {
  if (tools.length === 0 || toolChoice === 'none') return []
  if (isObject(toolChoice)) return tools.filter((tool) => tool.name === toolChoice.name)
  const first = tools[0]!
  const asked = results.length === 0 ? /\b(?:call|use) ([\w-]+)/i.exec(text)?.[1] : undefined
  const named = tools.find((tool) => tool.name === asked)
  if (named) return [named]
  if (asked === 'two' && parallelCalls) return [first, tools[1] ?? first]
  const any = asked !== undefined && ['the', 'a', 'two'].includes(asked)
  return any || toolChoice === 'required' ? [first] : []
}

function compose(prompt: Prompt, calls: Tool[], model: Model, seed: number): string[] {
  if (model.content === 'refusal') return tokenize("I'm sorry, but I can't help with that.")
  const [call] = calls
  if (call) return prompt.announcesCalls ? tokenize(`I will call ${call.name}.`) : []
  if (prompt.schema) return tokenize(JSON.stringify(sampleOf(prompt.schema, prompt.schema)))
  const vocabulary = model.content === 'multibyte' ? 'multibyte' : 'english'
  const opening = vocabulary === 'english' ? tokenize(openingOf(prompt)) : []
  const length = model.tokens || opening.length + 16 + (seed % 16)
  if (length <= opening.length) return opening.slice(0, length)
  return opening.concat(drawWords(length - opening.length, seed, vocabulary))
}

function openingOf({ results, text }: Prompt): string {
  if (results.length > 0) return `The tool answered: ${results.join(' and ')}.`
  return `You said: ${text.slice(0, 80).toWellFormed().trim()}.`
}

function stopAt(stops: string[], pieces: string[]): { pieces: string[]; stop: string | null } {
  if (stops.length === 0) return { pieces, stop: null }
  const text = pieces.join('')
  let first = text.length
  let stop: string | null = null
  for (const candidate of stops) {
    const at = text.indexOf(candidate)
    if (at !== -1 && at < first) {
      first = at
      stop = candidate
    }
  }
  return stop === null ? { pieces, stop } : { pieces: tokenize(text.slice(0, first)), stop }
}

/** Tokens of answers, told apart. */
export function countAnswers(answers: readonly Answer[]): Units {
  let output = 0
  let reasoning = 0
  for (const { thoughts, words, calls } of answers) {
    reasoning += thoughts.length
    output += words.length
    for (const call of calls) output += call.pieces.length
  }
  return reasoning > 0 ? { output, reasoning } : { output }
}
