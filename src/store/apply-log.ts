/**
 * Writes the pages of a write-ahead log into the copy of a database, a few at a time: SQLite would flush all of them at once,
 * and every commit of the server beside it would wait for that. The format is https://www.sqlite.org/walformat.html: what
 * follows the last whole commit, or is of an earlier round of the log, does not count.
 */
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'

const headBytes = 32
const frameHeadBytes = 24

interface Committed {
  pageBytes: number
  /** Of the database, after the last commit; 0: there was none. */
  pages: number
  /** Where the last content of each page stands in the log. */
  places: Map<number, number>
}

/** `flushed` is called after every step that is on the disk. */
export async function applyLog(
  path: string,
  target: number,
  { stepBytes, flushed }: { stepBytes: number; flushed: () => Promise<void> },
): Promise<void> {
  const log = readWhole(path)
  const { pageBytes, pages, places } = readCommitted(log)
  if (pages === 0) return
  let waiting = 0
  for (const [page, at] of [...places].sort(([a], [b]) => a - b)) {
    if (page > pages) continue
    writeSync(target, log, at, pageBytes, (page - 1) * pageBytes)
    waiting += pageBytes
    if (waiting < stepBytes) continue
    waiting = 0
    fdatasyncSync(target)
    await flushed()
  }
  ftruncateSync(target, pages * pageBytes)
  fdatasyncSync(target)
}

/** A log that starts over while it is read is read again: the beginning of one round alone would take pages back in time. */
function readWhole(path: string): Buffer {
  for (;;) {
    const log = readFileSync(path)
    const head = Buffer.alloc(Math.min(headBytes, log.length))
    const file = openSync(path, 'r')
    readSync(file, head, 0, head.length, 0)
    closeSync(file)
    if (head.equals(log.subarray(0, head.length))) return log
  }
}

function readCommitted(log: Buffer): Committed {
  const committed: Committed = { pageBytes: 0, pages: 0, places: new Map() }
  if (log.length < headBytes) return committed
  const sum = openSum((log.readUInt32BE(0) & 1) === 1)
  sum.add(log, 0, frameHeadBytes)
  if (!sum.is(log, frameHeadBytes)) return committed
  committed.pageBytes = log.readUInt32BE(8)
  const salts = log.subarray(16, 24)
  const frameBytes = frameHeadBytes + committed.pageBytes
  const open = new Map<number, number>()
  for (let at = headBytes; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break
    sum.add(log, at, 8)
    sum.add(log, at + frameHeadBytes, committed.pageBytes)
    if (!sum.is(log, at + 16)) break
    open.set(log.readUInt32BE(at), at + frameHeadBytes)
    const pages = log.readUInt32BE(at + 4)
    if (pages === 0) continue
    committed.pages = pages
    for (const [page, place] of open) committed.places.set(page, place)
    open.clear()
  }
  return committed
}

/** The log's running sum over pairs of 32-bit words, in the order of bytes that its head names. */
function openSum(bigEndian: boolean) {
  let [first, second] = [0, 0]
  return {
    add: (bytes: Buffer, from: number, length: number) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset + from, length)
      for (let at = 0; at < length; at += 8) {
        first = (first + view.getUint32(at, !bigEndian) + second) >>> 0
        second = (second + view.getUint32(at + 4, !bigEndian) + first) >>> 0
      }
    },
    is: (bytes: Buffer, at: number) =>
      bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second,
  }
}
