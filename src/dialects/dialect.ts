/**
 * A dialect is a wire protocol, spoken by clients and providers alike. Its file is pure: it sees only `base/` and its own
 * folder, no price, no key, no database; recorded bytes alone test it.
 *
 *   client's JSON  → readRequest  → Call      → writeRequest → upstream's JSON
 *   upstream bytes → Reader       → CallEvent → Writer       → client's bytes
 *
 * Four directions a dialect give every pair of client and provider. Where both sides speak the same one, the frames
 * themselves pass through (`Read.raw` → `Writer.pass`) and the events only meter.
 */
import type { AppError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import type { SseFrame } from '../base/sse.ts'
import type { Units } from '../base/units.ts'
import type { Chat } from './chat.ts'

export type DialectName = 'openai-chat' | 'openai-embeddings' | 'anthropic-messages'

export type ClientDialectName = Exclude<DialectName, 'anthropic-messages'>

/** What kind of work is asked for; only dialects of one kind are translated into each other. */
export type Kind = 'chat' | 'embeddings'

/** What a dialect must know to serve clients that speak it. */
export interface ClientDialect {
  name: ClientDialectName
  kind: Kind
  /** Reads and checks a client's request: everything that is priced, limited or routed by. Refuses with 400. */
  readRequest(body: JsonObject, bodyBytes: number): Call
  /** Writes for a client that speaks this dialect. One writer a call. */
  writer(call: Call, identity: Identity): Writer
}

/** What a dialect must know to use providers that speak it. */
export interface UpstreamDialect {
  name: DialectName
  kind: Kind
  /** Where an upstream serves it, below its base URL. */
  path: string
  /** Headers that this dialect wants beside the credential (`anthropic-version`). */
  headers: Record<string, string>
  /** How a credential is sent, where the provider has no way of its own. */
  auth: 'bearer' | 'x-api-key'
  /** Whether a request must limit its output; the gateway then names the model's maximum. */
  needsMaxOutput: boolean
  /** What to send to an upstream that speaks this dialect. Refuses with 400 what cannot be said in it. */
  writeRequest(call: Call, target: Target): Written
  /** Reads what an upstream answered. One reader a call. */
  reader(call: Call, target: Target): Reader
  /** An upstream's error reply, told apart. `body` is its text, at most 64 KB. */
  readError(status: number, body: string): Failure
}

/** A client's request, read. */
export interface Call {
  dialect: ClientDialectName
  model: string
  stream: boolean
  /** Whether the client asked for the usage chunk at the end of a stream. */
  usageAsked: boolean
  /** The client's own limit on output tokens a choice; null when it gave none. */
  maxOutput: number | null
  /** How many choices (`n`). */
  choices: number
  /** Bytes of the body without data URLs: an upper bound on the text, for the estimate. */
  textBytes: number
  /** Images, files and audio parts in the prompt. */
  images: number
  files: number
  /** Input tokens where the client sent tokens itself (embeddings by token id); else null. */
  inputTokens: number | null
  /** The client's JSON, whole; what passes through between equal dialects. */
  body: JsonObject
  /** The conversation in canonical form, read when a translation asks for it. Only for kind `chat`. */
  chat: () => Chat
}

/** Who will answer, as far as a dialect must know. */
export interface Target {
  /** The upstream's own name of the model. */
  model: string
  /** What is held for is what upstream is told: output tokens a choice. Null where nothing limits it. */
  maxOutput: number | null
  quirks: Quirks
}

/** How a provider, or a model, differs from its dialect. Data: a row in `catalog/provider.ts`, or an admin's. */
export interface Quirks {
  /** When an OpenAI-dialect stream reports usage. Default `asked`. */
  usageInStream?: 'asked' | 'always' | 'never'
  /** xAI: `completion_tokens` leaves reasoning out. */
  reasoningOutsideCompletion?: boolean
  /** Which field limits the output. Default `max_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  /** Request fields that this upstream refuses: dropped, and named in `x-kkai-ignored`. */
  rejects?: string[]
  /** `temperature` is clamped to 0..1 (Anthropic). */
  temperatureAtMostOne?: boolean
  /** `temperature` and `top_p` never together: `top_p` is dropped. */
  oneSamplingParameter?: boolean
  /** How `reasoning_effort` is said: Anthropic's adaptive effort, its token budget, or not at all. */
  thinking?: 'effort' | 'budget' | 'none'
  /** JSON schema output: the native field, or a forced tool on older models. */
  jsonSchema?: 'native' | 'tool'
  /** Whether a trailing assistant message (prefill) is accepted. Default true. */
  prefill?: boolean
  /** Whether a system message may stand between turns; else it is said as the user's text. Default false. */
  systemBetweenTurns?: boolean
  /** How the credential is sent. Default by dialect. */
  auth?: 'bearer' | 'x-api-key' | 'api-key'
  /** Appended to the URL: Azure's `api-version=…`. */
  query?: string
  /** Trains models on what it is sent: only for accounts that agreed to it [T5.2]. */
  trains?: boolean
}

export interface Written {
  body: JsonObject
  /** Names of the client's fields that this upstream cannot be told: `x-kkai-ignored`. */
  ignored: string[]
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

/** What happens while a call is answered, the same for every dialect. */
export type CallEvent =
  | { type: 'start' }
  | { type: 'text'; choice: number; text: string }
  /**
   * Thinking in clear. `signature` closes a block that must come back unchanged in a tool loop; `redacted` is a whole
   * block that only the upstream can read.
   */
  | { type: 'reasoning'; choice: number; text: string; signature?: string; redacted?: string }
  | { type: 'refusal'; choice: number; text: string }
  /** `index` counts tools from 0 within the choice. */
  | { type: 'tool'; choice: number; index: number; id: string; name: string }
  | { type: 'arguments'; choice: number; index: number; text: string }
  | { type: 'finish'; choice: number; reason: FinishReason }
  | { type: 'embeddings'; vectors: number[][] }
  /** Replaces what was reported before, field by field; frames are never added up. */
  | { type: 'usage'; usage: Usage }
  | { type: 'failure'; failure: Failure }
  /** The upstream said that it is done (`[DONE]`, `message_stop`, the whole JSON reply). */
  | { type: 'end' }

/** Measured use, in disjoint buckets. `plausible` is false when a count was negative, NaN, absurd or contradictory. */
export interface Usage {
  units: Units
  plausible: boolean
  /** What the provider says the call cost, in nano-USD: null where no call costs that, left out where it says nothing. */
  reportedCost?: bigint | null
}

/** Why an upstream did not answer as asked, and whose fault it is. */
export interface Failure {
  kind:
    | 'request' // the client's request is wrong: it sees the upstream's words, as 400
    | 'policy' // refused by the upstream's policy [T4.5]: the client sees it
    | 'credential' // our key or our credit there: operator's business, 502
    | 'missing' // the upstream does not know the model: operator's mistake, 502
    | 'limited' // it limits us: next channel, 503
    | 'overloaded' // 503
    | 'broken' // 5xx, nonsense, a connection lost
    | 'timeout'
  /** The upstream's words, for `request` and `policy`; else for the log only. */
  message: string
  param: string | null
  code: string | null
}

/** Reads one answer. Each method gives the events that the bytes complete. */
export interface Reader {
  /** One frame of a stream. */
  frame(frame: SseFrame): Read
  /** A whole JSON reply. */
  reply(body: JsonObject): Read
  /** The stream closed: without an end marker that is a `failure`, never a quiet stop. */
  end(): CallEvent[]
}

export interface Read {
  events: CallEvent[]
  /** The JSON that came, its provider's quirks made good, for `Writer.pass`; null for markers and failures. */
  raw: JsonObject | null
}

/** What the client is told an answer is: never the upstream's own ids and names. */
export interface Identity {
  id: string
  model: string
  /** Seconds since 1970. */
  created: number
}

/** Usage and its price as shown to the client. `cost` is a decimal number of USD, written as given. */
export interface Bill {
  units: Units
  /** USD as a decimal string; goes out as a JSON number. */
  cost: string
}

/** Writes one answer. Every method gives text to send, possibly empty. */
export interface Writer {
  /** Same dialect on both sides: the upstream's frame, with id, model and usage edited. `''` drops it. */
  pass(raw: JsonObject): string
  /** Another dialect upstream: an event's frames. */
  event(event: CallEvent): string
  /** The end of a good stream, after settlement: usage if asked, then the end marker. */
  close(bill: Bill): string
  /** The end of a broken stream: one error frame, then the end marker. */
  fail(error: AppError): string
  /** A whole JSON reply for a call that is not a stream: from `raw` where the dialects are equal, else from the events. */
  reply(raw: JsonObject | null, events: CallEvent[], bill: Bill): string
}
