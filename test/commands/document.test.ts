/** Documents and admins by command. */
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../src/store/open.ts'
import { user } from '../../src/store/people.ts'
import type { Store } from '../../src/store/store.ts'
import { kkai, kkaiJson, newData, startKkai } from '../helpers/kkai.ts'

function texts(data: string): string[] {
  const [en, zh] = [join(data, 'en.md'), join(data, 'zh.md')]
  writeFileSync(en, 'Terms of {{platform}}')
  writeFileSync(zh, '{{platform}} 條款')
  return ['--en', en, '--zh', zh, '--summary-en', 'Shorter.', '--summary-zh', '較短。']
}

// T0.2, TP
test('a new version of the terms, from the old one', async () => {
  const data = newData()
  const at = ['--data', data]
  const { stdout } = await kkai(['document', 'show', 'terms', '2026-03-10', ...at])
  expect(stdout).toStartWith('# Terms of Service')
  const publish = ['document', 'publish', 'terms', 'v2', ...texts(data), ...at]
  const when = ['--effective', '2099-01-01', '--material']
  expect(await kkaiJson([...publish, ...when])).toEqual({
    ...{ kind: 'terms', version: 'v2', effective_at: '2099-01-01T00:00:00.000Z', mailed: 0 },
  })
  const { documents } = await kkaiJson<{ documents: object[] }>(['document', 'list', ...at])
  expect(documents).toHaveLength(4)
  expect(documents.at(-1)).toMatchObject({
    ...{ version: 'v2', material: true, published_by: 'command' },
    summary: { en: 'Shorter.', 'zh-TW': '較短。' },
  })
  const chinese = ['document', 'show', 'terms', 'v2', '--language', 'zh-TW', ...at]
  expect((await kkai(chinese)).stdout).toBe('{{platform}} 條款\n')
  const again = await kkai([...publish, '--now'])
  expect(again).toMatchObject({ exit: 1, stderr: expect.stringContaining('version v2') })
})

test.each([
  ['no time', [], 'either --effective with a time, or --now'],
  ['two times', ['--now', '--effective', '2099-01-01'], 'either --effective'],
  ['a time that has passed', ['--effective', '2020-01-01'], 'a date to come'],
])('%s is refused', async (_, when, why) => {
  const data = newData()
  const publish = ['document', 'publish', 'terms', 'v2', ...texts(data), '--data', data]
  const refused = await kkai([...publish, ...when])
  expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining(why) })
})

test('an admin without a browser; from then on no address is offered', async () => {
  const data = newData()
  const server = await startKkai<{ url: string; setup: string | null }>([
    ...['serve', '--listen', '127.0.0.1:0', '--data', data],
  ])
  const { url, setup } = server.facts
  expect(setup).toStartWith(`${url}/setup?token=`)
  const other = await kkaiJson(['admin', 'setup', '--data', data])
  expect(other.url).toStartWith(`${url}/setup?token=`)
  expect(other.url).not.toBe(setup)
  const made = await kkaiJson(['admin', 'create', '--email', 'Olga@Example.com', '--data', data])
  expect(made).toEqual({ email: 'olga@example.com', password: expect.stringMatching(/^\w{20}$/) })
  const login = await fetch(`${url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(made),
  })
  expect(await login.json()).toMatchObject({ state: 'in' })
  const refused = await kkai(['admin', 'setup', '--data', data])
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining('an admin already') })
  await server.stop()
  const again = await startKkai<{ setup: string | null } & { url: string }>([
    ...['serve', '--listen', '127.0.0.1:0', '--data', data],
  ])
  expect(again.facts.setup).toBeNull()
})

test('who is there becomes an admin only when the address is proven hers', async () => {
  const data = newData()
  const create = ['admin', 'create', '--email', 'olga@example.com', '--data', data]
  async function change(build: Parameters<Store['write']>[0]) {
    const store = await openStore(join(data, 'kkai.db'), Date.now())
    await store.write(build)
    await store.close()
  }
  await change((db) => [
    db.insert(user).values({ id: 'olga', email: 'olga@example.com', createdAt: 1 }),
  ])
  const refused = await kkai(create)
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining('not confirmed') })
  await change((db) => [db.update(user).set({ emailVerifiedAt: 1 })])
  expect(await kkaiJson(create)).toEqual({ email: 'olga@example.com', password: null })
})
