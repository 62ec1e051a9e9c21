/**
 * The end of a long read. While it lasted the log could only grow, and the writer's next commit would stop to bring all of it into
 * the file. So the reader does that, from its own thread or process: a writer that finds it at work leaves it to it.
 */
import { Database } from 'bun:sqlite'

export function releaseRead(reader: Database, path: string): void {
  // Open before the read ends: not even one commit should come between.
  const folder = openForWriting(path)
  reader.run('ROLLBACK')
  if (folder === null) return
  foldLog(folder)
  folder.close()
}

/** Brings what can be brought into the file without making a writer wait. Without the right to write it is left as it is. */
function foldLog(connection: Database): void {
  try {
    connection.run('PRAGMA wal_checkpoint(PASSIVE)')
  } catch {
    // The writer will.
  }
}

function openForWriting(path: string): Database | null {
  try {
    return new Database(path, { readwrite: true, strict: true })
  } catch {
    return null
  }
}
