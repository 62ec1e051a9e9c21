/** The embedded store: traps of SQLite and of its driver, each closed (money.md §1), and how it stops. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FatalError } from '../../src/base/error.ts'
import { openStore } from '../../src/store/open.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import { newDirectory, now } from '../helpers/database.ts'

let store: WritingSqliteStore
beforeAll(async () => {
  store = await openSqlite(join(newDirectory(), 'data/kkai.db'), now)
  store.connection.run('CREATE TABLE till (amount INTEGER NOT NULL CHECK (amount >= 0)) STRICT')
})

describe('an amount', () => {
  const keep = (amount: unknown) => {
    store.connection.run('DELETE FROM till')
    store.connection.query('INSERT INTO till VALUES (?)').run(amount as bigint)
    return store.connection.query('SELECT amount FROM till').get()
  }

  test.each([0n, 2n ** 53n + 1n, 2n ** 63n - 1n])(
    'of %p comes back to the last digit',
    (amount) => {
      expect(keep(amount)).toEqual({ amount })
    },
  )

  test.each([
    ['beyond 64 bits', 2n ** 63n, 'out of range'],
    ['that is not a number', Number.NaN, 'NOT NULL'],
    ['that is missing', undefined, 'NOT NULL'],
    ['with a fraction', 1.5, 'cannot store REAL'],
    ['that is infinite', Number.POSITIVE_INFINITY, 'cannot store REAL'],
    ['that is text', 'ten', 'cannot store TEXT'],
    ['below zero', -1n, 'CHECK'],
  ])('%s is refused', (_, amount, words) => {
    expect(() => keep(amount)).toThrow(words)
  })

  test('that overflows in a sum is refused, not turned into a float', () => {
    keep(2n ** 63n - 1n)
    expect(() => store.connection.run('UPDATE till SET amount = amount + 1')).toThrow(
      'cannot store REAL',
    )
  })
})

test.each([
  ['journal_mode', 'wal'],
  ['synchronous', 2n],
  ['foreign_keys', 1n],
  ['trusted_schema', 0n],
])('%s is %p', (pragma, value) => {
  expect(Object.values(store.connection.query(`PRAGMA ${pragma}`).get() ?? {})).toEqual([value])
})

test('only its owner may read the data', () => {
  expect(statSync(store.path).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(store.path)).mode & 0o777).toBe(0o700)
})

describe('it stops with one sentence', () => {
  const refusal = (path: string) =>
    openStore(path, now).then(
      () => null,
      (cause) => cause,
    )

  test('when the database is newer than the program', async () => {
    const path = join(newDirectory(), 'kkai.db')
    const newer = await openSqlite(path, now)
    newer.connection.run("INSERT INTO migration (name, applied_at) VALUES ('9999_future', 0)")
    await newer.close()
    const cause = await refusal(path)
    expect(cause).toBeInstanceOf(FatalError)
    expect(cause.message).toBe(
      'This database was made by a newer version (it has 9999_future): start that version, or restore a backup made before the upgrade.',
    )
  })

  test.each([
    ['lies below a file', '/kkai.db', (at: string) => writeFileSync(at, '')],
    ['is a directory', '', (at: string) => mkdirSync(at)],
  ])('when the path %s', async (_, rest, prepare) => {
    const place = join(newDirectory(), 'place')
    prepare(place)
    const path = place + rest
    const cause = await refusal(path)
    expect(cause).toBeInstanceOf(FatalError)
    expect(cause.message).toStartWith(`The database ${path} cannot be opened for writing (`)
  })

  test('when the file is not a database', async () => {
    const path = join(newDirectory(), 'kkai.db')
    writeFileSync(path, 'x'.repeat(5000))
    const { message } = await refusal(path)
    expect(message).toStartWith(`${path} is not a database of this program. Is --data right?`)
  })
})
