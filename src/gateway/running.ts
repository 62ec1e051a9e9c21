/**
 * The calls that are under way, and the one clock that looks after them: ends an upstream that is past its time, keeps a
 * silent client connection alive, notes what was delivered so that a crash charges no more, and cuts the streams of a key
 * or an account that was stopped.
 */
import type { HoldInHand } from './hold.ts'

export interface Running {
  readonly size: number
  add(one: Watched): void
  remove(one: Watched): void
  /** Ends everything that is still running, for a graceful stop. */
  endAll(): void
  /** Resolves once nothing runs. */
  idle(): Promise<void>
  stop(): void
}

export interface Watched {
  hold: HoldInHand
  /** When the upstream's time is up; moved with each byte. */
  dueAt: number
  /** Past `dueAt`. */
  onOverdue(): void
  /** Once a second: the client's keep-alive, the note of progress, the account's state. */
  onSecond(now: number): void
  /** The server stops. */
  onStop(): void
}

const sweepMs = 100

export function createRunning(now: () => number): Running {
  const all = new Set<Watched>()
  let waiting: (() => void)[] = []
  let second = 0
  const timer = setInterval(() => {
    const at = now()
    const isSecond = at - second >= 1000
    if (isSecond) second = at
    for (const one of all) {
      if (one.dueAt <= at) one.onOverdue()
      else if (isSecond) one.onSecond(at)
    }
  }, sweepMs)
  timer.unref()

  return {
    get size() {
      return all.size
    },
    add: (one) => all.add(one),
    remove: (one) => {
      all.delete(one)
      if (all.size > 0) return
      for (const done of waiting) done()
      waiting = []
    },
    endAll: () => {
      for (const one of [...all]) one.onStop()
    },
    idle: () => (all.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    stop: () => clearInterval(timer),
  }
}
