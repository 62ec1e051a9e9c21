/**
 * Reads a state of the whole database that stays the same however long the reading takes, beside the writer or from
 * another process: on SQLite by a read-only connection of its own. A large answer comes in pages, and other work runs
 * between them.
 */
import { Database } from 'bun:sqlite'
import { setImmediate } from 'node:timers/promises'
import { releaseRead } from './release.ts'
import type { PostgresStore, SqliteStore } from './store.ts'

type Readable = Pick<SqliteStore, 'kind' | 'path'> | Pick<PostgresStore, 'kind' | 'connection'>

/** Rows are objects by column; integers are bigints. */
export interface Snapshot {
  kind: Readable['kind']
  rows<Row>(text: string): Promise<Row[]>
  pages<Row>(text: string): AsyncGenerator<Row[]>
}

const pageRows = 2000
const cacheKilobytes = 65_536

export async function readSnapshot<T>(
  store: Readable,
  run: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  if (store.kind === 'postgres') {
    return store.connection.begin('isolation level repeatable read read only', (tx) => {
      const rows = (text: string) => tx.unsafe(text)
      return run({ kind: 'postgres', rows, pages: (text) => fetchPages(rows, text) })
    })
  }
  const connection = new Database(store.path, { readonly: true, strict: true, safeIntegers: true })
  try {
    // Who reads everything comes back to the inner pages of every index.
    connection.run(`PRAGMA cache_size = -${cacheKilobytes}`)
    connection.run('BEGIN')
    return await run({
      kind: 'sqlite',
      rows: async <Row>(text: string) => connection.prepare<Row, []>(text).all(),
      pages: <Row>(text: string) => stepPages<Row>(connection, text),
    })
  } finally {
    // A closed connection lives on with its statements, and its open transaction would keep the WAL from shrinking.
    releaseRead(connection, store.path)
    connection.close()
  }
}

async function* stepPages<Row>(connection: Database, text: string): AsyncGenerator<Row[]> {
  let page: Row[] = []
  for (const row of connection.prepare<Row, []>(text).iterate()) {
    page.push(row)
    if (page.length < pageRows) continue
    yield page
    page = []
    await setImmediate()
  }
  yield page
}

async function* fetchPages<Row>(
  rows: (text: string) => Promise<Row[]>,
  text: string,
): AsyncGenerator<Row[]> {
  await rows(`DECLARE page NO SCROLL CURSOR FOR ${text}`)
  for (;;) {
    const page = await rows(`FETCH ${pageRows} FROM page`)
    yield page
    if (page.length < pageRows) break
  }
  await rows('CLOSE page')
}
