/**
 * Group commit on SQLite: every write that arrives in one turn of the event loop goes into one `BEGIN IMMEDIATE`, each in
 * a savepoint of its own, so one fsync makes many calls durable. A write resolves once its batch is on disk. The callback
 * is synchronous: one that returns a promise is a bug, since SQLite would commit at its first await.
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

/** More than this in one transaction would hold the first ones up. */
const largestBatch = 512

export function groupCommit(connection: Database): GroupCommit {
  const [begin, commit, rollback, mark, release, undo] = [
    'BEGIN IMMEDIATE',
    'COMMIT',
    'ROLLBACK',
    'SAVEPOINT one',
    'RELEASE one',
    'ROLLBACK TO one',
  ].map((text) => connection.prepare(text))
  assert(begin && commit && rollback && mark && release && undo, 'prepared')
  const waiting: Waiting[] = []
  let scheduled = false

  function runOne(one: Waiting): (() => void) | null {
    mark!.run()
    try {
      const value = one.run()
      assert(!(value instanceof Promise), 'a write callback must not be async')
      release!.run()
      return () => one.resolve(value as never)
    } catch (cause) {
      // A full disk may have rolled the whole transaction back already; then there is no savepoint to go back to.
      if (!connection.inTransaction) throw cause
      undo!.run()
      release!.run()
      one.reject(storageFailure(cause))
      return null
    }
  }

  function flush(): void {
    const batch = waiting.splice(0, largestBatch)
    scheduled = waiting.length > 0
    if (scheduled) setImmediate(flush)
    try {
      begin!.run()
      const settled = batch.map(runOne)
      commit!.run()
      for (const settle of settled) settle?.()
    } catch (cause) {
      if (connection.inTransaction) rollback!.run()
      for (const one of batch) one.reject(storageFailure(cause))
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

/** Trouble with the disk or the file is never "no credit": 503, and the cause in the log. */
function storageFailure(cause: unknown): unknown {
  const code = cause instanceof SQLiteError ? (cause.code ?? '') : ''
  return /^SQLITE_(BUSY|FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|LOCKED|PROTOCOL)/.test(code)
    ? new AppError('storage_unavailable', { cause })
    : cause
}
