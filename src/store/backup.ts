/**
 * Copies SQLite's file while another process writes it. A read transaction, held meanwhile, keeps the log from starting over
 * and newer pages out of the file: so the file, copied at leisure, and then the log as it has become (`apply-log.ts`), are
 * together the database as of some commit after the copy began. The copying is small steps, each brought to the disk before the next
 * and followed by a pause, since a large write that is flushed at once stalls every commit beside it (`VACUUM INTO` does).
 * Only in a process that does not write there: closing a file gives up every lock that its process has on it.
 */
import { Database } from 'bun:sqlite'
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { applyLog } from './apply-log.ts'
import { releaseRead } from './release.ts'

const stepBytes = 512 * 1024
const longestPauseMs = 20

/** Bytes, of all that is to be copied. */
export type OnCopied = (progress: { done: number; total: number }) => void

/** `target` is one file that needs no other, for its owner only. */
export async function copyDatabase(
  path: string,
  target: string,
  onCopied: OnCopied = () => {},
): Promise<void> {
  removeDatabase(target)
  const reader = new Database(path, { readonly: true, strict: true })
  const opened: number[] = []
  try {
    reader.run('BEGIN')
    // The transaction begins with its first read.
    reader.query('SELECT count(*) FROM sqlite_schema').get()
    const total = statSync(path).size
    const copy = await copyFile(path, target, opened, (done) => onCopied({ done, total }))
    const log = `${path}-wal`
    if (existsSync(log))
      await applyLog(log, copy, { stepBytes, flushed: () => pause(longestPauseMs) })
    releaseRead(reader, path)
  } finally {
    reader.close()
    for (const file of opened) closeSync(file)
  }
  const copy = new Database(target, { strict: true })
  // Of its head only: it needs no log from now on.
  copy.run('PRAGMA journal_mode = DELETE')
  copy.close()
}

async function copyFile(
  from: string,
  to: string,
  opened: number[],
  onCopied: (done: number) => void,
): Promise<number> {
  const [source, target] = [openSync(from, 'r'), openSync(to, 'wx', 0o600)]
  opened.push(source, target)
  const { size } = fstatSync(source)
  const step = Buffer.allocUnsafe(stepBytes)
  for (let at = 0; at < size; ) {
    const count = readSync(source, step, 0, Math.min(stepBytes, size - at), at)
    if (count === 0) break
    writeSync(target, step, 0, count, at)
    at += count
    const startedAt = performance.now()
    fdatasyncSync(target)
    onCopied(at)
    await pause(performance.now() - startedAt)
  }
  return target
}

const pause = (ms: number) => Bun.sleep(Math.min(ms, longestPauseMs))

/** Brings what can be brought into the file without making a writer wait; all of it where nobody else has it open. */
export function foldLog(path: string): void {
  const connection = new Database(path, { readwrite: true, strict: true })
  connection.run('PRAGMA wal_checkpoint(PASSIVE)')
  connection.close()
}

export function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true })
}
