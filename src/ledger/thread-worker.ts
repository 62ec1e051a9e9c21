/** The thread that writes to SQLite: runs what `thread.ts` sends, each list of tasks in one group commit. */
import type { SQLQueryBindings } from 'bun:sqlite'
import { AppError } from '../base/error.ts'
import { openSqlite } from '../store/sqlite.ts'
import type { Statement, WritingSqliteStore } from '../store/store.ts'
import type { Ledger } from './ledger.ts'
import { sqliteLedger } from './sqlite.ts'
import type { Opening, SentStatement, Task, TaskOutcome } from './thread.ts'

declare const self: Worker

class Unmet extends Error {
  readonly place: number
  constructor(place: number) {
    super('a guarded statement touched no row')
    this.place = place
  }
}

self.onmessage = async ({ data }: MessageEvent<{ path: string; now: number }>) => {
  try {
    const store = await openSqlite(data.path, data.now)
    const run = runner(store, sqliteLedger(store))
    self.onmessage = async ({ data: tasks }: MessageEvent<Task[]>) => {
      const outcomes = await Promise.all(tasks.map((task) => run(task).then(done, failed)))
      self.postMessage(outcomes)
    }
    self.postMessage({ ready: true } satisfies Opening)
  } catch (cause) {
    self.postMessage({
      fatal: cause instanceof Error ? cause.message : String(cause),
    } satisfies Opening)
  }
}

function runner(store: WritingSqliteStore, ledger: Ledger): (task: Task) => Promise<unknown> {
  const { connection, commit } = store
  function write(statements: SentStatement[]): Promise<null> {
    return commit(() => {
      for (const [at, { sql, params, guarded }] of statements.entries()) {
        const { changes } = connection.query(sql).run(...(params as SQLQueryBindings[]))
        if (guarded && changes === 0) throw new Unmet(at)
      }
      return null
    })
  }
  return (task) => {
    if (task.verb === 'write') return write(task.statements)
    if (task.verb === 'close') return store.close()
    if (task.verb === 'transfer') return ledger.transfer(...task.args, task.beside.map(received))
    return (ledger[task.verb] as (...args: unknown[]) => Promise<unknown>)(...task.args)
  }
}

/** A statement as it came over: which one failed is told, and its own refusal is thrown there. */
function received({ guarded, ...built }: SentStatement, place: number): Statement {
  const statement = { toSQL: () => built }
  return guarded ? { guarded: statement, refuse: () => new Unmet(place) } : statement
}

function done(value: unknown): TaskOutcome {
  return { value }
}

function failed(cause: unknown): TaskOutcome {
  if (cause instanceof Unmet) return { guard: cause.place }
  if (!(cause instanceof AppError))
    return { failed: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }
  const { code, message, param, headers } = cause
  return { refused: { code, message, param, headers } }
}
