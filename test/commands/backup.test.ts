/** Backups: taken while the database is written, verified, put back; and what an upgrade keeps. */
import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrations } from '../../migrations/list.ts'
import { readDone } from '../../src/store/done.ts'
import { splitStatements } from '../../src/store/migrate.ts'
import { milestone } from '../../src/store/operator.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { kkai, kkaiJson, newData, spawnKkai, startKkai } from '../helpers/kkai.ts'
import { type Row, readRows } from '../helpers/releases.ts'

const at = (data: string) => ['--data', data]

/** A data directory with an account that has some dollars. */
async function newShop(): Promise<{ data: string; account: string }> {
  const data = newData()
  const made = await kkaiJson(['account', 'create', '--email', 'ann@example.com', ...at(data)])
  const account = made.account as string
  await kkaiJson(['credit', 'grant', account, '10', '--reason', 'test', ...at(data)])
  return { data, account }
}

const backedUp = async (data: string) => {
  const file = join(data, 'copy.db')
  await kkaiJson(['backup', file, ...at(data)])
  return file
}

test('a backup of a database that is written all the while is one commit of it, whole', async () => {
  const data = newData()
  const store = await openSqlite(join(data, 'kkai.db'), 1)
  const { connection, db } = store
  // So that the log is brought into the file while that is copied.
  connection.run('PRAGMA wal_autocheckpoint = 8')
  const set = (name: string, at: number) =>
    db
      .insert(milestone)
      .values({ name, at })
      .onConflictDoUpdate({ target: milestone.name, set: { at } })
  await store.write(() =>
    Array.from({ length: 300 }, (_, nth) =>
      db.insert(milestone).values({ name: `m${nth}`, at: 0, value: 'x'.repeat(100_000) }),
    ),
  )
  const file = join(data, 'copy.db')
  const child = spawnKkai(['backup', file, '--json', ...at(data)])
  let ended = false
  const exit = child.exited.then((code) => {
    ended = true
    return code
  })
  let written = 0
  while (!ended) {
    written++
    await store.write((db) => [
      set('first', written),
      db.update(milestone).set({ at: written }),
      set('last', written),
    ])
    await Bun.sleep(1)
  }
  expect(await exit).toBe(0)
  const copy = new Database(file, { readonly: true })
  const { least, most, count } = copy
    .query<{ least: number; most: number; count: number }, []>(
      'SELECT min(at) AS least, max(at) AS most, count(*) AS count FROM milestone',
    )
    .get()!
  expect(least).toBe(most)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(written)
  expect(count).toBe(302)
  copy.close()
  await store.close()
}, 60_000)

test('a backup is one file for its owner only, noted in the data directory', async () => {
  const { data } = await newShop()
  const file = await backedUp(data)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(data).filter((name) => name.startsWith('copy.db'))).toEqual(['copy.db'])
  expect(readDone(data, 'backup')).toMatchObject({ file, bytes: statSync(file).size })
  const { stdout } = await kkai(['backup', join(data, 'again.db'), ...at(data)])
  expect(stdout).toContain('The sealing key is not in it')
})

describe('a backup is refused', () => {
  test('when the file is there, and leaves it alone', async () => {
    const { data } = await newShop()
    const file = join(data, 'copy.db')
    writeFileSync(file, 'mine')
    expect(await kkai(['backup', file, ...at(data)])).toMatchObject({ exit: 2 })
    expect(await Bun.file(file).text()).toBe('mine')
  })
  test.each<[what: string, file: string, env: Record<string, string>, why: RegExp]>([
    ['without a database', 'copy.db', {}, /There is no database/],
    ['of PostgreSQL', 'copy.db', { KKAI_DATABASE: 'postgres://x/y' }, /pg_dump/],
  ])('%s', async (_, file, env, why) => {
    const ran = await kkai(['backup', file, ...at(newData())], env)
    expect(ran.exit).toBeGreaterThan(0)
    expect(ran.stderr).toMatch(why)
  })
  test('into a directory that is not there', async () => {
    const { data } = await newShop()
    const ran = await kkai(['backup', join(data, 'nowhere/copy.db'), ...at(data)])
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('could not be written') })
  })
  test('when its ledger does not add up', async () => {
    const { data } = await newShop()
    const connection = new Database(join(data, 'kkai.db'))
    connection.run("UPDATE account SET credits_posted = credits_posted + 1 WHERE kind <> 'house'")
    connection.close()
    const ran = await kkai(['backup', join(data, 'copy.db'), ...at(data)])
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('counters') })
    expect(readdirSync(data).filter((name) => name.startsWith('copy.db'))).toEqual([])
  })
})

