/** What the operator announces is shown in its time, mailed to each once whatever happens meanwhile, and told to webhooks. */
import { describe, expect, test } from 'bun:test'
import { and, eq, lte } from 'drizzle-orm'
import {
  listAnnouncements,
  listShown,
  publishAnnouncement,
  tellAnnouncements,
  type WrittenAnnouncement,
  withdrawAnnouncement,
} from '../../src/notice/announcement.ts'
import { changePreferences } from '../../src/notice/preference.ts'
import { delivery, mail, user, webhook } from '../../src/store/people.ts'
import { databases, now, openTestSqlite } from '../helpers/database.ts'
import { newTeam, newUser, openPeople, type TestPeople } from '../helpers/people.ts'

const hourMs = 3_600_000

const written = (more: Partial<WrittenAnnouncement> = {}): WrittenAnnouncement => ({
  ...{ kind: 'announcement', showsAt: null, endsAt: null, mail: true },
  title: { en: 'A new model', 'zh-TW': '新模型' },
  text: { en: 'It is fast.', 'zh-TW': '速度很快。' },
  ...more,
})

async function openCrowd(
  open: () => ReturnType<typeof openTestSqlite>,
  users = 250,
): Promise<TestPeople> {
  const people = await openPeople(await open())
  const facts = { name: 'x', emailVerifiedAt: now, createdAt: now }
  await people.store.write((db) =>
    Array.from({ length: users }, (_, at) => {
      const id = `usr_${String(at).padStart(4, '0')}`
      return db.insert(user).values({ ...facts, id, email: `${id}@example.com` })
    }),
  )
  return people
}

/** All mails leave. */
const drain = ({ store }: TestPeople) =>
  store.write((db) => [
    db
      .update(mail)
      .set({ state: 'sent' })
      .where(and(eq(mail.state, 'queued'), lte(mail.nextAt, now * 2))),
  ])

const recipients = async ({ store }: TestPeople) =>
  (await store.db.select().from(mail)).map(({ recipient }) => recipient).sort()

async function tellAll(people: TestPeople, turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await tellAnnouncements(people)
    await drain(people)
  }
}

describe.each(databases)('on %s', (_, open) => {
  test('each of 250 has one mail, however often it is told', async () => {
    const people = await openCrowd(open)
    await publishAnnouncement(people, written(), 'opal')
    await tellAll(people)
    const all = await recipients(people)
    expect([all.length, new Set(all).size]).toEqual([250, 250])
    const [row] = await listAnnouncements(people.store, now)
    expect(row).toMatchObject({ state: 'shown', told_at: '2026-01-15T12:00:00.000Z' })
  })

  test('two nodes that tell at once tell each once', async () => {
    const people = await openCrowd(open)
    await publishAnnouncement(people, written(), 'opal')
    for (let turn = 0; turn < 5; turn++) {
      await Promise.all([tellAnnouncements(people), tellAnnouncements(people)])
      await drain(people)
    }
    const all = await recipients(people)
    expect([all.length, new Set(all).size]).toEqual([250, 250])
  })

  const killed = () => Promise.reject(new Error('killed'))
  test.each<[string, (people: TestPeople) => TestPeople['store']['write']]>([
    ['before its page is written', () => killed],
    [
      'after it',
      ({ store }) =>
        (build) =>
          store.write(build).then(killed),
    ],
  ])('a process killed %s neither loses nor doubles a mail', async (_when, writeOf) => {
    const people = await openCrowd(open)
    await publishAnnouncement(people, written(), 'opal')
    await tellAnnouncements(people)
    await drain(people)
    const dying = { ...people, store: { ...people.store, write: writeOf(people) } }
    await expect(tellAnnouncements(dying as TestPeople)).rejects.toThrow('killed')
    await tellAll(people)
    const all = await recipients(people)
    expect([all.length, new Set(all).size]).toEqual([250, 250])
  })

  test('every webhook that is on is told once, with both languages', async () => {
    const people = await openCrowd(open, 120)
    await newTeam(people, 'acme', {})
    const hook = { accountId: 'acme', url: 'https://a', secret: 's', createdAt: now }
    await people.store.write((db) => [
      db.insert(webhook).values({ ...hook, id: 'whk_1' }),
      db.insert(webhook).values({ ...hook, id: 'whk_off', state: 'disabled' }),
    ])
    const id = await publishAnnouncement(people, written(), 'opal')
    await tellAll(people)
    const sent = await people.store.db.select().from(delivery)
    expect(sent.map(({ webhookId, body }) => [webhookId, JSON.parse(body)])).toEqual([
      [
        'whk_1',
        {
          ...{ type: 'announcement', timestamp: '2026-01-15T12:00:00.000Z' },
          data: {
            ...{ id, kind: 'announcement', ends_at: null, shows_at: '2026-01-15T12:00:00.000Z' },
            title: { en: 'A new model', 'zh-TW': '新模型' },
            text: { en: 'It is fast.', 'zh-TW': '速度很快。' },
          },
        },
      ],
    ])
  })
})

