/** The operator's first page: what is owed, earned and waiting. */
import { expect, test } from 'bun:test'
import { openFigures } from '../../src/admin/figures.ts'
import { showBusiness } from '../../src/admin/overview.ts'
import { countUsers } from '../../src/admin/price-change.ts'
import { newId } from '../../src/base/id.ts'
import { topUp } from '../../src/store/credit.ts'
import { account, channelHour, usageHour } from '../../src/store/schema.ts'
import { databases } from '../helpers/database.ts'
import { newTeam } from '../helpers/people.ts'
import { dayMs, hourMs, openShop } from './shop.ts'

const { ask, use, parts, store } = await openShop()
const overview = async () => (await ask('GET', '/overview')).body

test('what customers have is owed to them; who is below zero is counted apart', async () => {
  await newTeam(parts, 'rich', { rita: 'owner' })
  await newTeam(parts, 'poor', { paul: 'owner' })
  const now = parts.clock.now()
  const grant = { accountId: 'rich', code: 'grant' as const, amount: 5_000_000_000n }
  await parts.ledger.transfer(
    { ...grant, id: newId('tfr_', now), actor: 'ann', reason: 'test', externalId: 'test' },
    now,
  )
  const debts = { debitsPosted: 2_000_000_000n }
  await store.write((db) => [
    db.insert(account).values({ id: 'debtor', kind: 'person', createdAt: now, ...debts }),
  ])
  expect(await overview()).toMatchObject({
    ...{ liability: '5.00', negative: { accounts: 1, owed: '2.00' }, payments_pending: 0 },
    ...{ refunds: { asked: 0, approved: 0, failed: 0 }, ledger: { verified: null, at: null } },
    version: expect.stringMatching(/^\d/),
  })
})

test('payments under way are counted', async () => {
  const now = parts.clock.now()
  const money = {
    credit: 10n,
    price: 1000n,
    fee: 0n,
    tax: 0n,
    total: 1000n,
    currency: 'USD' as const,
  }
  await store.write((db) => [
    db.insert(topUp).values({
      ...{
        id: 'top_1',
        accountId: 'rich',
        origin: 'customer',
        processor: 'manual',
        state: 'pending',
      },
      ...{ method: 'transfer', createdAt: now, expiresAt: now + 1, ...money },
    }),
  ])
  expect((await overview()).payments_pending).toBe(1)
})

test('revenue, cost and what is left, by model and account, for a day and for thirty', async () => {
  let passed = 0
  const clock = { now: () => parts.clock.now() + passed, elapsed: () => 0 }
  const figures = openFigures(store, clock)
  const show = () => {
    passed += 60_000
    return showBusiness({ ...parts, clock }, figures, {
      draining: false,
      verified: true,
      verifiedAt: 0,
    })
  }
  await use('ann', hourMs, 3000n)
  await use('bea', 5 * dayMs, 9000n)
  await use('cy', 31 * dayMs, 5000n)
  const { last_24h, last_30d, ledger } = await show()
  expect(last_24h).toMatchObject({
    calls: 2,
    error_share: 0.5,
    charged: '0.000003',
    margin: '0.0000026',
  })
  expect(last_30d.accounts.map(({ account, charged }) => [account, charged])).toEqual([
    ['bea', '0.000009'],
    ['ann', '0.000003'],
  ])
  expect(last_30d.models).toMatchObject([
    { model: 'our/sim-chat', charged: '0.000012', buy_cost: '0.0000008' },
  ])
  expect(ledger).toEqual({ verified: true, at: '1970-01-01T00:00:00.000Z' })

  // What is over is kept; what still moves is read anew.
  await use('bea', 2 * hourMs, 1n)
  expect((await show()).last_24h.calls).toBe(4)
  passed = 26 * dayMs
  expect((await show()).last_30d.accounts.map(({ account }) => account)).not.toContain('cy')
  expect((await show()).last_24h).toMatchObject({ calls: 0, error_share: null, accounts: [] })
})

test('calls go on between the days that a first look reads', async () => {
  let turns = 0
  const turn = () => {
    turns++
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  await openFigures(store, parts.clock).lastMonth()
  clearImmediate(next)
  expect(turns).toBeGreaterThanOrEqual(29)
})

test('a provider that says another cost is named until the day after', async () => {
  const hour = Math.floor(parts.clock.now() / hourMs) * hourMs
  const sums = { calls: 1, buyCost: 2_000_000_000n, reckoned: 2_000_000_000n }
  await store.write((db) => [
    db.insert(channelHour).values({
      ...{ ...sums, hour, channelId: 'main', reportedCalls: 1, reported: 2_500_000_000n },
    }),
  ])
  expect((await overview()).cost_differences).toMatchObject([
    { channel: 'main', reported: '2.50', reckoned: '2.00', difference: '20' },
  ])
  expect((await ask('GET', '/channels')).body.data).toMatchObject([
    { id: 'main', cost_30d: { reported: '2.50', buy_cost: '2.00', difference: '20' } },
  ])
})

test.each(databases)('on %s every figure is read', async (_, open) => {
  const empty = await open()
  const hour = Math.floor(parts.clock.now() / hourMs) * hourMs
  await empty.write((db) => [
    db.insert(account).values({ id: 'ann', kind: 'person', name: 'Ann', createdAt: 0 }),
    db.insert(usageHour).values({
      ...{ accountId: 'ann', hour, keyId: 'k', modelId: 'm', calls: 1, failures: 0 },
      ...{ promptTokens: 1, completionTokens: 1, charged: 3_000_000_000n, buyCost: 1n },
    }),
  ])
  const figures = openFigures(empty, parts.clock)
  const state = { draining: false, verified: false }
  const shown = await showBusiness({ ...parts, store: empty }, figures, state)
  expect(shown).toMatchObject({ liability: '0.00', channels_24h: [], ledger: { verified: false } })
  expect(shown.last_24h).toMatchObject({ charged: '3.00', accounts: [{ name: 'Ann' }] })
  expect(await countUsers({ ...parts, store: empty }, 'm', parts.clock.now())).toBe(1)
})
