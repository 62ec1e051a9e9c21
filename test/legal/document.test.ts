/** Which version of a document holds, who has agreed to what, and what a new one does. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import {
  currentDocuments,
  documentKinds,
  documentsToAccept,
  hashAddress,
  insertAcceptance,
  insertDocument,
  seedDocuments,
} from '../../src/legal/document.ts'
import { publishDocument } from '../../src/legal/publish.ts'
import { acceptance, document, mail, user as userTable } from '../../src/store/people.ts'
import { databases, now as opened, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { newUser, openPeople, type TestPeople } from '../helpers/people.ts'

const dayMs = 86_400_000
/** After the first versions took effect. */
const now = Date.UTC(2026, 5, 1)
const next = {
  ...({ kind: 'terms', version: 'next', material: true, publishedBy: 'olga' } as const),
  ...{ textEn: 'New {{platform}}', textZh: '新', summaryEn: 'Shorter.', summaryZh: '較短。' },
  effectiveAt: now + 30 * dayMs,
}

async function accept({ store }: TestPeople, userId: string, documentId: string, at = now) {
  const accepted = { userId, documentId, addressHash: null, agent: null }
  await store.write((db) => [insertAcceptance(db, accepted, at)])
}

async function startOn(store: TestStore) {
  const people = await openPeople(store)
  people.clock.move(now - opened)
  await seedDocuments(people.store, now)
  await newUser(people, 'ann')
  return people
}

