/**
 * Time and chance of a simulated run. While it holds, every clock, timer and random number of the runtime comes from the
 * seed: nothing waits, and the same seed happens again in the same order. Timers belong to the process that set them: a
 * crash drops them, so nothing of what was under way goes on. The world outside sleeps by `later`, which outlives a crash.
 */
import { newId } from '../../src/base/id.ts'
import { randomFrom } from '../money/draw.ts'

export interface Time {
  /** From the seed, for the world outside. */
  random(): number
  now(): number
  elapsed(): number
  /** The time of day jumps; what measures intervals does not. */
  jump(ms: number): void
  /** Resolves after so many simulated milliseconds. */
  later(ms: number): Promise<void>
  /** Runs what is due, one piece at a time, until `done` says so; looks for it between any two pieces. */
  runUntil(done: () => boolean): Promise<void>
  /** Forgets every timer of the process. */
  dropTimers(): void
}

interface Task {
  at: number
  order: number
  owner: 'process' | 'world'
  everyMs: number | null
  run(): void
}

const start = Date.UTC(2026, 0, 15, 12)
const mostPieces = 200_000
const real = {
  ...{ setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate },
}
const settled = () => new Promise<void>((resolve) => void real.setImmediate(resolve))

/** Runs `act` in simulated time; the runtime's own is back afterwards. */
export async function inSimulatedTime<T>(
  seed: number,
  act: (time: Time) => Promise<T>,
): Promise<T> {
  const random = randomFrom(seed)
  const chance = randomFrom(seed ^ 0x5eed)
  const tasks = new Map<number, Task>()
  let [at, jumped, made] = [0, 0, 0]

  function add(owner: Task['owner'], ms: number, run: () => void, everyMs: number | null = null) {
    const order = ++made
    tasks.set(order, { at: at + Math.max(ms, 0), order, owner, everyMs, run })
    return Object.assign(order, { unref: () => order, ref: () => order })
  }

  function next(): Task | null {
    let first: Task | null = null
    for (const task of tasks.values()) {
      if (first === null || task.at < first.at) first = task
    }
    return first
  }

  const time: Time = {
    random,
    now: () => start + Math.floor(at) + jumped,
    elapsed: () => at,
    jump: (ms) => {
      jumped += ms
    },
    later: (ms) => new Promise((resolve) => void add('world', ms, resolve)),
    runUntil: async (done) => {
      for (let pieces = 0; ; pieces++) {
        await settled()
        if (done()) return
        const task = next()
        if (task === null) throw new Error('nothing is left to happen, and it is not over')
        if (pieces > mostPieces) throw new Error('it does not come to an end')
        at = Math.max(at, task.at)
        if (task.everyMs === null) tasks.delete(task.order)
        else task.at = at + task.everyMs
        task.run()
      }
    },
    dropTimers: () => {
      for (const [order, { owner }] of tasks) if (owner === 'process') tasks.delete(order)
    },
  }

  const timer = (run: () => void, ms = 0) => add('process', ms, run)
  const clear = (one: unknown) => void tasks.delete(Number(one))
  const undo = [
    replace(globalThis, 'setTimeout', timer),
    replace(globalThis, 'setInterval', (run: () => void, ms = 0) => add('process', ms, run, ms)),
    replace(globalThis, 'setImmediate', (run: () => void) => add('process', 0, run)),
    ...['clearTimeout', 'clearInterval', 'clearImmediate'].map((name) =>
      replace(globalThis, name, clear),
    ),
    replace(Bun, 'sleep', (ms: number) => new Promise<void>((resolve) => void timer(resolve, ms))),
    replace(Date, 'now', time.now),
    replace(performance, 'now', time.elapsed),
    replace(Math, 'random', chance),
    replace(crypto, 'getRandomValues', (bytes: Uint8Array) => fill(bytes, chance)),
  ]
  try {
    refillIds(chance)
    return await act(time)
  } finally {
    for (const back of undo) back()
  }
}

function replace(on: object, name: string, by: unknown): () => void {
  const names = on as Record<string, unknown>
  const before = names[name]
  names[name] = by
  return () => {
    names[name] = before
  }
}

/** Ids keep chance for many of them: what is left of the run before is used up. */
function refillIds(chance: () => number): void {
  let refilled = false
  const back = replace(crypto, 'getRandomValues', (bytes: Uint8Array) => {
    refilled = true
    return fill(bytes, chance)
  })
  while (!refilled) newId('gen-', 0)
  back()
}

function fill(bytes: Uint8Array, chance: () => number): Uint8Array {
  for (let at = 0; at < bytes.length; at++) bytes[at] = chance() * 256
  return bytes
}
