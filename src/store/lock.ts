/**
 * One process to a data directory. The lock is a transaction held open on a file of its own: the system drops it with the
 * process, however that dies, so there is nothing stale to clean up.
 */
import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FatalError } from '../base/error.ts'

export interface Lock {
  release(): void
}

/** Null when another process holds the directory. */
export function tryLock(directory: string): Lock | null {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const file = new Database(join(directory, 'lock'), { create: true, strict: true })
    try {
      file.run('PRAGMA locking_mode = EXCLUSIVE')
      file.run('BEGIN EXCLUSIVE')
    } catch (cause) {
      file.close()
      if (String(cause).includes('locked')) return null
      throw cause
    }
    return { release: () => file.close() }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    if (why.startsWith('EEXIST'))
      throw new FatalError(`${directory} is no directory. Name one with --data.`, 2, cause)
    throw new FatalError(
      `The data directory ${directory} cannot be written (${why}). Check its owner and free space.`,
      1,
      cause,
    )
  }
}

export function lock(directory: string): Lock {
  const held = tryLock(directory)
  if (held === null) {
    throw new FatalError(
      `The data directory ${directory} is in use by another process. Stop it first, or choose another directory with --data.`,
    )
  }
  return held
}