describe.each(databases)('on %s', (_, open) => {
  const start = async () => startOn(await open())

  test('a new platform has a first version of each document, and seeding again adds none', async () => {
    const { store } = await start()
    await seedDocuments(store, now)
    const current = await currentDocuments(store, now)
    expect(current.map(({ kind, version }) => `${kind} ${version}`)).toEqual(
      documentKinds.map((kind) => `${kind} 2026-03-10`),
    )
    expect(await store.db.select().from(document)).toHaveLength(3)
  })

  test('a version to come holds from its time on', async () => {
    const { store } = await start()
    await store.write((db) => [insertDocument(db, next, now)])
    const terms = async (at: number) =>
      (await currentDocuments(store, at)).find(({ kind }) => kind === 'terms')?.version
    expect(await terms(next.effectiveAt - 1)).toBe('2026-03-10')
    expect(await terms(next.effectiveAt)).toBe('next')
    expect(await currentDocuments(store, Date.UTC(2026, 0, 1))).toEqual([])
  })

  // T0.1, T0.2
  test('who accepted a version need not accept it or an older one again, but a newer one', async () => {
    const people = await start()
    const left = async () =>
      (await documentsToAccept(people.store, 'ann')).map(
        ({ kind, version }) => `${kind} ${version}`,
      )
    expect(await left()).toHaveLength(3)
    for (const { id } of await currentDocuments(people.store, now)) await accept(people, 'ann', id)
    expect(await left()).toEqual([])
    await publishDocument(people, { ...next, version: 'typo', material: false })
    expect(await left()).toEqual([])
    await publishDocument(people, next)
    expect(await left()).toEqual(['terms next'])
    await newUser(people, 'ben')
    const [row] = await people.store.db.select().from(document).where(eq(document.version, 'next'))
    await accept(people, 'ben', row?.id ?? '')
    const bens = await documentsToAccept(people.store, 'ben')
    expect(bens.map(({ kind }) => kind).sort()).toEqual(['privacy', 'refunds'])
  })

  test('agreeing twice keeps the first time', async () => {
    const people = await start()
    const [first] = await currentDocuments(people.store, now)
    await accept(people, 'ann', first?.id ?? '', now)
    await accept(people, 'ann', first?.id ?? '', now + 1)
    const rows = await people.store.db.select().from(acceptance)
    expect(rows.map(({ acceptedAt }) => acceptedAt)).toEqual([now])
  })

  // T0.2
  test('a material version is mailed to every active user in her language, and keys are read anew', async () => {
    const people = await start()
    await newUser(people, 'lin', { language: 'zh-TW' })
    await newUser(people, 'gone', { state: 'suspended' })
    await newUser(people, 'unproven', { emailVerifiedAt: null })
    await newUser(people, 'closed', { state: 'closed', email: null })
    expect(await publishDocument(people, next)).toBe(2)
    const mails = await people.store.db.select().from(mail)
    const to = Object.fromEntries(mails.map(({ recipient, text }) => [recipient, text]))
    expect(Object.keys(to).sort()).toEqual(['ann@example.com', 'lin@example.com'])
    expect(to['ann@example.com']).toContain('Shorter.')
    expect(to['ann@example.com']).toContain('https://ai.example.com/accept')
    expect(to['lin@example.com']).toContain('較短。')
    expect(people.forgotten()).toBe(1)
  })

  test('more users than one write takes are all mailed, once', async () => {
    const people = await start()
    const many = Array.from({ length: 1_001 }, (_, at) => `user${at}`)
    await people.store.write((db) =>
      many.map((id) =>
        db.insert(userTable).values({
          ...{ id, email: `${id}@example.com`, emailVerifiedAt: now, createdAt: now },
        }),
      ),
    )
    expect(await publishDocument(people, next)).toBe(1_002)
    const recipients = (await people.store.db.select().from(mail)).map((row) => row.recipient)
    expect(new Set(recipients).size).toBe(1_002)
    expect(recipients).toHaveLength(1_002)
  })

  test('what a crash left half mailed is finished by publishing the same again, with no mail twice', async () => {
    const people = await start()
    await newUser(people, 'lin')
    await publishDocument(people, next)
    await people.store.write((db) => [db.delete(mail).where(eq(mail.recipient, 'lin@example.com'))])
    await publishDocument(people, next)
    const recipients = (await people.store.db.select().from(mail)).map((row) => row.recipient)
    expect(recipients.sort()).toEqual(['ann@example.com', 'lin@example.com'])
    expect(await people.store.db.select().from(document)).toHaveLength(4)
  })

  test('a small correction is mailed to no one', async () => {
    const people = await start()
    expect(await publishDocument(people, { ...next, material: false })).toBe(0)
    expect(await people.store.db.select().from(mail)).toEqual([])
  })

  test('without a date it takes effect at once', async () => {
    const people = await start()
    await publishDocument(people, { ...next, effectiveAt: null })
    const current = await currentDocuments(people.store, now)
    expect(current[0]).toMatchObject({ version: 'next', effectiveAt: now })
  })

  test('a version that is there is not written over', async () => {
    const people = await start()
    const again = publishDocument(people, { ...next, version: '2026-03-10' })
    await expect(again).rejects.toMatchObject({ code: 'already_exists', param: 'version' })
    expect(await people.store.db.select().from(document)).toHaveLength(3)
    expect(await people.store.db.select().from(mail)).toEqual([])
  })
})

describe('refused is', () => {
  test.each([
    ['a version that is no word', { version: 'a/b' }, 'version'],
    ['a time that has passed', { effectiveAt: now - 1 }, 'effective_at'],
    ['a language that is missing', { textZh: ' ' }, 'text_zh'],
    ['a summary that is missing', { summaryEn: '' }, 'summary_en'],
    ['a name that is not known', { textEn: '{{platfrom}}' }, 'text_en'],
  ])('%s, and nobody is mailed', async (_, wrong, param) => {
    const people = await startOn(await openTestSqlite())
    const published = publishDocument(people, { ...next, ...wrong })
    await expect(published).rejects.toMatchObject({ code: 'invalid_request', param })
    expect(await people.store.db.select().from(document)).toHaveLength(3)
    expect(await people.store.db.select().from(mail)).toEqual([])
    expect(people.forgotten()).toBe(0)
  })
})

test('an address is recognised by its hash on this platform only', () => {
  expect(hashAddress('203.0.113.7', 'a')).toBe(hashAddress('203.0.113.7', 'a'))
  expect(hashAddress('203.0.113.7', 'a')).not.toBe(hashAddress('203.0.113.7', 'b'))
  expect(hashAddress('203.0.113.7', 'a')).not.toContain('203')
})
