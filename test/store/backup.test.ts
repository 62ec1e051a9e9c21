/** The copy of a database that is being written: the file at leisure, then its log page by page, as SQLite itself would. */
import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { copyDatabase } from '../../src/store/backup.ts'
import { newDirectory } from '../helpers/database.ts'

/** A database whose log holds several commits, some of a grown and a shrunk file; closed as a crash leaves it. */
function newCrashed(pageBytes: number): string {
  const directory = newDirectory()
  const path = join(directory, 'live.db')
  const db = new Database(path, { create: true })
  db.run(`PRAGMA page_size = ${pageBytes}`)
  db.run('PRAGMA journal_mode = WAL')
  db.run('PRAGMA wal_autocheckpoint = 0')
  db.run('CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)')
  const insert = db.prepare('INSERT INTO t (text) VALUES (?)')
  for (let nth = 0; nth < 300; nth++) insert.run('x'.repeat(nth * 7))
  db.run('PRAGMA wal_checkpoint(RESTART)')
  for (let nth = 0; nth < 40; nth++) insert.run(`later ${nth}`)
  db.run('DELETE FROM t WHERE id BETWEEN 50 AND 200')
  db.run('VACUUM')
  for (let nth = 0; nth < 5; nth++) insert.run(`last ${nth}`)
  const crashed = join(directory, 'crashed.db')
  for (const end of ['', '-wal']) copyFileSync(path + end, crashed + end)
  db.close()
  return crashed
}

const rowsOf = (path: string) => {
  const db = new Database(path)
  const rows = db.query('SELECT * FROM t ORDER BY id').values()
  const check = db.query('PRAGMA integrity_check').values()
  db.close()
  return { rows, check }
}

test.each([
  [512, 'whole', (_: string) => {}],
  [4096, 'whole', (_: string) => {}],
  [65536, 'whole', (_: string) => {}],
  [
    4096,
    'cut short within its last frame',
    (log: string) => truncateSync(log, readFileSync(log).length - 9000),
  ],
  [
    4096,
    'damaged near its end',
    (log: string) => {
      const bytes = readFileSync(log)
      bytes[bytes.length - 20_000]! ^= 1
      writeFileSync(log, bytes)
    },
  ],
  [4096, 'followed by rubbish', (log: string) => appendFileSync(log, Buffer.alloc(10_000, 7))],
  [4096, 'empty', (log: string) => truncateSync(log, 0)],
])(
  'with pages of %i bytes and a log that is %s, the copy is what SQLite makes of it',
  async (pageBytes, _, change) => {
    const path = newCrashed(pageBytes)
    change(`${path}-wal`)
    const copy = join(newDirectory(), 'copy.db')
    await copyDatabase(path, copy)
    const { rows, check } = rowsOf(copy)
    expect(check).toEqual([['ok']])
    expect(rows).toEqual(rowsOf(path).rows)
    expect(rows.length).toBeGreaterThan(0)
    expect(readdirSync(join(copy, '..'))).toEqual(['copy.db'])
  },
)
