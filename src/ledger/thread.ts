/**
 * SQLite in a thread of its own: it runs the ledger and every other write (`thread-worker.ts`), so no call waits for
 * another's fsync. What is asked while a batch is under way goes with the next: the busier it is, the more calls share one
 * commit. Reads stay in this thread, on a read-only connection.
 */
import { apart } from '../base/apart.ts'
import { AppError, type ErrorCode, FatalError } from '../base/error.ts'
import { openReader } from '../store/reader.ts'
import type { Built, SqliteStore, Statement } from '../store/store.ts'
import type { Ledger, Movement } from './ledger.ts'

type Verb = keyof Ledger
export type Task =
  | { [V in Exclude<Verb, 'transfer'>]: { verb: V; args: Parameters<Ledger[V]> } }[Exclude<
      Verb,
      'transfer'
    >]
  | { verb: 'transfer'; args: [Movement, number]; beside: SentStatement[] }
  | { verb: 'write'; statements: SentStatement[] }
  | { verb: 'close' }

export interface SentStatement {
  sql: string
  params: unknown[]
  /** The whole write is refused when it touches no row. */
  guarded: boolean
}

export type TaskOutcome =
  | { value: unknown }
  | {
      refused: {
        code: ErrorCode
        message: string
        param: string | null
        headers: Record<string, string>
      }
    }
  /** A guarded statement touched no row: its place in the list. */
  | { guard: number }
  | { failed: string }

export type Opening = { ready: true } | { fatal: string }

interface Waiting {
  task: Task
  resolve: (value: unknown) => void
  reject: (cause: unknown) => void
}

/** `onDeath` is told when the thread dies of a bug: nothing can be written any more. */
export async function openThread(
  path: string,
  now: number,
  onDeath: (cause: unknown) => void,
): Promise<{ store: SqliteStore; ledger: Ledger }> {
  const worker = new Worker(apart(new URL('./thread-worker.ts', import.meta.url)), { ref: false })
  await open(worker, path, now)
  const ask = askThread(worker, onDeath)
  const { db, close } = await openReader(path, now)
  const call =
    <V extends Verb>(verb: V) =>
    (...args: Parameters<Ledger[V]>) =>
      ask({ verb, args } as Task) as ReturnType<Ledger[V]>
  return {
    ledger: {
      open: call('open'),
      extend: call('extend'),
      note: call('note'),
      resolve: call('resolve'),
      transfer: async (movement, now, beside = []) => {
        const sent = { verb: 'transfer', args: [movement, now], beside: beside.map(readStatement) }
        const booked = (await ask(sent as Task)) as boolean | number
        if (typeof booked === 'number') throw (beside[booked] as Exclude<Statement, Built>).refuse()
        return booked
      },
    },
    store: {
      kind: 'sqlite',
      path,
      db: db as SqliteStore['db'],
      write: async (build) => {
        const statements = build(db)
        const failed = (await ask({ verb: 'write', statements: statements.map(readStatement) })) as
          | number
          | null
        if (failed !== null) throw (statements[failed] as Exclude<Statement, Built>).refuse()
      },
      close: async () => {
        await ask({ verb: 'close' })
        await close()
        worker.terminate()
      },
    },
  }
}

function readStatement(statement: Statement): SentStatement {
  const guarded = 'guarded' in statement
  return { ...(guarded ? statement.guarded : statement).toSQL(), guarded }
}

function open(worker: Worker, path: string, now: number): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Opening>) =>
      'fatal' in data ? reject(new FatalError(data.fatal)) : resolve()
    worker.onerror = (event) =>
      reject(new FatalError(`The database's thread does not start: ${event.message}`))
    worker.postMessage({ path, now })
  })
}

function askThread(
  worker: Worker,
  onDeath: (cause: unknown) => void,
): (task: Task) => Promise<unknown> {
  let waiting: Waiting[] = []
  let underWay: Waiting[] = []
  let scheduled = false

  /** What else this turn of the event loop asks for goes with it; one batch at a time. */
  function schedule(): void {
    if (scheduled || underWay.length > 0 || waiting.length === 0) return
    scheduled = true
    setImmediate(send)
  }

  function send(): void {
    scheduled = false
    underWay = waiting
    waiting = []
    worker.postMessage(underWay.map(({ task }) => task))
  }

  worker.onmessage = ({ data }: MessageEvent<TaskOutcome[]>) => {
    const answered = underWay
    underWay = []
    for (const [at, one] of answered.entries()) settle(one, data[at] as TaskOutcome)
    schedule()
  }
  worker.onerror = (event) => {
    const cause = new AppError('storage_unavailable', { cause: event.message })
    for (const { reject } of [...underWay, ...waiting]) reject(cause)
    onDeath(event.message)
  }

  return (task) =>
    new Promise((resolve, reject) => {
      waiting.push({ task, resolve, reject })
      schedule()
    })
}

function settle({ resolve, reject }: Waiting, outcome: TaskOutcome): void {
  if ('value' in outcome) resolve(outcome.value)
  else if ('guard' in outcome) resolve(outcome.guard)
  else if ('failed' in outcome) reject(new Error(outcome.failed))
  else {
    const { code, ...detail } = outcome.refused
    reject(new AppError(code, detail))
  }
}
