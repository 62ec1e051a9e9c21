/**
 * A call while it is under way: what its upstream is doing, how long that may take, and every reason of our own to end
 * it: the client is gone, the key or its account was stopped, the server stops.
 */
import { costOf } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { Units } from '../base/units.ts'
import type { Key } from '../key/key.ts'
import type { Delivered, Outcome } from '../ledger/ledger.ts'
import { broken, ProviderError, refusalFor } from './failure.ts'
import type { Gateway } from './gateway.ts'
import type { HoldInHand } from './hold.ts'
import type { Exchange } from './http-client.ts'
import type { Note } from './running.ts'
import type { Ending } from './settle.ts'
import { leastTokens, promptTexts, type Tally } from './tally.ts'

export class ClientLeft extends Error {}

export interface Attempt {
  exchange: Exchange | null
  dueAt: number
  /** What the client has been sent at least: of a stream that waits for its hold to grow, less than was read. */
  sent: Tally['least']
  /** Why the call was ended from our side; no further channel is then tried. */
  ended: Error | null
  /** Ends the call: what waits for its upstream is rejected with `cause`. */
  end(cause: Error): void
  /** Called when the call is ended from our side. */
  onEnd: ((cause: Error) => void) | null
  /** Called once a second with the time, beside what is done for every call. */
  onTick: ((elapsed: number) => void) | null
  /** The call is over: nothing watches it any more. */
  leave(): void
}

export function beginAttempt(app: Gateway, hold: HoldInHand, signal: AbortSignal): Attempt {
  const lastAt = hold.startedAt + app.settings.totalMs
  let changes = app.keys.changes
  let noted = 0

  const attempt: Attempt = {
    exchange: null,
    dueAt: lastAt,
    sent: { output: 0, reasoning: 0 },
    ended: null,
    onEnd: null,
    onTick: null,
    end: (cause) => {
      if (attempt.ended !== null) return
      attempt.ended = cause
      attempt.exchange?.cancel(cause)
      attempt.onEnd?.(cause)
    },
    leave: () => {
      app.running.remove(watched)
      signal.removeEventListener('abort', onAbort)
    },
  }
  const onAbort = () => attempt.end(new ClientLeft('the client is gone'))

  /** A change of any key makes every call look once whether it was its own. */
  function seeKey(): void {
    if (changes === app.keys.changes) return
    changes = app.keys.changes
    Promise.resolve(app.keys.findByHash(hold.key.hash)).then(
      (key) => {
        const refusal = stopped(key)
        if (refusal !== null) attempt.end(refusal)
      },
      () => {},
    )
  }

  const watched = {
    get dueAt() {
      return Math.min(attempt.dueAt, lastAt)
    },
    onOverdue: () => {
      // It is the client's silence when nobody asks for what the upstream has said.
      if (attempt.exchange?.awaited === false)
        return attempt.end(new ClientLeft('the client takes nothing'))
      const cause = broken('the upstream took too long', 'timeout')
      if (app.clock.elapsed() >= lastAt) return attempt.end(cause)
      attempt.dueAt = lastAt
      attempt.exchange?.cancel(cause)
    },
    onSecond: (elapsed: number): Note | null => {
      seeKey()
      attempt.onTick?.(elapsed)
      attempt.exchange?.rest()
      const deltas = attempt.sent.output + attempt.sent.reasoning
      if (deltas === noted || hold.route === null) return null
      noted = deltas
      return noteOf(hold, attempt.sent)
    },
    onStop: () => attempt.end(new AppError('shutting_down')),
  }
  app.running.add(watched)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  return attempt
}

/** How a call that did not end well is settled: `delivered` says whether the client has seen anything of it. */
export function endingFor(cause: unknown, delivered: boolean): Ending {
  if (cause instanceof AppError) {
    const outcome: Outcome = delivered || cause.code === 'shutting_down' ? 'cut' : 'refused'
    return { outcome, status: cause.status, error: cause }
  }
  const { status } = refusalOf(cause)
  if (cause instanceof ClientLeft) return { outcome: 'client_left', status, error: cause }
  if (delivered) return { outcome: 'broken', status, error: cause }
  const own = cause instanceof ProviderError && ['request', 'policy'].includes(cause.failure.kind)
  return { outcome: own ? 'refused' : 'failed', status, error: cause }
}

/** What the client is told of any cause. */
export function refusalOf(cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  if (cause instanceof ProviderError) return refusalFor(cause)
  if (cause instanceof ClientLeft) return new AppError('client_left', { cause })
  return new AppError('internal_error', { cause })
}

function stopped(key: Key | null): AppError | null {
  if (key === null || key.state !== 'active') return new AppError('invalid_api_key')
  if (key.account.state === 'suspended') return new AppError('account_suspended')
  if (key.account.state === 'closed') return new AppError('account_closed')
  return null
}

/** What was surely delivered: input as reported, else no more than it can be, and no more output tokens than deltas sent. */
function noteOf(hold: HoldInHand, sent: Tally['least']): Note {
  const { tally, quote, call } = hold
  hold.leastInput ??= leastTokens(promptTexts(call))
  const units: Units = {
    ...(tally.reportedInput ?? { input: hold.leastInput }),
    ...sent,
  }
  const delivered: Delivered = {
    units,
    cost: String(costOf(units, quote.sell.rates)),
    buyCost: String(quote.buy === null ? 0n : costOf(units, quote.buy.rates)),
    channelId: hold.route?.channel.id ?? '',
  }
  return { id: hold.id, delivered: JSON.stringify(delivered) }
}
