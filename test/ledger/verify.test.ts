/** Each check of `kkai verify` is made to fail by someone who writes in the database by hand. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { type Check, type Progress, verifyLedger } from '../../src/ledger/verify.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import type { TestStore } from '../helpers/database.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { failed, failedWithin, tamperSqlite } from './tamper.ts'
import { movement, newHold, newPerson, newWorld, settlement, type World } from './world.ts'

/** Ann topped up, has paid a call, one beyond her credit, one for nothing, and has one running. */
async function newHistory(store: TestStore): Promise<World> {
  const world = await newWorld(store)
  const { ledger } = world
  await newPerson(world, 1000n, {}, 'ann')
  await ledger.transfer(
    { ...movement('ann', 'topup', 500n, { processor: 'stripe', externalId: 'pi' }), id: 'topup' },
    now,
  )
  for (const [id, cost] of [
    ['paid', 80n],
    ['free', 0n],
    ['beyond', 1500n],
  ] as const) {
    await ledger.open({ ...newHold('ann', 100n), id }, now)
    await ledger.resolve(settlement(id, cost), now)
  }
  await ledger.transfer({ ...movement('ann', 'grant', 50n), id: 'grant' }, now)
  await ledger.open({ ...newHold('ann', 50n), id: 'running' }, now)
  return world
}

const tamperings: [what: string, text: string, checks: string[]][] = [
  [
    'a reason is rewritten',
    "UPDATE transfer SET reason = 'gift' WHERE id = 'topup'",
    ['hash-chain'],
  ],
  [
    'a movement is dated back',
    "UPDATE transfer SET created_at = 1 WHERE id = 'topup'",
    ['hash-chain'],
  ],
  ['a hash is replaced', "UPDATE transfer SET hash = 'x' WHERE id = 'topup'", ['hash-chain']],
  [
    'the last movement is taken out',
    "DELETE FROM transfer WHERE id = 'running'",
    ['hash-chain', 'holds'],
  ],
  ['a number is skipped', "UPDATE transfer SET seq = 99 WHERE id = 'running'", ['hash-chain']],
  [
    'an account counts one more',
    "UPDATE account SET seq = seq + 1 WHERE id = 'ann'",
    ['hash-chain'],
  ],
  [
    'an account’s last hash is changed',
    "UPDATE account SET head = '' WHERE id = 'ann'",
    ['hash-chain'],
  ],
  [
    'an amount is raised',
    "UPDATE transfer SET amount = amount + 1 WHERE id = 'topup'",
    ['hash-chain', 'counters', 'debits-equal-credits', 'lots'],
  ],
  [
    'a balance is raised',
    "UPDATE account SET credits_posted = credits_posted + 1 WHERE id = 'ann'",
    ['counters', 'debits-equal-credits'],
  ],
  [
    'a pending sum is lowered',
    "UPDATE account SET debits_pending = 0 WHERE id = 'ann'",
    ['counters'],
  ],
  [
    'an account has a balance and no history',
    "INSERT INTO account (id, kind, credits_posted, created_at) VALUES ('eve', 'person', 5, 0)",
    ['counters', 'debits-equal-credits'],
  ],
  [
    'income is booked as a gift',
    "UPDATE transfer SET credit_id = 'promo' WHERE id = 'paid:post'",
    ['hash-chain', 'sides'],
  ],
  [
    'a top-up comes from nowhere',
    "UPDATE transfer SET debit_id = 'tax' WHERE id = 'topup'",
    ['hash-chain', 'sides'],
  ],
  [
    'a hold is forgotten',
    "DELETE FROM hold WHERE id = 'running'",
    ['counters', 'holds', 'key-held'],
  ],
  [
    'a hold grows',
    "UPDATE hold SET amount = amount + 1 WHERE id = 'running'",
    ['counters', 'key-held'],
  ],
  [
    'a resolved hold comes back',
    `INSERT INTO hold (id, account_id, key_id, instance_id, amount, draft, created_at)
     SELECT 'paid', account_id, key_id, instance_id, 0, draft, created_at FROM hold`,
    ['holds'],
  ],
  [
    'a post resolves another hold',
    "UPDATE transfer SET pending_id = 'running' WHERE id = 'paid:post'",
    ['hash-chain', 'holds', 'usage-transfers'],
  ],
  ['a key holds less', "UPDATE key SET held = 0 WHERE id = 'ann-key'", ['key-held']],
  [
    'a record is deleted',
    "DELETE FROM usage WHERE id = 'paid'",
    ['usage-transfers', 'usage-hours'],
  ],
  [
    'the record of a write-off is deleted',
    "DELETE FROM usage WHERE id = 'beyond'",
    ['usage-transfers', 'usage-hours'],
  ],
  [
    'a record is another account’s',
    "UPDATE usage SET account_id = 'eve' WHERE id = 'paid'",
    ['usage-transfers', 'usage-hours'],
  ],
  [
    'a record says less was charged',
    "UPDATE usage SET charged = 79 WHERE id = 'paid'",
    ['usage-transfers', 'usage-hours'],
  ],
  [
    'a record’s cost is raised',
    "UPDATE usage SET cost = 81 WHERE id = 'paid'",
    ['usage-transfers', 'usage-cost'],
  ],
  [
    'a record counts more',
    "UPDATE usage SET image = 7, output = 1 WHERE id = 'paid'",
    ['usage-cost', 'usage-hours'],
  ],
  [
    'a price is changed afterwards',
    "UPDATE rate SET price = price + 1000 WHERE unit = 'input'",
    ['usage-cost'],
  ],
  ['an hour counts a call more', 'UPDATE usage_hour SET calls = calls + 1', ['usage-hours']],
  ['an hour’s sum is lowered', 'UPDATE usage_hour SET charged = charged - 1', ['usage-hours']],
  ['an hour is deleted', 'DELETE FROM usage_hour', ['usage-hours']],
]

