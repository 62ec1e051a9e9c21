/**
 * Group commit on SQLite: every write that arrives in one turn of the event loop goes into one `BEGIN IMMEDIATE`, so one
 * fsync makes many calls durable. A write resolves once its batch is on disk. The callback is synchronous (one that
 * returns a promise is a bug: SQLite would commit at its first await) and may run twice: a batch first runs without
 * savepoints, since each copies every page that is touched below it and that doubles the cost of a call. A refusal that
 * changed nothing needs none. Only when a write fails half-way is the batch undone and run again with a savepoint each.
 */
import { type Database, SQLiteError } from 'bun:sqlite'
import { assert } from '../base/assert.ts'
import { AppError } from '../base/error.ts'

export type GroupCommit = <T>(run: () => T) => Promise<T>

interface Waiting {
  run: () => unknown
  resolve: (value: never) => void
  reject: (cause: unknown) => void
}
type Outcome = { value: unknown } | { cause: unknown }

/** More than this in one transaction would hold the first ones up. */
const largestBatch = 512

export function groupCommit(connection: Database): GroupCommit {
  const count = connection.prepare<{ n: bigint }, []>('SELECT total_changes() AS n')
  const changes = () => count.get()?.n
  const [begin, end] = ['BEGIN IMMEDIATE', 'COMMIT'].map((text) => connection.prepare(text))
  assert(begin && end, 'prepared')
  const waiting: Waiting[] = []
  let scheduled = false

  /** Null when a write failed half-way, or took the transaction with it (a full disk). */
  function runPlainly(batch: Waiting[]): Outcome[] | null {
    const outcomes: Outcome[] = []
    for (const one of batch) {
      const before = changes()
      const outcome = attempt(one)
      if ('cause' in outcome && (changes() !== before || !connection.inTransaction)) return null
      outcomes.push(outcome)
    }
    return outcomes
  }

  function runCarefully(one: Waiting): Outcome {
    connection.run('SAVEPOINT one')
    const outcome = attempt(one)
    if ('cause' in outcome) {
      // A full disk may have rolled the whole transaction back; then there is no savepoint to go back to.
      if (!connection.inTransaction) throw outcome.cause
      connection.run('ROLLBACK TO one')
    }
    connection.run('RELEASE one')
    return outcome
  }

  function commit(batch: Waiting[]): Outcome[] {
    begin!.run()
    let outcomes = runPlainly(batch)
    if (outcomes === null) {
      if (connection.inTransaction) connection.run('ROLLBACK')
      begin!.run()
      outcomes = batch.map(runCarefully)
    }
    end!.run()
    return outcomes
  }

  function flush(): void {
    const batch = waiting.splice(0, largestBatch)
    scheduled = waiting.length > 0
    if (scheduled) setImmediate(flush)
    let outcomes: Outcome[]
    try {
      outcomes = commit(batch)
    } catch (cause) {
      if (connection.inTransaction) connection.run('ROLLBACK')
      outcomes = batch.map(() => ({ cause }))
    }
    for (const [at, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[at] as Outcome
      if ('cause' in outcome) reject(storageFailure(outcome.cause))
      else resolve(outcome.value as never)
    }
  }

  return (run) =>
    new Promise((resolve, reject) => {
      waiting.push({ run, resolve, reject })
      if (scheduled) return
      scheduled = true
      setImmediate(flush)
    })
}

function attempt({ run }: Waiting): Outcome {
  try {
    const value = run()
    assert(!(value instanceof Promise), 'a write callback must not be async')
    return { value }
  } catch (cause) {
    return { cause }
  }
}

/** Trouble with the disk or the file is never "no credit": 503, and the cause in the log. */
function storageFailure(cause: unknown): unknown {
  const code = cause instanceof SQLiteError ? (cause.code ?? '') : ''
  return /^SQLITE_(BUSY|FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|LOCKED|PROTOCOL)/.test(code)
    ? new AppError('storage_unavailable', { cause })
    : cause
}
