/** What was mailed, as those who run the platform look for it. */
import { expect, test } from 'bun:test'
import { mail } from '../../src/store/people.ts'
import { newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

const { parts, server } = await startTestServer()
await newUser(parts, 'sue', { adminRole: 'support' })
const opened = await parts.sessions.open('sue', { address: '127.0.0.1', agent: null })
const ask = async (query = '') => {
  const headers = { cookie: opened.split(';')[0] ?? '' }
  return await (await fetch(`${server.url}/api/admin/mails${query}`, { headers })).json()
}
const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id)

const sent = (id: string, more: Partial<typeof mail.$inferInsert> = {}) => ({
  ...{ id, kind: 'reset', recipient: 'ann@example.com', subject: 'Set a new password' },
  ...{ text: 'https://ai.example.com/reset?token=secret', state: 'sent' as const },
  ...{ nextAt: 0, createdAt: Number(id), attempts: 1, sentAt: 5 },
  ...more,
})
const refused = { state: 'failed' as const, error: '550 no such user', sentAt: null }
await parts.store.write((db) => [
  db.insert(mail).values(sent('1')),
  db.insert(mail).values(sent('2', { recipient: 'Bob@example.com' })),
  db.insert(mail).values(sent('3', refused)),
])

test('the newest first, with what became of it, and never its text', async () => {
  const told = await ask()
  expect(ids(told)).toEqual(['3', '2', '1'])
  expect(told.data[0]).toEqual({
    ...{ id: '3', kind: 'reset', recipient: 'ann@example.com', subject: 'Set a new password' },
    ...{ state: 'failed', attempts: 1, error: '550 no such user', sent_at: null },
    created_at: '1970-01-01T00:00:00.003Z',
  })
  expect(JSON.stringify(told)).not.toContain('secret')
})

test.each([
  ['?q=BOB', ['2']],
  ['?q=%25', []],
  ['?state=failed', ['3']],
  ['?state=sent&q=ann', ['1']],
])('%s finds %p', async (query, expected) => {
  expect(ids(await ask(query))).toEqual(expected)
})

test('a long log comes in pieces, and nothing twice', async () => {
  const many = Array.from({ length: 60 }, (_, at) => sent(String(100 + at), { createdAt: 9 }))
  await parts.store.write((db) => many.map((row) => db.insert(mail).values(row)))
  const first = await ask()
  const second = await ask(`?after=${first.next}`)
  expect(ids(first)).toHaveLength(50)
  expect(new Set([...ids(first), ...ids(second)]).size).toBe(63)
  expect(second.next).toBeNull()
})
