/** The operator reads and publishes the documents that customers accept; who may is in `access.test.ts`. */
import { expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { insertAcceptance } from '../../src/legal/document.ts'
import { document } from '../../src/store/people.ts'
import { mailsTo, newTeam, newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

const { parts, server } = await startTestServer()
await newUser(parts, 'opal', { adminRole: 'operator' })
await newTeam(parts, 'acme', { ann: 'owner' })
const opened = await parts.sessions.open('opal', { address: '127.0.0.1', agent: null })
const cookie = opened.split(';')[0] ?? ''

async function ask(method: string, path: string, body: unknown = {}) {
  const response = await fetch(`${server.url}/api/admin${path}`, {
    ...{ method, headers: { cookie, 'content-type': 'application/json' } },
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}
const listed = async () => (await ask('GET', '/documents')).body
const next = {
  ...{ kind: 'terms', version: '2099-01-01', material: true, effective_at: '2099-01-01' },
  ...{ text_en: 'Terms of {{platform}}', text_zh: '{{platform}} 條款' },
  ...{ summary_en: 'Shorter.', summary_zh: '較短。' },
}

test('each version is listed with how many of the users accepted it', async () => {
  const { store, clock } = parts
  const [terms] = await store.db.select().from(document).where(eq(document.kind, 'terms'))
  const accepted = { userId: 'ann', documentId: terms?.id ?? '', addressHash: null, agent: null }
  await store.write((db) => [insertAcceptance(db, accepted, clock.now())])
  const { data, users } = await listed()
  expect([data.length, users]).toEqual([3, 2])
  expect(data.find(({ kind }: { kind: string }) => kind === 'terms')).toMatchObject({
    ...{ version: '2026-03-10', material: true, accepted: 1, published_by: 'platform' },
  })
})

test('the next version is written from the text of the one before, and mailed to every user', async () => {
  const { data } = await listed()
  const { id } = data.find(({ kind }: { kind: string }) => kind === 'terms')
  expect((await ask('GET', `/documents/${id}`)).body.text.en).toContain('{{platform}}')
  expect((await ask('POST', '/documents', next)).body).toEqual({ mailed: 2 })
  expect((await listed()).data[0]).toMatchObject({
    ...{ kind: 'terms', version: '2099-01-01', material: true, accepted: 0, published_by: 'opal' },
    ...{ effective_at: '2099-01-01T00:00:00.000Z', summary: { en: 'Shorter.', 'zh-TW': '較短。' } },
  })
  expect(await mailsTo(parts, 'ann', 'terms_changed')).toEqual([
    expect.stringContaining('Shorter.'),
  ])
})

test.each([
  ['version', 'next week'],
  ['text_zh', ''],
  ['text_en', 'Terms of {{brand}}'],
  ['summary_en', ' '],
  ['effective_at', '2020-01-01'],
  ['effective_at', 'soon'],
  ['kind', 'cookies'],
  ['material', 'yes'],
])('a wrong %s is refused by its name: %p', async (param, value) => {
  const before = await listed()
  const { status, body } = await ask('POST', '/documents', {
    ...next,
    version: 'x',
    [param]: value,
  })
  expect([status, body.error.param]).toEqual([400, param])
  expect(await listed()).toEqual(before)
})

test('a version never changes', async () => {
  const { body } = await ask('POST', '/documents', { ...next, text_en: 'Other terms' })
  expect(body.error).toMatchObject({ code: 'already_exists', param: 'version' })
})
