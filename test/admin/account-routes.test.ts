/** Accounts as the operator finds and changes them: T4.2 (signs), T4.3 (tiers), T8.2 (suspension, termination, inactivity). */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { thresholds } from '../../src/admin/account-report.ts'
import { adminAccountRoutes } from '../../src/admin/account-routes.ts'
import { refundRequest, session, user } from '../../src/store/people.ts'
import { account, key, usageHour } from '../../src/store/schema.ts'
import { openAdmin } from '../helpers/admins.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { mailsTo, newTeam, newUser, openPeople, type TestPeople } from '../helpers/people.ts'
import { draft, movement, newHold, newWorld, settlement } from '../ledger/world.ts'

const usd = 1_000_000_000n
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A call of that account's key, settled for nothing. */
async function call({ ledger }: TestPeople, accountId: string, id: string, createdAt = now) {
  const made = { ...draft, createdAt }
  await ledger.open(newHold(accountId, 1n, { id, draft: JSON.stringify(made) }), createdAt)
  await ledger.resolve(settlement(id, 0n, { draft: made }), createdAt)
}

const newKey = (accountId: string) => ({
  ...{ id: `${accountId}-key`, hash: `${accountId}-hash`, suffix: 'aB12', accountId, name: 'k' },
  createdAt: now,
})

/** Acme of Ann and Bob, who has another account too; Acme has a key, a call, and 5 USD. */
async function openShop(store: TestStore) {
  const people = await openPeople(store)
  await newTeam(people, 'acme', { ann: 'owner', bob: 'billing' })
  await newTeam(people, 'bobs', { bob: 'owner' })
  await newWorld(store)
  await store.write((db) => [db.insert(key).values(newKey('acme'))])
  await people.ledger.transfer({ ...movement('acme', 'topup', 5n * usd), processor: 'manual' }, now)
  await call(people, 'acme', 'gen-1')
  const admin = await openAdmin(people, (http) => http.use(adminAccountRoutes(people)))
  const find = async (query: string) =>
    (await admin.ask('auditor', 'GET', `/accounts?${query}`)).body.data.map(
      ({ id }: { id: string }) => id,
    )
  return { people, ...admin, find }
}

