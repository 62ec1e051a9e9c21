/** An account is told once of what its calls will soon meet: a low balance, a key's limit. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { newId } from '../../src/base/id.ts'
import { periodStart } from '../../src/key/period.ts'
import { raiseAlerts } from '../../src/notice/alert.ts'
import { delivery, mail, webhook } from '../../src/store/people.ts'
import { account, key } from '../../src/store/schema.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { newTeam, newUser, openPeople, type TestPeople } from '../helpers/people.ts'

const usd = (amount: number) => BigInt(Math.round(amount * 1e9))
const dayMs = 86_400_000

type KeyRow = typeof key.$inferInsert

/** Ann owns acme, which has a threshold of 5 USD, one webhook, and had 100 USD of credit. */
async function openAcme(open: () => ReturnType<typeof openTestSqlite>): Promise<TestPeople> {
  const people = await openPeople(await open())
  await newTeam(people, 'acme', { ann: 'owner' })
  const hook = { id: 'whk_1', accountId: 'acme', url: 'https://example.com/', secret: 'sealed' }
  await people.store.write((db) => [db.insert(webhook).values({ ...hook, createdAt: now })])
  await setAccount(people, { lowBalance: usd(5), creditsPosted: usd(100) })
  return people
}

async function setAccount({ store }: TestPeople, facts: Partial<typeof account.$inferInsert>) {
  await store.write((db) => [db.update(account).set(facts).where(eq(account.id, 'acme'))])
}

const leave = (people: TestPeople, balance: number) =>
  setAccount(people, { debitsPosted: usd(100) - usd(balance) })

async function addKey({ store }: TestPeople, facts: Partial<KeyRow>): Promise<void> {
  const id = newId('key_', now)
  const row = { id, hash: id, suffix: 'ab12', accountId: 'acme', name: 'bot', createdAt: now }
  await store.write((db) => [db.insert(key).values({ ...row, ...facts })])
}

/** The subjects of what was mailed. */
async function told({ store }: TestPeople): Promise<string[]> {
  return (await store.db.select().from(mail).orderBy(mail.id)).map(({ subject }) => subject)
}

describe.each(databases)('on %s', (_, open) => {
  test('a balance is told of once below its threshold, and again only after it was a fifth above', async () => {
    const people = await openAcme(open)
    const mails: number[] = []
    for (const balance of [5, 4.99, 4, 5.5, 4, 6, 4, 3]) {
      await leave(people, balance)
      await raiseAlerts(people)
      people.clock.move(dayMs)
      mails.push((await told(people)).length)
    }
    expect(mails).toEqual([0, 1, 1, 1, 1, 1, 2, 2])
  })

  test('two nodes that look at once tell once', async () => {
    const people = await openAcme(open)
    await leave(people, 1)
    await Promise.all([raiseAlerts(people), raiseAlerts(people)])
    expect(await told(people)).toHaveLength(1)
    expect(await people.store.db.select().from(delivery)).toHaveLength(1)
  })

  test.each<[string, Partial<KeyRow>, string[]]>([
    ['79 % of it', { spent: usd(7.9) }, []],
    ['80 % of it', { spent: usd(8) }, ['The key “bot” has used 80 % of its limit']],
    ['all of it', { spent: usd(10) }, ['The key “bot” reached its limit']],
    ['all of it, and is revoked', { spent: usd(10), state: 'revoked' }, []],
    [
      'all of it, yesterday',
      { spent: usd(10), creditReset: 'daily', periodStart: periodStart('daily', now) - dayMs },
      [],
    ],
    [
      'all of it, this month',
      { spent: usd(10), creditReset: 'monthly', periodStart: periodStart('monthly', now) },
      ['The key “bot” reached its limit'],
    ],
    ['without a limit', { spent: usd(10), creditLimit: null }, []],
  ])('a key that spent %s', async (_what, facts, expected) => {
    const people = await openAcme(open)
    await addKey(people, { creditLimit: usd(10), ...facts })
    await raiseAlerts(people)
    await raiseAlerts(people)
    expect(await told(people)).toEqual(expected)
  })

  test('a key is told of again in its next period', async () => {
    const people = await openAcme(open)
    const spend = () => ({ spent: usd(9), periodStart: periodStart('daily', people.clock.now()) })
    await addKey(people, { creditLimit: usd(10), creditReset: 'daily', ...spend() })
    await raiseAlerts(people)
    people.clock.move(dayMs)
    await people.store.write((db) => [db.update(key).set(spend())])
    await raiseAlerts(people)
    expect(await told(people)).toHaveLength(2)
  })
})