describe.each(databases)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await newHistory(await open())
  })

  async function failedAfter(text: string): Promise<Check[]> {
    if (world.store.kind === 'postgres') return failedWithin(world.store, text)
    const { store } = await newHistory(await open())
    tamperSqlite(store as WritingSqliteStore, text)
    return failed(store).finally(store.close)
  }

  test('a true history passes every check, and is told in numbers', async () => {
    const progress: Progress[] = []
    const verdict = await verifyLedger(world.store, { onProgress: (at) => progress.push(at) })
    expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([])
    expect(verdict.ok).toBe(true)
    expect(
      Object.fromEntries(verdict.checks.map(({ name, detail }) => [name, detail])),
    ).toMatchObject({
      'hash-chain': '11 transfers of 7 accounts',
      'debits-equal-credits':
        'customers 0.00000005, clearing:stripe -0.0000005, income 0.00000158, promo -0.00000105, writeoff -0.00000008',
      holds: '3 resolved, 1 open',
      'usage-cost': '3 usage records',
      clearing: 'clearing:stripe -0.0000005',
    })
    expect(progress.at(-1)).toEqual({ done: 14, total: 14 })
  })

  test('an empty database is right', async () => {
    expect((await verifyLedger(await open())).ok).toBe(true)
  })

  test.each(tamperings)('when %s, it is found', async (_, text, checks) => {
    const found = (await failedAfter(text)).map(({ name }) => name)
    // SQLite also finds what then points nowhere: its own test is below.
    expect(found.filter((name) => name !== 'database')).toEqual(checks)
  })

  test('what is found is named, the first few', async () => {
    const [found] = await failedAfter("UPDATE transfer SET actor = 'eve'")
    expect(found?.detail).toContain('tfr_ann, topup, paid, paid:post, free and 6 more')
  })
})

describe('on SQLite, a thread for each part', () => {
  test('a true history passes the same checks, and every row is counted', async () => {
    const { store } = await newHistory(await openTestSqlite())
    const inOne = await verifyLedger(store)
    const progress: Progress[] = []
    const onProgress = (at: Progress) => progress.push(at)
    expect(await verifyLedger(store, { threadsFrom: 0, onProgress })).toEqual(inOne)
    expect(progress.at(-1)).toEqual({ done: 14, total: 14 })
  })

  // One of each part: its chains, its records, its file.
  test.each([
    ...tamperings.filter(([what]) =>
      ['an amount is raised', 'a record’s cost is raised', 'a key holds less'].includes(what),
    ),
    ['a reference points nowhere', "UPDATE key SET account_id = 'gone'", ['database']],
  ] as typeof tamperings)('when %s, it is found', async (_, text, checks) => {
    const { store } = await newHistory(await openTestSqlite())
    tamperSqlite(store as WritingSqliteStore, text)
    const verdict = await verifyLedger(store, { threadsFrom: 0 })
    expect(verdict.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(checks)
  })

  test('a file that cannot be read is a failure, never a ledger that is right', async () => {
    const { store } = await newHistory(await openTestSqlite())
    tamperSqlite(store as WritingSqliteStore, 'DROP TABLE lot_use')
    expect(verifyLedger(store, { threadsFrom: 0 })).rejects.toThrow('lot_use')
  })
})

describe('on SQLite, the file itself', () => {
  test('when a reference points nowhere, it is found', async () => {
    const { store } = await newHistory(await openTestSqlite())
    tamperSqlite(store as WritingSqliteStore, "UPDATE key SET account_id = 'gone'")
    expect(await failed(store)).toMatchObject([
      { name: 'database', detail: 'key names a missing account (integrity and references)' },
    ])
  })

  test('when a byte on the disk is another, it is found', async () => {
    const { store } = await newHistory(await openTestSqlite())
    const { connection, path } = store as WritingSqliteStore
    const index = connection
      .query<{ page: bigint; size: bigint }, []>(
        "SELECT rootpage AS page, page_size AS size FROM sqlite_schema, pragma_page_size WHERE name = 'key_by_account'",
      )
      .get()!
    await store.close()
    const bytes = readFileSync(path)
    const at = bytes.indexOf('ann', Number((index.page - 1n) * index.size))
    writeFileSync(path, bytes.fill('z', at, at + 1))
    const found = await failed(store)
    expect(found.map(({ name }) => name)).toContain('database')
  })
})

describe.each(databases)('on %s, while calls go on', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await newHistory(await open())
    await newPerson(world, 1_000_000n, {}, 'bob')
  })

  test('the books verify at every moment, each from one state', async () => {
    let running = true
    const calls = (async () => {
      while (running) {
        const hold = newHold('bob', 10n)
        await world.ledger.open(hold, now)
        await world.ledger.resolve(settlement(hold.id, 7n), now)
      }
    })()
    for (let round = 0; round < 8; round++) expect(await failed(world.store)).toEqual([])
    running = false
    await calls
  })
})
