/** Webhooks as a receiver meets them: real requests to a real server, checked by the library that receivers use. */
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { Webhook } from 'standardwebhooks'
import { deliverEvents } from '../../src/notice/deliver.ts'
import {
  addWebhook,
  listDeliveries,
  listWebhooks,
  removeWebhook,
  testWebhook,
} from '../../src/notice/webhook.ts'
import { delivery, webhook } from '../../src/store/people.ts'
import { databases, openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { refusal } from '../ledger/world.ts'

const minuteMs = 60_000

interface Got {
  body: string
  headers: Record<string, string>
}
const got: Got[] = []
/** What the receiver answers next; 200 when there is nothing left. */
const answers: number[] = []
const receiver = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0 },
  fetch: async (request) => {
    got.push({ body: await request.text(), headers: request.headers.toJSON() })
    return new Response(null, { status: answers.shift() ?? 200 })
  },
})
afterAll(() => receiver.stop(true))
beforeEach(() => {
  got.length = 0
  answers.length = 0
})

/** Ann owns acme; webhooks may go to this machine. */
async function openAcme(open = openTestSqlite): Promise<TestPeople> {
  const people = await openPeople(await open())
  await newTeam(people, 'acme', { ann: 'owner' })
  return { ...people, config: { ...people.config, allowPrivateWebhooks: true } }
}

/** Of acme, with a test event under way. */
async function tested(people: TestPeople) {
  const added = await addWebhook(people, 'acme', `http://127.0.0.1:${receiver.port}/hook`)
  await testWebhook(people, 'acme', added.id)
  return added
}

test('an event arrives signed by the secret that was shown, which the database does not show', async () => {
  const people = await openAcme()
  // The library refuses what is older than five minutes.
  const clock = { ...people.clock, now: () => Date.now() }
  const { id, secret } = await tested({ ...people, clock })
  await deliverEvents({ ...people, clock })
  const [{ body, headers }] = got as [Got]
  expect(new Webhook(secret).verify(body, headers)).toEqual({
    ...{ type: 'test', timestamp: expect.any(String), data: { account_id: 'acme' } },
  })
  // By hand, as the guide to webhooks says.
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const mac = createHmac('sha256', key).update(signed).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${mac}`)
  expect(() => new Webhook(secret).verify(body.replace('acme', 'evil'), headers)).toThrow()
  const [row] = await people.store.db.select().from(webhook).where(eq(webhook.id, id))
  expect(row?.secret).not.toContain(secret.slice('whsec_'.length))
  expect(await listDeliveries(people.store, 'acme', id)).toMatchObject([
    {
      id: headers['webhook-id'],
      event: 'test',
      state: 'sent',
      attempts: 1,
      status: 200,
      error: null,
    },
  ])
})

test('what was refused is sent again, later and later, ten times, by the same id', async () => {
  const people = await openAcme()
  const { id } = await tested(people)
  answers.push(...Array(20).fill(500))
  const pauses: number[] = []
  for (let passed = 0, tries = 0; passed < 60 * 24; passed++, people.clock.move(minuteMs)) {
    await deliverEvents(people)
    if (got.length > tries) pauses.push(passed)
    tries = got.length
  }
  expect(pauses).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511])
  expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(await listDeliveries(people.store, 'acme', id)).toMatchObject([
    { state: 'failed', attempts: 10, status: 500, error: 'answered 500' },
  ])
})

test('a receiver that comes back has it', async () => {
  const people = await openAcme()
  const { id } = await tested(people)
  answers.push(503)
  await deliverEvents(people)
  people.clock.move(minuteMs - 1)
  await deliverEvents(people)
  expect(got).toHaveLength(1)
  people.clock.move(1)
  await deliverEvents(people)
  expect(await listDeliveries(people.store, 'acme', id)).toMatchObject([
    { state: 'sent', attempts: 2, status: 200, error: null },
  ])
})

test('a receiver that has gone is left alone', async () => {
  const people = await openAcme()
  const { id } = await tested(people)
  answers.push(410)
  await deliverEvents(people)
  expect(await listDeliveries(people.store, 'acme', id)).toMatchObject([
    { state: 'failed', attempts: 1, status: 410 },
  ])
})

test('a webhook that is switched off, as by closing the account, is told no more', async () => {
  const people = await openAcme()
  const { id } = await tested(people)
  await people.store.write((db) => [db.update(webhook).set({ state: 'disabled' })])
  await deliverEvents(people)
  expect(got).toHaveLength(0)
  expect(await listDeliveries(people.store, 'acme', id)).toMatchObject([{ state: 'failed' }])
})

test('a name that turns inside after it was added is not called', async () => {
  const people = await openPeople(await openTestSqlite())
  await newTeam(people, 'acme', { ann: 'owner' })
  const { id } = await addWebhook(people, 'acme', `https://hook.example.com:${receiver.port}/`)
  await testWebhook(people, 'acme', id)
  await deliverEvents(people, async () => ['127.0.0.1'])
  expect(got).toHaveLength(0)
  expect(await listDeliveries(people.store, 'acme', id)).toMatchObject([
    { state: 'failed', status: null, error: 'not a public address' },
  ])
})

test('a double click tests once', async () => {
  const people = await openAcme()
  const { id } = await tested(people)
  expect(await refusal(testWebhook(people, 'acme', id))).toBe('too_many_attempts')
  await deliverEvents(people)
  expect(await refusal(testWebhook(people, 'acme', id))).toBe('granted')
})

describe.each(databases)('on %s', (_, open) => {
  test('two that deliver at once deliver once', async () => {
    const people = await openAcme(open)
    await tested(people)
    await Promise.all([deliverEvents(people), deliverEvents(people)])
    expect(got).toHaveLength(1)
  })

  test('an account has ten, however many are added at once; one that is removed makes room', async () => {
    const people = await openAcme(open)
    const add = () => refusal(addWebhook(people, 'acme', 'https://example.com/hook'))
    const ends = await Promise.all(Array.from({ length: 12 }, add))
    expect(ends.filter((end) => end === 'granted')).toHaveLength(10)
    expect(ends.filter((end) => end === 'invalid_request')).toHaveLength(2)
    const [first] = await listWebhooks(people.store, 'acme')
    await removeWebhook(people.store, 'acme', first?.id ?? '')
    expect(await add()).toBe('granted')
  })
})

test('what was sent goes with its webhook', async () => {
  const people = await openAcme()
  const { id } = await tested(people)
  await removeWebhook(people.store, 'acme', id)
  await deliverEvents(people)
  expect(got).toHaveLength(0)
  expect(await people.store.db.select().from(delivery)).toEqual([])
  expect(await listWebhooks(people.store, 'acme')).toEqual([])
})

test('another account’s webhook is as if there were none', async () => {
  const people = await openAcme()
  await newTeam(people, 'other', { olga: 'owner' })
  const { id } = await tested(people)
  for (const act of [
    testWebhook(people, 'other', id),
    listDeliveries(people.store, 'other', id),
    removeWebhook(people.store, 'other', id),
  ]) {
    expect(await refusal(act)).toBe('not_found')
  }
  expect(await listWebhooks(people.store, 'other')).toEqual([])
  expect(await listWebhooks(people.store, 'acme')).toHaveLength(1)
})
