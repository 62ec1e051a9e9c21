/** The operator publishes and withdraws announcements; who may is in `access.test.ts`. */
import { expect, test } from 'bun:test'
import { newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

const { parts, server } = await startTestServer()
await newUser(parts, 'opal', { adminRole: 'operator' })
const opened = await parts.sessions.open('opal', { address: '127.0.0.1', agent: null })
const cookie = opened.split(';')[0] ?? ''

async function ask(method: string, path: string, body: unknown = {}) {
  const response = await fetch(server.url + path, {
    method,
    headers: { cookie, 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

const path = '/api/admin/announcements'
const written = {
  ...{ kind: 'maintenance', mail: true, title_en: 'Pause', title_zh: '暫停' },
  ...{ text_en: 'An hour.', text_zh: '一小時。', ends_at: '2099-01-01T00:00:00Z' },
}
const shown = async () =>
  (await ask('GET', '/api/announcements')).body.data.map(({ id }: { id: string }) => id)

test('what is published is shown and listed with who did it, until it is withdrawn', async () => {
  const { status, body } = await ask('POST', path, written)
  expect(status).toBe(200)
  expect(await shown()).toEqual([body.id])
  expect((await ask('GET', path)).body.data).toMatchObject([
    {
      ...{ id: body.id, state: 'shown', published_by: 'opal', mail: true, withdrawn_at: null },
      ...{ title: { en: 'Pause', 'zh-TW': '暫停' }, ends_at: '2099-01-01T00:00:00.000Z' },
    },
  ])
  for (let time = 0; time < 2; time++) {
    expect((await ask('POST', `${path}/${body.id}/withdraw`)).status).toBe(200)
  }
  expect(await shown()).toEqual([])
  expect((await ask('GET', path)).body.data).toMatchObject([{ state: 'withdrawn' }])
})

test('what is scheduled is listed, and not shown yet', async () => {
  const later = { ...written, shows_at: '2098-01-01T00:00:00Z' }
  const { id } = (await ask('POST', path, later)).body
  expect(await shown()).toEqual([])
  expect((await ask('GET', path)).body.data[0]).toMatchObject({ id, state: 'scheduled' })
})

test.each([
  ['title_zh', ''],
  ['text_en', 'x'.repeat(5001)],
  ['ends_at', 'tomorrow'],
  ['ends_at', '2020-01-01T00:00:00Z'],
  ['kind', 'advertisement'],
  ['mail', 'yes'],
])('a wrong %s is refused by its name: %p', async (param, value) => {
  const { status, body } = await ask('POST', path, { ...written, [param]: value })
  expect([status, body.error.param]).toEqual([400, param])
})

test('what is not there is not withdrawn', async () => {
  expect((await ask('POST', `${path}/ann_none/withdraw`)).status).toBe(404)
})
