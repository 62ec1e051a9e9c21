/**
 * The calls that are under way, and the one timer that looks after them all: it ends an upstream that is past its time,
 * and once a second lets each call keep its client's connection alive, see whether its key was stopped, and note what it
 * delivered, so that a crash charges no more than that.
 */
export interface Running {
  readonly size: number
  add(one: Watched): void
  remove(one: Watched): void
  /** Ends everything that is still under way. */
  endAll(): void
  /** Resolves once nothing is under way. */
  idle(): Promise<void>
  stop(): void
}

export interface Note {
  id: string
  /** JSON of `Delivered`. */
  delivered: string
}

export interface Watched {
  /** When the upstream's time is up; moved with each byte. */
  dueAt: number
  onOverdue(): void
  /** Once a second; answers what to note, if anything is new. */
  onSecond(elapsed: number): Note | null
  onStop(): void
}

const sweepMs = 100

export function createRunning(elapsed: () => number, save: (notes: Note[]) => void): Running {
  const all = new Set<Watched>()
  let waiting: (() => void)[] = []
  let second = 0
  const timer = setInterval(() => {
    const at = elapsed()
    const isSecond = at - second >= 1000
    if (isSecond) second = at
    const notes: Note[] = []
    for (const one of all) {
      if (one.dueAt <= at) one.onOverdue()
      const note = isSecond ? one.onSecond(at) : null
      if (note !== null) notes.push(note)
    }
    if (notes.length > 0) save(notes)
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
    idle: () =>
      all.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    stop: () => clearInterval(timer),
  }
}
