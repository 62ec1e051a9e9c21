/**
 * What a model of the simulated provider is: a scenario (`scenarios.ts`) and the numbers that shape its answer. A name
 * takes those numbers as parameters, so that a test may shape any answer:
 *
 *   sim-chat@ttft=200,tps=50,tokens=1000       1,000 tokens, the first after 200 ms, then 50 a second
 *   demo/broken-stream@after=7                 the connection is reset after 7 tokens
 *   demo/broken-stream@byte=312                … after exactly 312 bytes of the body
 *   demo/flaky-3                               the same as demo/flaky@times=3
 *   gpt-5, claude-x, any-embed-y               a name of none of ours answers as sim-chat, or as sim-embed
 */
import type { Cause } from './refusal.ts'
import { scenarios } from './scenarios.ts'
import type { Bend } from './usage.ts'

/** What a parameter in a model's name may set. */
export interface Knobs {
  /** Milliseconds before anything is sent, the status included. */
  silence: number
  /** Milliseconds from the status to the first token. */
  ttft: number
  /** Tokens a second; 0 is as fast as the reader takes them. */
  tps: number
  /** How long the answer wants to be, in tokens; 0 is chosen by the prompt. `max_tokens` still cuts it. */
  tokens: number
  /** Tokens of reasoning before the answer, where the model reasons. */
  thinking: number
  /** Output tokens before `ending` happens. */
  after: number
  /** Body bytes before the connection is reset; 0 is never. */
  byte: number
  /** Bytes a write, so that reads are cut inside frames and characters; 0 is a whole frame. */
  chunk: number
  /** Megabytes of a bomb or of a huge frame. */
  mb: number
  /** How many attempts for one prompt are refused before one is answered; 0 is every one. */
  times: number
  /** The HTTP status of `html`. */
  status: number
  /** Seconds in `retry-after` of a refusal; 0 is no such header. */
  retry: number
  /** What a host that says its cost says: in percent of the list price. */
  cost: number
}

/** How a host that says it is compatible differs from OpenAI. */
export interface Quirks {
  /** Where a stream reports usage. Default: in a chunk of its own, when asked. */
  usageAt?: 'finish' | 'every' | 'groq' | 'never'
  /** The first chunk has no choices, and content filter results are everywhere. */
  contentFilter?: boolean
  /** Content is a list of parts. */
  contentParts?: boolean
  /** A tool call comes whole in one delta. */
  wholeCalls?: boolean
  /** Continuations of a tool call repeat an empty name. */
  emptyNames?: boolean
  /** Tool calls carry no index. */
  noToolIndex?: boolean
  /** The finish reason of a tool call is `stop`. */
  stopForTools?: boolean
  /** `completion_tokens` leaves reasoning out. */
  reasoningOutside?: boolean
  /** What the call cost stands in its usage: in dollars, or in xAI's ticks of 1e-10 of them. */
  costIn?: 'dollars' | 'ticks'
  /** In a tool loop the reasoning must come back. */
  wantsReasoning?: boolean
  /** The credential comes as `api-key`. */
  apiKeyHeader?: boolean
  /** `max_tokens`, `temperature` and `top_p` are refused: OpenAI's o-series. */
  noSampling?: boolean
  /** Unknown fields of a request are refused. */
  strict?: boolean
}

export interface Traits {
  /** One line for the documentation. */
  does: string
  kind?: 'embeddings'
  refuses?: Cause
  /** Instead of an answer. */
  body?: 'never' | 'html' | 'empty' | 'bomb' | 'huge' | 'redirect'
  /** What happens after `after` tokens. */
  ending?: 'reset' | 'close' | 'error' | 'stall' | 'malformed'
  usage?: Bend
  content?: 'refusal' | 'filtered' | 'multibyte'
  lines?: 'crlf' | 'comments'
  quirks?: Quirks
  /** Thinks before it answers, in OpenAI's dialect; in Anthropic's a model thinks when asked to. */
  thinks?: boolean
  /** An older model: in Anthropic's dialect it takes prefill, and `temperature` together with `top_p`. */
  older?: boolean
  /** Embeddings: always floats, whatever `encoding_format` says. */
  floatsOnly?: boolean
  /** Anthropic: `message_start` comes twice. */
  startsTwice?: boolean
  /** Anthropic: `message_start` says too little input; `message_delta` corrects it. */
  revisesInput?: boolean
}

export interface Scenario extends Traits, Partial<Knobs> {}

export interface Model extends Traits, Knobs {
  /** As the request named it, parameters included. */
  name: string
}

/** What every model reads and writes at most, in tokens. */
export const longestPrompt = 200_000
export const longestOutput = 128_000

const knobs: Knobs = {
  silence: 0,
  ttft: 0,
  tps: 0,
  tokens: 0,
  thinking: 12,
  after: 5,
  byte: 0,
  chunk: 0,
  mb: 64,
  times: 0,
  status: 200,
  retry: 0,
  cost: 100,
}

const parsed = new Map<string, Model>()

/** The model that a request names; null when there is none, or a parameter is not one. */
export function readModel(name: unknown): Model | null {
  if (typeof name !== 'string') return null
  const known = parsed.get(name)
  if (known) return known
  const model = parseModel(name)
  if (parsed.size > 1000) parsed.clear()
  if (model) parsed.set(name, model)
  return model
}

function parseModel(name: string): Model | null {
  const [base = '', parameters] = name.replace(/^(demo\/flaky)-(\d+)$/, '$1@times=$2').split('@')
  const scenario = Object.hasOwn(scenarios, base) ? scenarios[base]! : strange(base)
  if (scenario === null) return null
  const model: Model = { ...knobs, ...scenario, name }
  for (const parameter of parameters?.split(',') ?? []) {
    const [knob = '', value = ''] = parameter.split('=')
    if (!Object.hasOwn(knobs, knob) || !/^\d+(\.\d+)?$/.test(value)) return null
    model[knob as keyof Knobs] = Number(value)
  }
  return model
}

/** Any other provider's model is played too, so that a real catalogue can be tried; a name of ours must exist. */
function strange(name: string): Scenario | null {
  if (name === '' || /^(sim-|demo\/)/.test(name)) return null
  return scenarios[name.includes('embed') ? 'sim-embed' : 'sim-chat'] ?? null
}