describe.each(databases)('on %s', async (_, open) => {
  const { people, ask, refused, acts, find } = await openShop(await open())
  const { store } = people

  test.each([
    ['all, the newest first', '', ['bobs', 'acme']],
    ['a name in part, in any case', 'ACM', ['acme']],
    ['a member’s address in part', 'bob@exam', ['bobs', 'acme']],
    ['its id', 'acme', ['acme']],
    ['a user’s id', 'ann', ['acme']],
    ['a key’s last letters', 'aB12', ['acme']],
    ['a key as it is shown', 'sk-kk-…aB12', ['acme']],
    ['a key’s hash', 'acme-hash', ['acme']],
    ['a request', 'gen-1', ['acme']],
    ['what nobody has', 'gen-2', []],
    ['a sign that would fit anything', '%', []],
    ['a house account', 'income', []],
  ])('an account is found by %s', async (_, q, found) => {
    expect(await find(`q=${encodeURIComponent(q)}`)).toEqual(found)
  })

  test('one account is shown with what it has, and no secret', async () => {
    const { body } = await ask('support', 'GET', '/accounts/acme')
    expect(body).toMatchObject({
      ...{ name: 'acme', state: 'active', balance: '5.00', tier: 'standard', restrictions: [] },
      ...{ limits: people.config.tiers.standard, tiers: ['standard', 'operator'] },
      lots: [{ kind: 'paid', left: '5.00' }],
      members: [{ id: 'ann' }, { id: 'bob' }],
      keys: [{ label: 'sk-kk-…aB12', hash: 'acme-hash' }],
      calls: [{ id: 'gen-1' }],
    })
    expect((await ask('support', 'GET', '/accounts/income')).status).toBe(404)
  })

  test('its key is shown as its members see it: what counts in this month, and when it was last used', async () => {
    await store.write((db) => [
      db.update(key).set({ spent: 3n * usd, creditReset: 'monthly', periodStart: 0 }),
    ])
    const { body } = await ask('support', 'GET', '/accounts/acme')
    const hour = new Date(now - (now % hourMs)).toISOString()
    expect(body.keys).toMatchObject([{ spent: '0.00', last_used_at: hour }])
  })

  test('suspended and reinstated with a reason, which its owners read [T8.2]', async () => {
    expect(await refused('support', 'POST', '/accounts/acme/suspend', { reason: ' ' })).toEqual([
      'invalid_request',
      'reason',
    ])
    await ask('support', 'POST', '/accounts/acme/suspend', { reason: 'chargeback' })
    expect(await find('state=suspended')).toEqual(['acme'])
    const { body } = await ask('support', 'GET', '/accounts/acme')
    expect(body).toMatchObject({ state_reason: 'chargeback', restrictions: ['suspended'] })
    expect(await mailsTo(people, 'ann', 'account_suspended')).toEqual([
      expect.stringContaining('chargeback'),
    ])
    expect(await mailsTo(people, 'bob', 'account_suspended')).toEqual([])
    await ask('support', 'POST', '/accounts/acme/reinstate', { reason: 'settled' })
    expect(await find('state=suspended')).toEqual([])
    expect(await acts('POST /api/admin/accounts/:account/suspend')).toMatchObject([
      { reason: 'chargeback', accountId: 'acme', outcome: 'done', after: '{"state":"suspended"}' },
    ])
  })

  test('a tier of the settings, and no other [T4.3]', async () => {
    const before = people.forgotten()
    const wrong = { tier: '__proto__', reason: 'x' }
    expect(await refused('support', 'PUT', '/accounts/acme/tier', wrong)).toEqual([
      'invalid_request',
      'tier',
    ])
    await ask('support', 'PUT', '/accounts/acme/tier', { tier: 'operator', reason: 'grew' })
    expect((await ask('support', 'GET', '/accounts/acme')).body.tier).toBe('operator')
    expect(people.forgotten()).toBeGreaterThan(before)
  })

  test('a correction is booked once in its direction, also below zero', async () => {
    const adjust = (way: string, amount: string, once: string) =>
      ask('finance', 'POST', '/accounts/bobs/adjustments', { way, amount, reason: 'wrong', once })
    expect((await adjust('credit', '2', 'a')).body.balance).toBe('2.00')
    expect((await adjust('credit', '2', 'a')).body).toEqual({ transfer: null, balance: '2.00' })
    expect((await adjust('debit', '3.5', 'b')).body.balance).toBe('-1.50')
    expect((await adjust('credit', '0', 'c')).status).toBe(400)
    expect((await adjust('credit', '-1', 'd')).status).toBe(400)
    expect((await adjust('sideways', '1', 'e')).status).toBe(400)
  })

  test('what terminating would end is what it ends [T8.2, T8.3]', async () => {
    await people.sessions.open('ann', { address: '192.0.2.1', agent: null })
    const effects = (await ask('operator', 'GET', '/accounts/acme/termination')).body
    // Bob has another account: he and his sessions stay.
    expect(effects).toMatchObject({ refund: '5.00', keys: 1, members: 2, users: 1, sessions: 1 })
    const terminate = (name: string) =>
      ask('operator', 'POST', '/accounts/acme/terminate', { name, reason: 'fraud' })
    expect((await terminate('acne')).body.error).toMatchObject({ param: 'name' })
    expect((await terminate('acme')).body).toEqual({ state: 'closed', refund: '5.00' })
    const [row] = await store.db.select().from(account).where(eq(account.id, 'acme'))
    expect(row).toMatchObject({ state: 'closed', name: '' })
    expect(await store.db.select().from(key)).toMatchObject([{ state: 'revoked' }])
    expect(await store.db.select().from(session).where(eq(session.userId, 'ann'))).toEqual([])
    const states = await store.db.select().from(user).where(eq(user.id, 'ann'))
    expect(states).toMatchObject([{ state: 'closed', email: null }])
    expect(await store.db.select().from(refundRequest)).toMatchObject([
      { amount: 5n * usd, reason: 'fraud', contact: 'ann@example.com', state: 'open' },
    ])
    for (const who of ['ann', 'bob'])
      expect(await mailsTo(people, who, 'account_terminated')).toEqual([
        expect.stringContaining('fraud'),
      ])
    expect((await terminate('acme')).status).toBeGreaterThanOrEqual(400)
    expect(await acts('POST /api/admin/accounts/:account/terminate')).toMatchObject([
      { outcome: 'invalid_request' },
      { outcome: 'done', after: '{"state":"closed","refund":"5.00"}' },
      { outcome: expect.not.stringContaining('done') },
    ])
  })
})

