/** What an operator watches: that each number is the right one, on both databases, and how often it is really read. */
import { describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { showGauges } from '../../src/admin/gauges.ts'
import type { Parts, State } from '../../src/admin/parts.ts'
import { newId } from '../../src/base/id.ts'
import { ProviderError } from '../../src/gateway/failure.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { createBreakers } from '../../src/gateway/route.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { refund, topUp } from '../../src/store/credit.ts'
import { delivery, mail, webhook } from '../../src/store/people.ts'
import { account, channelHour, instance } from '../../src/store/schema.ts'
import { databases, newDirectory, now } from '../helpers/database.ts'
import { newTeam, openPeople } from '../helpers/people.ts'

const channels = ['well', 'sick'].map((id) => ({ channel: { id } }))
const catalog = { current: { models: new Map([['m', { routes: channels }]]) } }

async function open([, openStore]: (typeof databases)[number]) {
  const people = await openPeople(await openStore(), { data: newDirectory() })
  const { store } = people
  await store.write((db) => [db.insert(instance).values({ id: 'ins_1', startedAt: now })])
  const parts = { ...people, catalog, instanceId: 'ins_1' } as unknown as Parts
  const state: State = { draining: false, verified: null }
  const breakers = createBreakers()
  const metrics = createMetrics()
  showGauges(parts, state, { breakers, running: { size: 3 } } as Gateway, metrics)
  /** A metric's samples by their labels as they are written. */
  async function read(name: string): Promise<Record<string, number>> {
    const samples = (await metrics.expose()).matchAll(/^(\w+)(\S*) (\S+)$/gm)
    return Object.fromEntries(
      [...samples].filter(([, of]) => of === name).map(([, , labels, n]) => [labels, Number(n)]),
    )
  }
  return { people, store, state, breakers, read }
}

describe.each(databases)('on %s', (...database) => {
  test('nothing waits at first; what was never checked or saved is not claimed', async () => {
    const { read, people } = await open(database)
    people.clock.move(120_000)
    expect(await read('kkai_outbox_length')).toEqual({
      ...{ '{queue="mail"}': 0, '{queue="webhook"}': 0, '{queue="invoice"}': 0 },
    })
    for (const name of ['kkai_payments_unsettled', 'kkai_refunds_waiting']) {
      expect(await read(name)).toEqual({})
    }
    for (const name of ['kkai_ledger_verified', 'kkai_backup_age_seconds']) {
      expect(await read(name)).toEqual({})
    }
    expect(await read('kkai_ledger_verified_age_seconds')).toEqual({ '': 120 })
    expect(await read('kkai_calls_running')).toEqual({ '': 3 })
  })

  test('what waits is counted by what it waits for, and anew after five seconds', async () => {
    const { people, store, read } = await open(database)
    await newTeam(people, 'acc_a', { ann: 'owner' })
    await read('kkai_outbox_length')
    const at = { nextAt: now, createdAt: now }
    const letter = { kind: 'reset', recipient: 'a@example.com', subject: 's', ...at }
    const event = { webhookId: 'wh_1', kind: 'k', body: '{}', ...at }
    await store.write((db) => [
      db.insert(mail).values({ id: 'm1', ...letter }),
      db.insert(mail).values({ id: 'm2', ...letter }),
      db.insert(mail).values({ id: 'm3', ...letter, state: 'sent' }),
      db
        .insert(webhook)
        .values({ id: 'wh_1', accountId: 'acc_a', url: 'u', secret: 's', createdAt: now }),
      db.insert(delivery).values({ id: 'd1', ...event }),
      db.insert(delivery).values({ id: 'd2', ...event, state: 'failed' }),
    ])
    people.clock.move(4_999)
    expect((await read('kkai_outbox_length'))['{queue="mail"}']).toBe(0)
    people.clock.move(1)
    expect(await read('kkai_outbox_length')).toEqual({
      ...{ '{queue="mail"}': 2, '{queue="webhook"}': 1, '{queue="invoice"}': 0 },
    })
  })

  test('orders and refunds by state, without those that are over', async () => {
    const { people, store, read } = await open(database)
    await newTeam(people, 'acc_a', { ann: 'owner' })
    const order = (state: typeof topUp.$inferInsert.state): typeof topUp.$inferInsert => ({
      ...{ id: newId('top_', now), accountId: 'acc_a', origin: 'customer', processor: 'manual' },
      ...{ state, credit: 1n, currency: 'USD', price: 1n, fee: 0n, tax: 0n, total: 1n },
      ...{ createdAt: now, expiresAt: now },
    })
    const orders = (['open', 'open', 'pending', 'failed', 'expired'] as const).map(order)
    const back = (state: typeof refund.$inferInsert.state) => ({
      ...{ id: crypto.randomUUID(), accountId: 'acc_a', topUpId: orders[0]!.id, state },
      ...{ amount: 1n, approved: 1n, askedBy: 'ann', createdAt: now },
    })
    const refunds = (['asked', 'approved', 'failed', 'failed', 'refused'] as const).map(back)
    await store.write((db) => [
      ...orders.map((row) => db.insert(topUp).values(row)),
      ...refunds.map((row) => db.insert(refund).values(row)),
    ])
    expect(await read('kkai_payments_unsettled')).toEqual({
      ...{ '{state="open"}': 2, '{state="pending"}': 1 },
    })
    expect(await read('kkai_refunds_waiting')).toEqual({
      ...{ '{state="asked"}': 1, '{state="approved"}': 1, '{state="failed"}': 2 },
    })
  })

  test('customers below zero', async () => {
    const { store, read } = await open(database)
    const row = { createdAt: now, debitsPosted: 2n, creditsPosted: 1n }
    await store.write((db) => [
      db.insert(account).values({ id: 'acc_a', kind: 'person', ...row }),
      db.insert(account).values({ id: 'acc_b', kind: 'entity', ...row, creditsPosted: 2n }),
    ])
    expect(await read('kkai_accounts_below_zero')).toEqual({ '': 1 })
  })

  test('what a provider says beyond what we reckon, by channel, and anew after a minute', async () => {
    const { people, store, read } = await open(database)
    const name = 'kkai_provider_cost_difference'
    expect(await read(name)).toEqual({})
    const row = { hour: now, calls: 1, buyCost: 0n, reportedCalls: 1, reckoned: 2_000_000_000n }
    await store.write((db) => [
      db.insert(channelHour).values({ ...row, channelId: 'well', reported: 2_000_000_000n }),
      db.insert(channelHour).values({ ...row, channelId: 'sick', reported: 2_500_000_000n }),
    ])
    expect(await read(name)).toEqual({})
    people.clock.move(60_000)
    expect(await read(name)).toEqual({ '{channel="well"}': 0, '{channel="sick"}': 0.2 })
  })

  test('a write was really made; disk and log have a size', async () => {
    const { store, read } = await open(database)
    expect((await read('kkai_database_write_seconds'))['']).toBeGreaterThanOrEqual(0)
    expect((await read('kkai_disk_free_bytes'))['']).toBeGreaterThan(0)
    expect(Object.keys(await read('kkai_database_wal_bytes'))).toEqual(
      store.kind === 'sqlite' ? [''] : [],
    )
  })
})

const [sqlite] = databases as [(typeof databases)[number]]

test.each([
  [true, 1],
  [false, 0],
])('a check that ended with %p shows as %i, and how old it is', async (verified, shown) => {
  const { people, state, read } = await open(sqlite)
  Object.assign(state, { verified, verifiedAt: now, backedUpAt: now - 60_000 })
  people.clock.move(10_000)
  expect(await read('kkai_ledger_verified')).toEqual({ '': shown })
  expect(await read('kkai_ledger_verified_age_seconds')).toEqual({ '': 10 })
  expect(await read('kkai_backup_age_seconds')).toEqual({ '': 70 })
})

test('a breaker shows as closed, open, and probing once its rest is over', async () => {
  const { people, breakers, read } = await open(sqlite)
  const said = { kind: 'overloaded', message: '', param: null, code: null } as const
  const failure = new ProviderError(said, 1_000)
  breakers.failed(channels[1]!.channel as never, failure, people.clock.elapsed())
  expect(await read('kkai_channel_breaker')).toEqual({
    ...{ '{channel="well"}': 0, '{channel="sick"}': 2 },
  })
  people.clock.move(1_000)
  expect((await read('kkai_channel_breaker'))['{channel="sick"}']).toBe(1)
})

test('what cannot be read is left out, and hides nothing else', async () => {
  const { people, read } = await open(sqlite)
  rmSync(people.config.data, { recursive: true })
  expect(await read('kkai_disk_free_bytes')).toEqual({})
  expect(await read('kkai_calls_running')).toEqual({ '': 3 })
})
