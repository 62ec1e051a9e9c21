/** The audit log as it is read: by who, about what, which act, when; and commands in it. */
import { expect, test } from 'bun:test'
import type { DataCommand } from '../../src/commands/command.ts'
import { commands } from '../../src/commands/list.ts'
import { runInServer } from '../../src/commands/run.ts'
import { audit } from '../../src/store/operator.ts'
import { newTeam, newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

const { parts, server, store } = await startTestServer()
await newUser(parts, 'olga', { adminRole: 'operator' })
await newTeam(parts, 'acme', { ann: 'owner' })
const from = { address: '127.0.0.1', agent: null }
const cookie = (await parts.sessions.open('olga', from)).split(';')[0] ?? ''
const ask = (path: string) => fetch(`${server.url}/api/admin${path}`, { headers: { cookie } })
const list = async (query: string) => (await (await ask(`/audit?${query}`)).json()).data

const row = (id: string, at: number, more: Partial<typeof audit.$inferInsert> = {}) => ({
  ...{ id, at, actorId: 'olga', actorRole: 'operator', act: 'POST /api/admin/things' },
  ...more,
})
const day = (text: string) => Date.parse(text)
await store.write((db) => [
  db
    .insert(audit)
    .values([
      row('aud_1', day('2026-01-01'), { accountId: 'acme', reason: '=SUM(A1)' }),
      row('aud_2', day('2026-01-02'), { act: 'key create', actorId: 'command' }),
      row('aud_3', day('2026-01-03'), { subject: 'acme' }),
    ]),
])
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id)

test.each([
  ['everything, the newest first', '', ['aud_3', 'aud_2', 'aud_1']],
  ['an actor by her address', 'actor=olga@example.com', ['aud_3', 'aud_1']],
  ['an actor by her id', 'actor=olga', ['aud_3', 'aud_1']],
  ['commands', 'actor=command', ['aud_2']],
  ['an account, named by the act or by its address', 'account=acme', ['aud_3', 'aud_1']],
  ['a part of the act', 'act=CREATE', ['aud_2']],
  ['a time', 'from=2026-01-02&to=2026-01-03', ['aud_2']],
  ['what is below', 'after=aud_2', ['aud_1']],
  ['what was never done', 'act=%25', []],
])('it is filtered by %s', async (_, query, expected) => {
  expect(ids(await list(query))).toEqual(expected)
})

test('a time that is none is refused', async () => {
  expect((await ask('/audit?from=soon')).status).toBe(400)
})

test('as a file it has the same rows, and no formula', async () => {
  const text = await (await ask('/audit.csv?actor=olga')).text()
  expect(text.trim().split('\r\n')).toHaveLength(3)
  expect(text).toContain("'=SUM(A1)")
})

test('a command that changes something is in it, with its outcome; one that looks is not', async () => {
  const run = (name: string, values: Record<string, string>) => {
    const command = commands.find((one) => one.name === name) as DataCommand
    return runInServer(parts, command, values)
  }
  await run('account suspend', { account: 'acme', reason: 'chargeback' })
  await run('account show', { account: 'acme' })
  await run('account suspend', { account: 'nobody', reason: 'x' }).catch(() => {})
  const rows = await list('act=account')
  expect(rows).toMatchObject([
    { act: 'account suspend', subject: 'nobody', outcome: 'not_found' },
    { actor: 'command', account: 'acme', reason: 'chargeback', outcome: 'done' },
  ])
})

test('what a command read from a file is not in it: there may be credentials', async () => {
  const apply = commands.find(({ name }) => name === 'catalog apply') as DataCommand
  await runInServer(parts, apply, { file: '{"channels":[],"x":"sk-live"}' }).catch(() => {})
  expect(await list('act=catalog')).toMatchObject([{ act: 'catalog apply', asked: '{}' }])
})
