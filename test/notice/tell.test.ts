/** Who is told of an account: each who looks after its money and has not muted the kind, by mail once a day. */
import { describe, expect, test } from 'bun:test'
import { changePreferences, readPreferences } from '../../src/notice/preference.ts'
import { type Notice, type NoticeKind, noticeKinds, tell } from '../../src/notice/tell.ts'
import { delivery, mail, webhook } from '../../src/store/people.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'

const dayMs = 86_400_000

/** Ann owns acme and Bo pays for it; it has one webhook. */
async function openAcme(open: () => ReturnType<typeof openTestSqlite>): Promise<TestPeople> {
  const people = await openPeople(await open())
  await newTeam(people, 'acme', { ann: 'owner', bo: 'billing', dev: 'developer' })
  const hook = { id: 'whk_1', accountId: 'acme', url: 'https://a', secret: 's', createdAt: now }
  await people.store.write((db) => [db.insert(webhook).values(hook)])
  return people
}

const notice = (more: Partial<Notice> = {}): Notice => ({
  ...{ accountId: 'acme', kind: 'key_budget' },
  letter: { kind: 'key_budget', path: '/', keyName: 'bot', percent: 80, limit: '10.00' },
  events: [{ type: 'test', data: { account_id: 'acme' } }],
  ...more,
})

async function recipients({ store }: TestPeople): Promise<string[]> {
  const rows = await store.db.select({ to: mail.recipient }).from(mail)
  return rows.map(({ to }) => to.replace('@example.com', '')).toSorted()
}

const deliveries = async ({ store }: TestPeople) => (await store.db.select().from(delivery)).length

describe.each(databases)('on %s', (_, open) => {
  test('a second one within a day is not mailed, but webhooks have it', async () => {
    const people = await openAcme(open)
    expect(await tell(people, notice())).toEqual({ mails: 2, webhooks: 1 })
    people.clock.move(dayMs - 1)
    expect(await tell(people, notice())).toEqual({ mails: 0, webhooks: 1 })
    people.clock.move(1)
    expect(await tell(people, notice())).toEqual({ mails: 2, webhooks: 1 })
    expect(await recipients(people)).toEqual(['ann', 'ann', 'bo', 'bo'])
    expect(await deliveries(people)).toBe(3)
  })

  test('of two at one moment one is mailed, and both are told to webhooks', async () => {
    const people = await openAcme(open)
    await Promise.all([tell(people, notice()), tell(people, notice())])
    expect(await recipients(people)).toEqual(['ann', 'bo'])
    expect(await deliveries(people)).toBe(2)
  })
})

test.each<[string, Partial<Notice>, string[]]>([
  ['another kind', { kind: 'price_rise' }, ['ann', 'ann', 'bo', 'bo']],
  ['another of what a kind has several of', { daily: 'all of it' }, ['ann', 'ann', 'bo', 'bo']],
  ['what is mailed each time', { daily: null }, ['ann', 'ann', 'bo', 'bo']],
  ['the same', {}, ['ann', 'bo']],
])('on one day after a mail, %s', async (_what, more, expected) => {
  const people = await openAcme(openTestSqlite)
  await tell(people, notice())
  await tell(people, notice(more))
  expect(await recipients(people)).toEqual(expected)
})

test('who muted the kind has no mail of it; webhooks and the others do', async () => {
  const people = await openAcme(openTestSqlite)
  await changePreferences(people.store, 'ann', { key_budget: false })
  await changePreferences(people.store, 'bo', { low_balance: false })
  expect(await tell(people, notice())).toEqual({ mails: 1, webhooks: 1 })
  expect(await recipients(people)).toEqual(['bo'])
})

test('a mail that nobody wanted does not use up the day', async () => {
  const people = await openAcme(openTestSqlite)
  const mute = (on: boolean) =>
    Promise.all(['ann', 'bo'].map((id) => changePreferences(people.store, id, { key_budget: on })))
  await mute(false)
  await tell(people, notice())
  await mute(true)
  await tell(people, notice())
  expect(await recipients(people)).toEqual(['ann', 'bo'])
})

test('what is muted is changed one by one, again and again', async () => {
  const { store } = await openAcme(openTestSqlite)
  const off = async () => {
    const all = Object.entries(await readPreferences(store, 'ann')) as [NoticeKind, boolean][]
    return all.filter(([, mailed]) => !mailed).map(([kind]) => kind)
  }
  expect(await off()).toEqual([])
  await changePreferences(store, 'ann', { low_balance: false, maintenance: false })
  await changePreferences(store, 'ann', { low_balance: false })
  expect(await off()).toEqual(['low_balance', 'maintenance'])
  await changePreferences(store, 'ann', { maintenance: true })
  expect(await off()).toEqual(['low_balance'])
  await changePreferences(store, 'ann', {})
  expect(await off()).toEqual(['low_balance'])
  expect(Object.keys(await readPreferences(store, 'bo'))).toEqual([...noticeKinds])
})