test('each has it in her language; who muted it, is suspended or has no confirmed address has none', async () => {
  const people = await openCrowd(openTestSqlite, 0)
  await newUser(people, 'ann')
  await newUser(people, 'bo', { language: 'zh-TW' })
  await newUser(people, 'gone', { state: 'suspended' })
  await newUser(people, 'new', { emailVerifiedAt: null })
  await newUser(people, 'calm')
  await changePreferences(people.store, 'calm', { announcement: false })
  await publishAnnouncement(people, written(), 'opal')
  await tellAll(people)
  const mails = await people.store.db.select().from(mail).orderBy(mail.recipient)
  expect(mails.map(({ recipient, subject }) => [recipient, subject])).toEqual([
    ['ann@example.com', 'Announcement: A new model'],
    ['bo@example.com', '公告：新模型'],
  ])
  await publishAnnouncement(people, written({ kind: 'maintenance' }), 'opal')
  await tellAll(people)
  expect(await recipients(people)).toHaveLength(5)
})

test('a mailing waits while the outbox is full, so that others do not wait behind it', async () => {
  const people = await openCrowd(openTestSqlite)
  await publishAnnouncement(people, written(), 'opal')
  await tellAnnouncements(people)
  await tellAnnouncements(people)
  expect(await recipients(people)).toHaveLength(100)
})

test('what is withdrawn in the middle is mailed to nobody more', async () => {
  const people = await openCrowd(openTestSqlite)
  const id = await publishAnnouncement(people, written(), 'opal')
  await tellAnnouncements(people)
  await drain(people)
  await withdrawAnnouncement(people, id, 'opal')
  await tellAll(people)
  expect(await recipients(people)).toHaveLength(100)
  expect(await listShown(people.store, now)).toEqual([])
})

test.each<[string, Partial<WrittenAnnouncement>, number[]]>([
  // hours from now:                                               at 0, 1, 2
  ['at once and without an end', {}, [1, 1, 1]],
  ['from the first hour on', { showsAt: now + hourMs }, [0, 1, 1]],
  ['until the second hour', { endsAt: now + 2 * hourMs }, [1, 1, 0]],
])('shown %s, and mailed once it is', async (_when, more, expected) => {
  const people = await openCrowd(openTestSqlite, 1)
  await publishAnnouncement(people, written(more), 'opal')
  const shown: number[] = []
  const mailed: number[] = []
  for (let hour = 0; hour < 3; hour++) {
    shown.push((await listShown(people.store, people.clock.now())).length)
    await tellAll(people, 1)
    mailed.push((await recipients(people)).length)
    people.clock.move(hourMs)
  }
  expect(shown).toEqual(expected)
  expect(mailed).toEqual(more.showsAt ? [0, 1, 1] : [1, 1, 1])
})

test('without mail it is shown and told to webhooks only', async () => {
  const people = await openCrowd(openTestSqlite, 3)
  await publishAnnouncement(people, written({ mail: false }), 'opal')
  await tellAll(people)
  expect(await recipients(people)).toEqual([])
  expect(await listShown(people.store, now)).toHaveLength(1)
})

test.each<[string, Partial<WrittenAnnouncement>, string]>([
  ['no English title', { title: { en: ' ', 'zh-TW': '新' } }, 'title_en'],
  ['no Chinese title', { title: { en: 'A', 'zh-TW': '' } }, 'title_zh'],
  ['no English text', { text: { en: '', 'zh-TW': '新' } }, 'text_en'],
  ['no Chinese text', { text: { en: 'A', 'zh-TW': '\n' } }, 'text_zh'],
  ['an end before its begin', { showsAt: now + 2, endsAt: now + 1 }, 'ends_at'],
  ['an end in the past', { showsAt: now - 2, endsAt: now - 1 }, 'ends_at'],
])('one with %s is refused', async (_what, more, param) => {
  const people = await openCrowd(openTestSqlite, 0)
  const refused = publishAnnouncement(people, written(more), 'opal')
  await expect(refused).rejects.toMatchObject({ code: 'invalid_request', param })
  expect(await listAnnouncements(people.store, now)).toEqual([])
})