describe('restore', () => {
  test('brings an account back as it was, and keeps what was there', async () => {
    const { data, account } = await newShop()
    const file = await backedUp(data)
    await kkaiJson(['credit', 'grant', account, '5', '--reason', 'later', ...at(data)])
    const { kept } = await kkaiJson<{ kept: string }>(['restore', file, ...at(data)])
    expect(await kkaiJson(['account', 'show', account, ...at(data)])).toMatchObject({
      balance_nano: '10000000000',
    })
    expect((await kkai(['verify', ...at(data)])).exit).toBe(0)
    const elsewhere = newData()
    await kkaiJson(['restore', kept, ...at(elsewhere)])
    expect(await kkaiJson(['account', 'show', account, ...at(elsewhere)])).toMatchObject({
      balance_nano: '15000000000',
    })
    expect(readdirSync(data).filter((name) => name.includes('restoring'))).toEqual([])
  }, 30_000)

  test('is refused while a server runs there', async () => {
    const { data } = await newShop()
    const file = await backedUp(data)
    await startKkai(['serve', '--listen', '127.0.0.1:0', ...at(data)])
    const ran = await kkai(['restore', file, ...at(data)])
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('in use') })
  })

  test.each([
    [
      'a newer schema',
      "INSERT INTO migration (name, applied_at) VALUES ('9999_later', 1)",
      /newer version/,
    ],
    [
      'a ledger that does not add up',
      "UPDATE account SET debits_posted = 1 WHERE kind <> 'house'",
      /does not verify/,
    ],
    ['no schema at all', 'DROP TABLE migration', /not a database of this program/],
  ])('of %s is refused, and what is there stays', async (_, tampering, why) => {
    const { data, account } = await newShop()
    const file = await backedUp(data)
    const connection = new Database(file)
    connection.run(tampering)
    connection.close()
    const ran = await kkai(['restore', file, ...at(data)])
    expect(ran.exit).toBe(1)
    expect(ran.stderr).toMatch(why)
    expect(await kkaiJson(['account', 'show', account, ...at(data)])).toMatchObject({
      balance_nano: '10000000000',
    })
    expect(readdirSync(data).filter((name) => /restoring|replaced/.test(name))).toEqual([])
  })
})

test('a backup beside calls, restored elsewhere, is all that was committed until some moment, and nothing else', async () => {
  const { facts } = await startKkai<{ url: string; key: string; data: string }>(['demo'])
  let ended = false
  const answered: string[] = []
  const callOn = async () => {
    while (!ended) {
      const response = await fetch(`${facts.url}/api/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${facts.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'sim-fast', messages: [{ role: 'user', content: 'Hi' }] }),
      })
      answered.push(((await response.json()) as { id: string }).id)
    }
  }
  const callers = [callOn(), callOn(), callOn()]
  while (answered.length < 50) await Bun.sleep(5)
  const before = [...answered]
  const file = await backedUp(facts.data)
  ended = true
  await Promise.all(callers)

  const elsewhere = newData()
  await kkaiJson(['restore', file, ...at(elsewhere)])
  expect((await kkai(['verify', ...at(elsewhere)])).exit).toBe(0)
  const [all, restored] = [facts.data, elsewhere].map((data) => {
    const rows = readRows(join(data, 'kkai.db')).get('transfer') ?? []
    return rows.sort((a, b) => Number(a.seq) - Number(b.seq))
  }) as [Row[], Row[]]
  const ids = new Set(restored.map(({ id }) => id))
  expect(before.filter((id) => !ids.has(id))).toEqual([])
  for (const account of new Set(all.map((row) => row.account_id))) {
    const [chain, kept] = [all, restored].map((rows) =>
      rows.filter((row) => row.account_id === account),
    ) as [Row[], Row[]]
    expect(kept).toEqual(chain.slice(0, kept.length))
  }
  expect(restored.length).toBeLessThan(all.length)
}, 60_000)

describe('an upgrade', () => {
  /** The database as an older program left it. */
  function oldDatabase(data: string, last: number): void {
    const connection = new Database(join(data, 'kkai.db'), { create: true })
    connection.run(
      'CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT',
    )
    for (const { name, sql } of migrations.slice(0, last)) {
      for (const statement of splitStatements(sql)) connection.run(statement)
      connection.run('INSERT INTO migration VALUES (?, 1)', [name])
    }
    connection.close()
  }

  test('is told by migrate --check, which changes nothing', async () => {
    const data = newData()
    oldDatabase(data, 5)
    const check = ['migrate', '--check', ...at(data)]
    const ran = await kkai(check)
    expect(ran.exit).toBe(1)
    expect(ran.stdout).toContain('would run: 0006_operator')
    expect((await kkai(check)).exit).toBe(1)
    expect(await kkaiJson(['migrate', ...at(data)])).toEqual({
      ran: migrations.slice(5).map(({ name }) => name),
    })
    expect(await kkai(check)).toMatchObject({ exit: 0 })
  })

  test('keeps the database as it was, and of older ones the last', async () => {
    const data = newData()
    oldDatabase(data, 5)
    for (const name of ['0003', '0004']) writeFileSync(join(data, `kkai.db.before-${name}`), '')
    await kkaiJson(['migrate', ...at(data)])
    const kept = readdirSync(data).filter((name) => name.startsWith('kkai.db.before'))
    expect(kept.sort()).toEqual(['kkai.db.before-0004', 'kkai.db.before-0006'])
    const copy = join(data, 'kkai.db.before-0006')
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    const elsewhere = newData()
    await kkaiJson(['restore', copy, ...at(elsewhere)])
    expect((await kkai(['migrate', '--check', ...at(elsewhere)])).exit).toBe(0)
  })

  test('of nothing keeps nothing', async () => {
    const data = newData()
    await kkaiJson(['migrate', ...at(data)])
    expect(existsSync(join(data, 'kkai.db'))).toBe(true)
    expect(readdirSync(data).filter((name) => name.includes('before'))).toEqual([])
  })
})
