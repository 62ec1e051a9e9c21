/**
 * Counts tokens when no upstream did: of what was delivered, off the request's path, in a Worker that loads its tables
 * when first asked. Answers null when it cannot say in time; then the caller estimates.
 */
import { apart } from '../base/apart.ts'

export interface Counter {
  count(texts: string[]): Promise<number | null>
  close(): void
}

interface Waiting {
  resolve: (tokens: number | null) => void
  timer: ReturnType<typeof setTimeout>
}

/** On a machine that is overloaded it takes seconds to start. */
const patienceMs = 15_000
/** An idle Worker keeps 40 MB of tables. */
const idleMs = 60_000

export function createCounter(): Counter {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let idle: ReturnType<typeof setTimeout> | null = null
  let asked = 0

  function answer(id: number, tokens: number | null): void {
    const one = waiting.get(id)
    if (one === undefined) return
    clearTimeout(one.timer)
    waiting.delete(id)
    one.resolve(tokens)
    if (waiting.size === 0) {
      if (idle !== null) clearTimeout(idle)
      idle = setTimeout(close, idleMs)
      idle.unref()
    }
  }

  function close(): void {
    for (const id of [...waiting.keys()]) answer(id, null)
    if (idle !== null) clearTimeout(idle)
    worker?.terminate()
    worker = null
  }

  function start(): Worker {
    const started = new Worker(apart(new URL('./count-worker.ts', import.meta.url)), {
      smol: true,
      ref: false,
    })
    started.addEventListener('message', ({ data }: MessageEvent<{ id: number; tokens: number }>) =>
      answer(data.id, data.tokens),
    )
    started.addEventListener('error', close)
    return started
  }

  return {
    count: (texts) => {
      if (texts.length === 0) return Promise.resolve(0)
      worker ??= start()
      const id = asked++
      worker.postMessage({ id, texts })
      return new Promise((resolve) => {
        waiting.set(id, { resolve, timer: setTimeout(() => answer(id, null), patienceMs) })
      })
    },
    close,
  }
}
