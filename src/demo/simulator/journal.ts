/**
 * What the simulated provider received and sent: the truth that a gateway's ledger is compared with. Bounded: the
 * oldest entries go first. `totals` keeps no bodies; `off` keeps nothing.
 */
import type { JsonObject } from '../../base/json.ts'
import type { Units } from '../../base/units.ts'
import type { Dialect } from './turn.ts'
import { addUnits, type Reported } from './usage.ts'

export type JournalMode = 'full' | 'totals' | 'off'

export type Outcome =
  | 'open' // still being answered
  | 'complete' // all of the answer was handed to the socket
  | 'failed' // refused, or something else than an answer was sent
  | 'cut' // broken off by the provider
  | 'client-left'

export interface Entry {
  seq: number
  /** The id of the answer; null where there was no answer to give one. */
  id: string | null
  /** What the caller sent as `x-kkai-request-id`, else as `x-request-id`. */
  caller: string | null
  dialect: Dialect['name'] | null
  model: string | null
  stream: boolean
  /** What was received, in mode `full`. */
  body: JsonObject | null
  status: number
  /** Frames handed to the socket; a whole reply is one. */
  frames: number
  /** The usage as it was reported last; null when none left. */
  usage: Reported | null
  /** What was used, in truth: the prompt, and of the output what was handed to the socket. */
  delivered: Units
  outcome: Outcome
  startedAt: number
  endedAt: number | null
  /** When the client was noticed to have left. */
  cancelledAt: number | null
}

export interface Totals {
  requests: number
  outcomes: { [outcome in Outcome]?: number }
  delivered: Units
  /** Sums of what was reported, lies left out. */
  reported: { [name in keyof Reported]?: number }
}

const keptByMode = { full: 10_000, totals: 200_000, off: 0 }

export class Journal {
  readonly mode: JournalMode
  readonly #most: number
  #entries: Entry[] = []
  #totals = new Map<string, Totals>()
  #seq = 0

  constructor(mode: JournalMode, most: number | null = null) {
    this.mode = mode
    this.#most = most ?? keptByMode[mode]
  }

  /** Begins the entry of one request. */
  begin(caller: string | null, dialect: Entry['dialect']): Entry {
    const entry: Entry = {
      seq: ++this.#seq,
      id: null,
      caller,
      dialect,
      model: null,
      stream: false,
      body: null,
      status: 200,
      frames: 0,
      usage: null,
      delivered: {},
      outcome: 'open',
      startedAt: Date.now(),
      endedAt: null,
      cancelledAt: null,
    }
    if (this.#most > 0) this.#entries.push(entry)
    // Dropped by halves: dropping one at a time would move all the others each time.
    if (this.#entries.length >= 2 * this.#most) this.#entries = this.#entries.slice(-this.#most)
    return entry
  }

  /** Ends an entry, once: what comes later is not heard. */
  end(entry: Entry, outcome: Outcome): void {
    if (entry.outcome !== 'open') return
    entry.outcome = outcome
    entry.endedAt = Date.now()
    if (outcome === 'client-left') entry.cancelledAt = entry.endedAt
    if (this.mode !== 'off') this.#add(entry)
  }

  #add({ model, outcome, delivered, usage }: Entry): void {
    const name = model ?? ''
    let totals = this.#totals.get(name)
    if (!totals) {
      totals = { requests: 0, outcomes: {}, delivered: {}, reported: {} }
      this.#totals.set(name, totals)
    }
    totals.requests++
    totals.outcomes[outcome] = (totals.outcomes[outcome] ?? 0) + 1
    addUnits(totals.delivered, delivered)
    for (const bucket in usage) {
      const count = usage[bucket as keyof Reported]
      if (!Number.isInteger(count)) continue
      totals.reported[bucket as keyof Reported] =
        (totals.reported[bucket as keyof Reported] ?? 0) + (count as number)
    }
  }

  /** Entries after `since`, oldest first. */
  entries(since = 0, limit = Number.POSITIVE_INFINITY): Entry[] {
    const kept = this.#entries.slice(-this.#most)
    const from = kept.findIndex((entry) => entry.seq > since)
    return from === -1 ? [] : kept.slice(from, from + limit)
  }

  /** Sums of the requests that ended, by model. */
  totals(): { [model: string]: Totals } {
    return Object.fromEntries(this.#totals)
  }

  /** Forgets everything; sequence numbers go on. */
  clear(): void {
    this.#entries = []
    this.#totals.clear()
  }
}
