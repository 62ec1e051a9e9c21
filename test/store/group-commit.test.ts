/** Many writes, one transaction; each whole or not at all, whatever its neighbours do. */

import { Database } from 'bun:sqlite'
import { beforeEach, describe, expect, test } from 'bun:test'
import { AppError } from '../../src/base/error.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import { newDirectory, now } from '../helpers/database.ts'

let store: WritingSqliteStore
beforeEach(async () => {
  store = await openSqlite(`${newDirectory()}/kkai.db`, now)
  store.connection.run('CREATE TABLE note (text TEXT NOT NULL UNIQUE) STRICT')
})

const add = (text: string) => store.connection.query('INSERT INTO note VALUES (?)').run(text)
const notes = () => store.connection.query('SELECT text FROM note ORDER BY rowid').values().flat()
const outcome = (write: Promise<unknown>) =>
  write.then(
    (value) => value,
    (cause) => cause.code ?? cause.message,
  )

test('a write answers what its callback answered, and other connections see it', async () => {
  expect(await store.commit(() => add('a').changes)).toBe(1)
  const other = new Database(store.path, { readonly: true })
  expect(other.query('SELECT text FROM note').values()).toEqual([['a']])
})

describe('of three writes in one batch the second fails', () => {
  test.each([
    [
      'by a refusal after it wrote',
      () => {
        add('half')
        throw new AppError('insufficient_credits')
      },
      'insufficient_credits',
    ],
    [
      'by a refusal before it wrote',
      () => {
        throw new AppError('not_found')
      },
      'not_found',
    ],
    [
      'by a constraint after it wrote',
      () => {
        add('half')
        add('first')
      },
      'SQLITE_CONSTRAINT_UNIQUE',
    ],
    ['by being asynchronous', async () => add('half'), 'bug: a write callback must not be async'],
  ])('%s: it leaves nothing, and the others are kept', async (_, fail, words) => {
    const batch = [
      store.commit(() => add('first')),
      store.commit(fail),
      store.commit(() => add('third')),
    ]
    expect((await Promise.all(batch.map(outcome)))[1]).toBe(words)
    expect(notes()).toEqual(['first', 'third'])
  })
})

test('writes are applied in the order they came, far beyond one batch', async () => {
  const texts = Array.from({ length: 1500 }, (_, at) => `n${at}`)
  await Promise.all(texts.map((text) => store.commit(() => add(text))))
  expect(notes()).toEqual(texts)
})

test('a writer elsewhere that does not let go is storage trouble for the whole batch, and no refusal', async () => {
  store.connection.run('PRAGMA busy_timeout = 10')
  const other = new Database(store.path)
  other.run('BEGIN IMMEDIATE')
  const batch = [store.commit(() => add('a')), store.commit(() => add('b'))]
  expect(await Promise.all(batch.map(outcome))).toEqual([
    'storage_unavailable',
    'storage_unavailable',
  ])
  other.run('ROLLBACK')
  await store.commit(() => add('c'))
  expect(notes()).toEqual(['c'])
})

test.each([
  ['first', [2_000_000, 0]],
  ['second', [0, 2_000_000]],
])(
  'where the disk fills up at a write’s %s statement, only what was acknowledged is there, whole',
  async (_, sizes) => {
    store.connection.run('PRAGMA max_page_count = 150')
    const write = (name: string, lengths: number[]) =>
      store.commit(() => {
        for (const [at, length] of lengths.entries()) add(name + at + 'x'.repeat(length))
      })
    const names = ['a', 'b', 'c', 'd']
    const batch = names.map((name) => write(name, name === 'b' ? sizes : [0, 0]))
    const outcomes = await Promise.all(batch.map(outcome))
    expect(outcomes[1]).toBe('storage_unavailable')
    const acknowledged = names.filter((_, at) => outcomes[at] !== 'storage_unavailable')
    expect(notes()).toEqual(acknowledged.flatMap((name) => [`${name}0`, `${name}1`]))
  },
)