describe.each(databases)('on %s, a report', async (_, open) => {
  const people = await openPeople(await open())
  const { store } = people
  const { ask } = await openAdmin(people, (http) => http.use(adminAccountRoutes(people)))
  for (const id of ['calls', 'looks', 'sleeps']) await newTeam(people, id, { [`${id}-o`]: 'owner' })
  people.clock.move(200 * dayMs)
  const later = people.clock.now()
  await newTeam(people, 'new', { 'new-o': 'owner' })
  await store.write((db) => [
    db.update(account).set({ createdAt: later }).where(eq(account.id, 'new')),
    db.insert(key).values(newKey('calls')),
  ])
  await newWorld(store)
  await people.ledger.transfer(movement('calls', 'grant', 10n), now)
  await call(people, 'calls', 'gen-1', later - dayMs)
  await people.sessions.open('looks-o', { address: '192.0.2.1', agent: null })

  test('names who neither called nor logged in for so many months [T8.2]', async () => {
    const report = async (months: number) =>
      (await ask('auditor', 'GET', `/accounts/inactive?months=${months}`)).body.data
    expect(await report(6)).toMatchObject([{ id: 'sleeps', last_call_at: null, balance: '0.00' }])
    expect(await report(7)).toEqual([])
    // Who signs out was here all the same.
    await store.write((db) => [db.delete(session).where(eq(session.userId, 'looks-o'))])
    expect(await report(6)).toHaveLength(1)
  })

  test('counts signs of automated registration and fake usage [T4.2]', async () => {
    const hour = Math.floor(later / hourMs) * hourMs
    const sum = (accountId: string, calls: number, failures: number, at = hour) => ({
      ...{ accountId, hour: at, keyId: 'k', modelId: 'm', calls, failures },
      ...{ promptTokens: 0, completionTokens: 0, charged: 0n, buyCost: 0n },
    })
    const farm = Array.from({ length: thresholds.oneMinute }, (_, at) => `farm${at}`)
    for (const id of farm) {
      await newUser(people, id, { createdAt: later })
      await newTeam(people, `${id}-acc`, { [id]: 'owner' })
    }
    const places = ['198.51.100.1', '198.51.100.77', '198.51.100.200', '203.0.113.1']
    for (const [at, address] of places.entries())
      await people.sessions.open(farm[at] ?? '', { address, agent: null })
    await store.write((db) => [
      db.insert(usageHour).values([
        ...[sum('new', thresholds.failures, thresholds.failures)],
        ...[sum('calls', thresholds.failures, thresholds.failures - 1)],
        ...[sum('looks', thresholds.burst, 0), sum('looks', 10, 0, hour - hourMs)],
        // As busy in every hour: no burst.
        ...[sum('sleeps', thresholds.burst, 0), sum('sleeps', thresholds.burst, 0, hour - hourMs)],
      ]),
    ])
    const { data } = (await ask('auditor', 'GET', '/accounts/signs')).body
    const signs = data.map(({ kind, count, accounts }: Sign) => [
      ...[kind, count, accounts.map(({ id }) => id).sort()],
    ])
    expect(signs).toEqual(
      expect.arrayContaining([
        ['one_address', 3, ['farm0-acc', 'farm1-acc', 'farm2-acc']],
        ['one_minute', thresholds.oneMinute, farm.map((id) => `${id}-acc`)],
        ['only_failures', thresholds.failures, ['new']],
        ['burst', thresholds.burst, ['looks']],
      ]),
    )
    expect(signs).toHaveLength(4)
  })
})
interface Sign {
  kind: string
  count: number
  accounts: { id: string }[]
}