test('a key whose limit was raised is told of when it nears the new one', async () => {
  const people = await openAcme(openTestSqlite)
  await addKey(people, { creditLimit: usd(10), spent: usd(10) })
  for (const limit of [10, 20, 12]) {
    await people.store.write((db) => [db.update(key).set({ creditLimit: usd(limit) })])
    people.clock.move(1)
    await raiseAlerts(people)
  }
  expect(await told(people)).toEqual([
    'The key “bot” reached its limit',
    'The key “bot” has used 80 % of its limit',
  ])
})

test.each<[string, Partial<typeof account.$inferInsert>]>([
  ['that never had credit', { creditsPosted: 0n, debitsPosted: 0n }],
  ['without a threshold', { lowBalance: null }],
  ['that is suspended', { state: 'suspended' }],
])('an account %s is not told', async (_what, facts) => {
  const people = await openAcme(openTestSqlite)
  await leave(people, 1)
  await setAccount(people, facts)
  await raiseAlerts(people)
  expect(await told(people)).toEqual([])
})

test('owners, admins and billing are told in their language; nobody at an address that is not confirmed', async () => {
  const people = await openAcme(openTestSqlite)
  await newUser(people, 'bo', { language: 'zh-TW' })
  await newUser(people, 'new', { emailVerifiedAt: null })
  await newTeam(people, 'studio', {
    ...{ olga: 'owner', adam: 'admin', bo: 'billing', new: 'owner' },
    ...{ dev: 'developer', eye: 'read-only' },
  })
  await people.store.write((db) => [
    db
      .update(account)
      .set({ lowBalance: usd(5), creditsPosted: usd(1) })
      .where(eq(account.id, 'studio')),
  ])
  await raiseAlerts(people)
  const mails = await people.store.db.select().from(mail)
  expect(Object.fromEntries(mails.map((row) => [row.recipient, row.subject]))).toEqual({
    'olga@example.com': 'The balance of studio is low',
    'adam@example.com': 'The balance of studio is low',
    'bo@example.com': 'studio 的餘額不足',
  })
  expect(mails[0]?.text).toContain('https://ai.example.com/accounts/studio/billing')
})

test('webhooks are told exact figures; those of others and those that are off are told nothing', async () => {
  const people = await openAcme(openTestSqlite)
  await newTeam(people, 'other', { olga: 'owner' })
  const off = { id: 'whk_2', accountId: 'acme', url: 'https://example.com/', secret: 'sealed' }
  await people.store.write((db) => [
    db.insert(webhook).values({ ...off, state: 'disabled', createdAt: now }),
    db.insert(webhook).values({ ...off, id: 'whk_3', accountId: 'other', createdAt: now }),
  ])
  await leave(people, 0.000000001)
  await addKey(people, { id: 'key_1', creditLimit: usd(10), spent: usd(9) })
  await raiseAlerts(people)
  const sent = await people.store.db.select().from(delivery)
  expect(sent.map((row) => row.webhookId)).toEqual(['whk_1', 'whk_1'])
  expect(
    sent.map(({ body }) => JSON.parse(body)).toSorted((a, b) => (a.type > b.type ? -1 : 1)),
  ).toEqual([
    {
      type: 'low_balance',
      timestamp: '2026-01-15T12:00:00.000Z',
      data: { account_id: 'acme', balance: '0.000000001', threshold: '5.00', runway_days: null },
    },
    {
      type: 'key_budget',
      timestamp: '2026-01-15T12:00:00.000Z',
      data: {
        ...{ account_id: 'acme', key_id: 'key_1', key_name: 'bot' },
        ...{ percent: 80, spent: '9.00', limit: '10.00' },
      },
    },
  ])
})
