/** The store's one way to change data, alike on both databases. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { and, eq, gte, sql } from 'drizzle-orm'
import { AppError } from '../../src/base/error.ts'
import { account, channel, key } from '../../src/store/schema.ts'
import { must, type Store, storable } from '../../src/store/store.ts'
import { databases, now } from '../helpers/database.ts'

const person = (id: string, more = {}) => ({ id, kind: 'person' as const, createdAt: now, ...more })

describe.each(databases)('on %s', (_, open) => {
  let store: Store
  beforeAll(async () => {
    store = await open()
  })
  const stateOf = async (id: string) =>
    (await store.db.select().from(account).where(eq(account.id, id)))[0]?.state ?? null

  test('a write is all of its statements', async () => {
    await store.write((db) => [
      db.insert(account).values(person('ann')),
      db.update(account).set({ state: 'suspended' }).where(eq(account.id, 'ann')),
    ])
    expect(await stateOf('ann')).toBe('suspended')
  })

  test('or none: a constraint that fails takes the others back', async () => {
    const write = store.write((db) => [
      db.insert(account).values(person('bob')),
      db.insert(account).values(person('ann')),
    ])
    expect(
      await write.then(
        () => 'written',
        () => 'refused',
      ),
    ).toBe('refused')
    expect(await stateOf('bob')).toBeNull()
  })

  test('must: a guarded statement that touches no row refuses the whole write, in the words given', async () => {
    const spend = (least: bigint) =>
      store.write((db) => [
        db.insert(account).values(person(`carl${least}`)),
        must(
          db
            .update(account)
            .set({ creditsPosted: sql`${account.creditsPosted} + 1` })
            .where(and(eq(account.id, 'ann'), gte(account.creditsPosted, least))),
          'insufficient_credits',
          { message: 'Not enough.' },
        ),
      ])
    await spend(0n)
    const cause = await spend(5n).catch((refused) => refused)
    expect(cause).toBeInstanceOf(AppError)
    expect(cause).toMatchObject({ code: 'insufficient_credits', message: 'Not enough.' })
    expect([await stateOf('carl0'), await stateOf('carl5')]).toEqual(['active', null])
  })

  test('50 parallel writes guarded by one row let one through', async () => {
    await store.write((db) => [db.insert(account).values(person('dora'))])
    const close = () =>
      store.write((db) => [
        must(
          db
            .update(account)
            .set({ state: 'closed' })
            .where(and(eq(account.id, 'dora'), eq(account.state, 'active'))),
          'account_closed',
        ),
      ])
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, close))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('columns come back as what they are: amounts bigint, times numbers, flags boolean, JSON whole', async () => {
    const limits = {
      creditLimit: 2n ** 63n - 1n,
      models: ['gpt-5', '你好 ?'],
      expiresAt: 2 ** 52,
      rpm: null,
    }
    await store.write((db) => [
      db.insert(key).values({
        id: 'k',
        hash: 'h',
        suffix: '',
        accountId: 'ann',
        name: 'n',
        createdAt: now,
        ...limits,
      }),
      db.insert(channel).values({
        id: 'c',
        provider: 'p',
        baseUrl: 'u',
        allowPrivate: true,
        createdAt: now,
        quirks: { a: [1] },
      }),
    ])
    expect((await store.db.select().from(key))[0]).toMatchObject({
      ...limits,
      held: 0n,
      ips: null,
      createdAt: now,
    })
    expect((await store.db.select().from(channel))[0]).toMatchObject({
      allowPrivate: true,
      quirks: { a: [1] },
    })
  })

  test('a reference that points nowhere is refused', async () => {
    const orphan = {
      id: 'k2',
      hash: 'h2',
      suffix: '',
      accountId: 'nobody',
      name: 'n',
      createdAt: now,
    }
    expect(
      await store
        .write((db) => [db.insert(key).values(orphan)])
        .then(
          () => 'written',
          () => 'refused',
        ),
    ).toBe('refused')
  })
})

test.each([
  ['plain', 'plain'],
  ['a\0b', 'ab'],
  ['half \ud83d', 'half \ufffd'],
  ['whole 🙂', 'whole 🙂'],
  [null, null],
])('%p is stored as %p', (text, kept) => {
  expect(storable(text)).toBe(kept)
})
