/** What members see and set of their notices, and what is announced, over HTTP. */
import { expect, test } from 'bun:test'
import { newSealingKey } from '../../src/base/secret.ts'
import type { CatalogBook } from '../../src/catalog/book.ts'
import { readSettings } from '../../src/config.ts'
import { openOutbox } from '../../src/mail/outbox.ts'
import { accountNoticeRoutes } from '../../src/notice/account-routes.ts'
import { publishAnnouncement } from '../../src/notice/announcement.ts'
import { muted } from '../../src/store/credit.ts'
import { delivery, mail, webhook } from '../../src/store/people.ts'
import { account, key } from '../../src/store/schema.ts'
import { now, openTestSqlite } from '../helpers/database.ts'
import { addMember, type Dashboard, openDashboard } from '../helpers/members.ts'

const usd = (amount: number) => BigInt(amount) * 1_000_000_000n
const path = '/api/accounts/acme/notices'

type Account = Partial<typeof account.$inferInsert>

/** Acme warns below 5 USD and has 20. */
async function openAcme(facts: Account = {}): Promise<Dashboard> {
  const store = await openTestSqlite()
  const credit = { lowBalance: usd(5), creditsPosted: usd(20) }
  const hook = { accountId: 'acme', url: 'https://a', secret: 's', createdAt: now }
  await store.write((db) => [
    db.insert(account).values({ id: 'acme', kind: 'entity', createdAt: 0, ...credit, ...facts }),
    db.insert(webhook).values({ id: 'whk_1', ...hook }),
  ])
  await addMember(store, 'acme', 'ann', 'owner')
  await addMember(store, 'acme', 'eye', 'read-only')
  const { config } = readSettings({}, {})
  const catalog = { current: { models: new Map() } } as unknown as CatalogBook
  return openDashboard(store, (http, people) => {
    const outbox = openOutbox(people.clock, () => ({ platform: 'AI', publicUrl: 'https://ai' }))
    const more = { config, outbox, sealingKey: newSealingKey() }
    return http.use(accountNoticeRoutes({ ...people, ...more }, catalog))
  })
}

test.each<[string, Account, string[]]>([
  ['enough', {}, []],
  ['little', { debitsPosted: usd(16) }, ['low_balance']],
  ['little and no threshold', { debitsPosted: usd(16), lowBalance: null }, []],
  ['never had any', { creditsPosted: 0n }, []],
  ['less than nothing', { debitsPosted: usd(21) }, ['negative_balance']],
  ['enough, and is suspended', { state: 'suspended' }, ['suspended']],
])('an account that has %s', async (_what, facts, kinds) => {
  const { ask } = await openAcme(facts)
  const { data } = (await ask('eye', 'GET', path)).body
  expect(data.map(({ kind }: { kind: string }) => kind)).toEqual(kinds)
})

test('a key near its limit and one that expires are named, with the page for them', async () => {
  const { ask, people } = await openAcme()
  const row = { accountId: 'acme', suffix: 's', createdAt: now }
  await people.store.write((db) => [
    db.insert(key).values([
      { ...row, id: 'k1', hash: '1', name: 'near', creditLimit: usd(10), spent: usd(8) },
      { ...row, id: 'k2', hash: '2', name: 'far', creditLimit: usd(10), spent: usd(7) },
      { ...row, id: 'k3', hash: '3', name: 'ends', expiresAt: now + 1000 },
    ]),
  ])
  const link = '/accounts/acme/keys'
  expect((await ask('eye', 'GET', path)).body.data).toEqual([
    { kind: 'key_limit', subject: 'near', at: null, link },
    { kind: 'key_expires', subject: 'ends', at: '2026-01-15T12:00:01.000Z', link },
  ])
})

test('what is announced is for everyone, signed in or not', async () => {
  const { ask, people } = await openAcme()
  const both = { en: 'Pause', 'zh-TW': '暫停' }
  const written = { kind: 'maintenance', title: both, text: both, mail: false } as const
  await publishAnnouncement(people, { ...written, showsAt: null, endsAt: now + 1000 }, 'opal')
  const shown = [
    {
      ...{ id: expect.any(String), kind: 'maintenance', title: both, text: both },
      ...{ shows_at: '2026-01-15T12:00:00.000Z', ends_at: '2026-01-15T12:00:01.000Z' },
    },
  ]
  expect((await ask('nobody', 'GET', '/api/announcements')).body).toEqual({ data: shown })
  expect((await ask('eye', 'GET', path)).body.announcements).toEqual(shown)
})

test('the alert is sent as a test, says so, uses up no day, and no button floods anyone', async () => {
  const { ask, people } = await openAcme()
  const send = () => ask('ann', 'POST', `${path}/test`)
  for (let time = 0; time < 3; time++) {
    expect(await send()).toEqual({ status: 200, body: { mails: 1, webhooks: 1 } })
  }
  const refused = await send()
  expect([refused.status, refused.body.error.code]).toEqual([429, 'too_many_attempts'])
  const mails = await people.store.db.select().from(mail)
  expect(mails.map(({ subject }) => subject)).toEqual(
    Array(3).fill('[Test] The balance of acme is low'),
  )
  const [sent] = await people.store.db.select().from(delivery)
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    ...{ type: 'low_balance', data: { balance: '20.00', test: true } },
  })
})

test('a suspended account tests nothing', async () => {
  const { ask } = await openAcme({ state: 'suspended' })
  expect((await ask('ann', 'POST', `${path}/test`)).body.error.code).toBe('account_suspended')
})

test('a user chooses what is mailed to her; what is left out stays', async () => {
  const { ask } = await openAcme()
  const own = '/api/me/notices'
  expect(new Set(Object.values((await ask('eye', 'GET', own)).body))).toEqual(new Set([true]))
  await ask('eye', 'PUT', own, { low_balance: false })
  await ask('eye', 'PUT', own, { announcement: false })
  expect((await ask('eye', 'GET', own)).body).toMatchObject({
    ...{ low_balance: false, announcement: false, key_budget: true },
  })
  expect((await ask('ann', 'GET', own)).body).toMatchObject({ low_balance: true })
})

test('what is no notice cannot be muted', async () => {
  const { ask, people } = await openAcme()
  await ask('eye', 'PUT', '/api/me/notices', { new_login: false, terms_changed: false })
  expect(await people.store.db.select().from(muted)).toEqual([])
})
