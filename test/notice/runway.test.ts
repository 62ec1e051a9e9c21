/** A balance that lasts less than three days is told of like one below its threshold, once for both, and without flutter. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { raiseAlerts } from '../../src/notice/alert.ts'
import { measureRunways } from '../../src/notice/runway.ts'
import { delivery, mail, webhook } from '../../src/store/people.ts'
import { account, usageHour } from '../../src/store/schema.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'

const usd = (amount: number) => BigInt(Math.round(amount * 1e9))
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Acme spent `perDay` USD on each of the last seven days. It has a webhook, and no threshold unless said. */
async function openAcme(
  open: () => ReturnType<typeof openTestSqlite>,
  perDay: number,
  lowBalance: bigint | null = null,
): Promise<TestPeople> {
  const people = await openPeople(await open())
  await newTeam(people, 'acme', { ann: 'owner' })
  const hook = { id: 'whk_1', accountId: 'acme', url: 'https://a', secret: 's', createdAt: now }
  await people.store.write((db) => [
    db.insert(webhook).values(hook),
    db
      .update(account)
      .set({ creditsPosted: usd(1000), lowBalance })
      .where(eq(account.id, 'acme')),
    ...Array.from({ length: 7 }, (_, day) =>
      db.insert(usageHour).values(hourOf(now - day * dayMs - hourMs, usd(perDay))),
    ),
  ])
  return people
}

const hourOf = (at: number, charged: bigint) => ({
  ...{ accountId: 'acme', hour: Math.floor(at / hourMs) * hourMs, keyId: 'k', modelId: 'm' },
  ...{ calls: 1, failures: 0, promptTokens: 1, completionTokens: 1, charged, buyCost: 0n },
})

const leave = ({ store }: TestPeople, balance: number, held = 0) =>
  store.write((db) => [
    db
      .update(account)
      .set({ debitsPosted: usd(1000) - usd(balance), debitsPending: usd(held) })
      .where(eq(account.id, 'acme')),
  ])

/** Both jobs; answers how often it was told so far. */
async function look(people: TestPeople): Promise<number> {
  await measureRunways(people)
  await raiseAlerts(people)
  return (await people.store.db.select().from(delivery)).length
}

describe.each(databases)('on %s', (_, open) => {
  test('below three days it is told of, and again only after it lasted more than four', async () => {
    const people = await openAcme(open, 10)
    const told: number[] = []
    for (const balance of [30, 29.99, 31, 29, 40, 29, 40.01, 30, 29]) {
      await leave(people, balance)
      told.push(await look(people))
    }
    expect(told).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 2])
  })

  test('both at once are one notice, which says both', async () => {
    const people = await openAcme(open, 10, usd(50))
    await leave(people, 20, 1)
    expect(await look(people)).toBe(1)
    expect(await look(people)).toBe(1)
    const sent = await people.store.db.select().from(delivery)
    expect(sent.map(({ body }) => JSON.parse(body).data)).toEqual([
      { account_id: 'acme', balance: '20.00', threshold: '50.00', runway_days: 1 },
    ])
    const [letter] = await people.store.db.select().from(mail)
    expect(letter?.text).toContain('lasts about 1 day.')
  })

  test('neither is forgotten while the other stands', async () => {
    const people = await openAcme(open, 10, usd(50))
    const told: number[] = []
    for (const balance of [45, 25, 45, 55, 45, 61, 45]) {
      await leave(people, balance)
      told.push(await look(people))
    }
    expect(told).toEqual([1, 1, 1, 1, 1, 1, 2])
  })

  test('two nodes that look at once tell once', async () => {
    const people = await openAcme(open, 10)
    await leave(people, 10)
    await Promise.all([look(people), look(people)])
    expect(await look(people)).toBe(1)
  })
})

test.each<[string, number, number, number]>([
  ['less than a cent a day', 0.009, 0.001, 0],
  ['a cent a day', 0.01, 0.029, 1],
  ['nothing', 0, 0.001, 0],
])('who spends %s', async (_what, perDay, balance, expected) => {
  const people = await openAcme(openTestSqlite, perDay)
  await leave(people, balance)
  expect(await look(people)).toBe(expected)
})

test('who has not spent for a day is not looked at, but is forgotten when the pace is gone', async () => {
  const people = await openAcme(openTestSqlite, 10)
  await leave(people, 10)
  people.clock.move(2 * dayMs)
  expect(await look(people)).toBe(0)
  await people.store.write((db) => [db.insert(usageHour).values(hourOf(now + 2 * dayMs, usd(10)))])
  expect(await look(people)).toBe(1)
  people.clock.move(8 * dayMs)
  await look(people)
  await people.store.write((db) => [db.insert(usageHour).values(hourOf(now + 10 * dayMs, usd(10)))])
  expect(await look(people)).toBe(2)
})
