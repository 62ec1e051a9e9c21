/** The documents as anyone reads them, and the operator's names in them. */
import { expect, test } from 'bun:test'
import { openBusiness } from '../../src/legal/business.ts'
import { insertDocument, seedDocuments } from '../../src/legal/document.ts'
import { legalRoutes } from '../../src/legal/routes.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { open } from '../http/open.ts'

const store = await openTestSqlite()
/** Half a year after the first versions. */
const clock = { now: () => Date.UTC(2026, 8, 10), elapsed: () => 0 }
const now = clock.now()
const business = await openBusiness(store)
const { url } = open((http) => http.use(legalRoutes({ store, business, clock })))
await seedDocuments(store, now)
await store.write((db) => [
  insertDocument(
    db,
    {
      ...{ kind: 'terms', version: '2026-12-01', material: true, publishedBy: 'olga' },
      ...{ textEn: 'By {{company}}, {{unknown}}', textZh: '{{company}} 訂', summaryEn: 'Short.' },
      ...{ summaryZh: '短。', effectiveAt: Date.UTC(2026, 11, 1) },
    },
    now,
  ),
])

async function get(path: string) {
  const response = await fetch(`${url}/api/documents${path}`)
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what came and compares it
  return { status: response.status, body: (await response.json()) as any }
}

// TP
test('shown are those in force, and those to come', async () => {
  const { body } = await get('')
  const name = ({ kind, version }: { kind: string; version: string }) => `${kind} ${version}`
  expect(body.current.map(name)).toEqual([
    ...['terms 2026-03-10', 'privacy 2026-03-10', 'refunds 2026-03-10'],
  ])
  expect(body.upcoming.map(name)).toEqual(['terms 2026-12-01'])
})

test('every version of a document, the newest first', async () => {
  const { body } = await get('/terms')
  expect(body.data).toMatchObject([
    {
      ...{ version: '2026-12-01', effective_at: '2026-12-01T00:00:00.000Z', material: true },
      summary: { en: 'Short.', 'zh-TW': '短。' },
    },
    { version: '2026-03-10', effective_at: '2026-03-10T00:00:00.000Z' },
  ])
})

test('a version beside the one before it, in the language that is asked for', async () => {
  const { body } = await get('/terms/2026-12-01?language=zh-TW')
  expect(body.text).toBe('KKCompany 訂')
  expect(body.previous.version).toBe('2026-03-10')
  expect(body.previous.text).toStartWith('# 服務條款')
  expect((await get('/terms/2026-03-10')).body.previous).toBeNull()
})

test('the names are the operator’s of today', async () => {
  await business.change({ company: 'Acme $& Ltd' }, 'olga', now)
  expect((await get('/terms/2026-12-01')).body.text).toBe('By Acme $& Ltd, {{unknown}}')
  expect((await openBusiness(store)).current.company).toBe('Acme $& Ltd')
})

test.each([
  ['company', { company: ' ' }],
  ['contact', { contact: 'x'.repeat(201) }],
  ['public_url', { publicUrl: 'https://ai.example.com/path' }],
  ['public_url', { publicUrl: 'ai.example.com' }],
])('what cannot be is refused by its name: %s', async (param, some) => {
  const before = business.current
  await expect(business.change(some, 'olga', now)).rejects.toMatchObject({
    ...{ code: 'invalid_request', param },
  })
  expect(business.current).toEqual(before)
})

test.each(['/imprint', '/imprint/1', '/terms/1'])('%s is not there', async (path) => {
  expect((await get(path)).status).toBe(404)
})
