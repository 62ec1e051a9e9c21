/** What one answer has delivered so far: the meter that reads a copy of every event. */
import { isObject, type Json } from '../base/json.ts'
import { completionTokens, promptTokens, type Units } from '../base/units.ts'
import type { Call, CallEvent, FinishReason, Usage } from '../dialects/dialect.ts'

const tokensPerByte = 0.35
/** Beyond this the delivered text is no longer kept for counting; its length still is. */
const longestKept = 4 * 1024 * 1024

/** Text by choice. */
type Kept = Map<number, KeptText>

/** Joined a block at a time: a string for each token would take ten times the room of its letters. */
class KeptText {
  readonly #blocks: string[] = []
  #pieces: string[] = []

  push(text: string): void {
    if (this.#pieces.push(text) < 256) return
    this.#blocks.push(this.#pieces.join(''))
    this.#pieces = []
  }

  get whole(): string {
    return this.#blocks.join('') + this.#pieces.join('')
  }
}

/** Tokens that the model can read and write at all, by the catalogue. */
export interface Most {
  input: number
  output: number
}

export class Tally {
  readonly #most: Most
  /** The upstream's own report, as far as it has come. */
  usage: Usage | null = null
  finish: FinishReason | null = null
  firstTokenAt: number | null = null
  /** Deltas with output; never more than tokens. */
  deltas = 0
  #thoughts = 0
  #bytes = 0
  readonly #text: Kept = new Map()
  readonly #reasoning: Kept = new Map()

  constructor(most: Most) {
    this.#most = most
  }

  see(events: readonly CallEvent[], now: number): void {
    for (const event of events) this.#see(event, now)
  }

  #see(event: CallEvent, now: number): void {
    if (event.type === 'usage') this.usage = this.#judge(event.usage)
    else if (event.type === 'finish') this.finish = event.reason
    else if (event.type === 'reasoning') this.#keep(this.#reasoning, event, event.text, now)
    else if (event.type === 'tool') this.#keep(this.#text, event, event.name, now)
    else if (event.type === 'text' || event.type === 'refusal' || event.type === 'arguments') {
      this.#keep(this.#text, event, event.text, now)
    }
  }

  /** More than the model can read or write is no measurement, however well-formed. */
  #judge(usage: Usage): Usage {
    const { units, plausible } = usage
    const { input, output } = this.#most
    const possible = promptTokens(units) <= input && completionTokens(units) <= output
    return { ...usage, plausible: plausible && possible }
  }

  #keep(kept: Kept, { choice }: { choice: number }, text: string, now: number): void {
    if (text === '') return
    this.firstTokenAt ??= now
    this.deltas += 1
    if (kept === this.#reasoning) this.#thoughts += 1
    this.#bytes += Buffer.byteLength(text)
    if (this.#bytes > longestKept) return
    const before = kept.get(choice)
    const keeping = before ?? new KeptText()
    if (before === undefined) kept.set(choice, keeping)
    keeping.push(text)
  }

  /** Whether anything that costs was delivered. */
  get delivered(): boolean {
    return this.deltas > 0
  }

  /** What was delivered at least: a delta is a token or more. */
  get least(): { output: number; reasoning: number } {
    return { output: this.deltas - this.#thoughts, reasoning: this.#thoughts }
  }

  /** An upper bound on the output tokens so far, for the hold. */
  get outputBound(): number {
    return Math.max(this.deltas, Math.ceil(this.#bytes * tokensPerByte))
  }

  /** Text and reasoning of each choice, for counting: mixed as they came they would be other tokens. */
  get texts(): { output: string[]; reasoning: string[] } {
    const joined = (kept: Kept) => [...kept.values()].map(({ whole }) => whole)
    return { output: joined(this.#text), reasoning: joined(this.#reasoning) }
  }

  /** What the upstream said went in, without what it said came out; null when it has not said. */
  get reportedInput(): Units | null {
    if (this.usage === null || !this.usage.plausible) return null
    const { output: _, reasoning: __, audio_out: ___, ...input } = this.usage.units
    return Object.keys(input).length > 0 ? input : null
  }
}

/** No tokenizer writes natural text in fewer tokens than one to so many bytes. */
const mostBytesPerToken = 8

/** What texts have of tokens at least, where they cannot be counted: nobody pays for more than was sent. */
export function leastTokens(texts: readonly string[]): number {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return Math.floor(bytes / mostBytesPerToken)
}

/** The words of a prompt, for counting: every text of its messages and tools, and no data URL. */
export function promptTexts(call: Call): string[] {
  const texts: string[] = []
  collect(call.body.messages ?? call.body.input, texts)
  if (call.body.tools) texts.push(JSON.stringify(call.body.tools))
  return texts
}

const structural = new Set([
  'role',
  'type',
  'cache_control',
  'url',
  'data',
  'file_data',
  'id',
  'tool_call_id',
  'detail',
  'format',
])

function collect(value: Json | undefined, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (Array.isArray(value)) for (const item of value) collect(item, texts)
  else if (isObject(value)) {
    for (const [name, item] of Object.entries(value))
      if (!structural.has(name)) collect(item, texts)
  }
}
