/** The ledger's contract: the same sentences hold on SQLite and on PostgreSQL. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { ErrorCode } from '../../src/base/error.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { hold as holds, usage, usageHour } from '../../src/store/schema.ts'
import { databases, now } from '../helpers/database.ts'
import {
  counters,
  draft,
  keyCounters,
  newHold,
  newPerson,
  newWorld,
  openHolds,
  refusal,
  setKey,
  setState,
  settlement,
  transfersOf,
  type World,
} from './world.ts'

describe.each(databases)('on %s', (_, open) => {
  let world: World
  let ledger: Ledger
  beforeAll(async () => {
    world = await newWorld(await open())
    ledger = world.ledger
  })
  describe('Ann has 1000 and her call holds 300', () => {
    test.each([
      // the call…                          costs         [free, pending, debits, credits]    answers
      ['is still running', null, {}, [700n, 300n, 0n, 1000n], null],
      ['costs less than the hold', 120n, {}, [880n, 0n, 120n, 1000n], 120n],
      ['costs just the hold', 300n, {}, [700n, 0n, 300n, 1000n], 300n],
      ['costs more than the hold', 450n, {}, [550n, 0n, 450n, 1000n], 450n],
      ['costs more than she has', 1200n, {}, [0n, 0n, 1000n, 1000n], 1000n],
      ['may overdraw by 150', 1200n, { overdraft: 150n }, [-150n, 0n, 1150n, 1000n], 1150n],
      ['needs 200 of 250 overdraft', 1200n, { overdraft: 250n }, [-200n, 0n, 1200n, 1000n], 1200n],
      ['is not believed', 1200n, { overdraft: 9n, capAtHold: true }, [700n, 0n, 300n, 1000n], 300n],
      ['owes nothing', 0n, { outcome: 'failed' }, [1000n, 0n, 0n, 1000n], 0n],
    ] as const)('the call %s', async (_, cost, more, expected, answer) => {
      const ann = await newPerson(world)
      const hold = newHold(ann, 300n)
      expect(await ledger.open(hold, now)).toBe(300n)
      if (cost !== null)
        expect(await ledger.resolve(settlement(hold.id, cost, more), now)).toBe(answer)
      expect(await counters(world, ann)).toEqual([...expected])
      expect(await openHolds(world, ann)).toBe(cost === null ? 1 : 0)
    })
  })

  test('what a call costs beyond its charge is the operator’s write-off, in the account’s chain', async () => {
    const ann = await newPerson(world, 100n)
    const hold = newHold(ann, 100n)
    await ledger.open(hold, now)
    await ledger.resolve(settlement(hold.id, 130n, { overdraft: 5n }), now)
    const [, , post, excess] = await transfersOf(world, ann)
    expect(post).toMatchObject({
      id: `${hold.id}:post`,
      phase: 'post',
      pendingId: hold.id,
      amount: 105n,
    })
    expect(excess).toMatchObject({
      code: 'usage_excess',
      debitId: 'writeoff',
      creditId: 'income',
      amount: 25n,
    })
  })

  test('a resolved hold stays as it is: resolving it again answers null', async () => {
    const ann = await newPerson(world)
    const hold = newHold(ann, 300n)
    await ledger.open(hold, now)
    const again = [120n, 0n, 900n].map((cost) => ledger.resolve(settlement(hold.id, cost), now))
    expect((await Promise.all(again)).filter((charged) => charged !== null)).toHaveLength(1)
    expect(await ledger.resolve(settlement(hold.id, 120n), now)).toBeNull()
    expect(await ledger.resolve(settlement('gen-unknown', 1n), now)).toBeNull()
    expect(await transfersOf(world, ann)).toHaveLength(3)
  })

  test('a call’s record and its hour say what was counted and charged', async () => {
    const ann = await newPerson(world)
    const ends = [
      { outcome: 'complete', units: { input: 30, cache_read: 20, output: 10 } },
      { outcome: 'broken', units: { input: 5, reasoning: 5 } },
    ] as const
    for (const { outcome, units } of ends) {
      const hold = newHold(ann, 100n)
      await ledger.open(hold, now)
      const cost = BigInt(Object.values(units).reduce((sum, count) => sum + count, 0))
      await ledger.resolve(
        settlement(hold.id, cost, { outcome, units, buyCost: 4n, flags: 'clamped' }),
        now,
      )
    }
    const records = await world.store.db
      .select()
      .from(usage)
      .where(eq(usage.accountId, ann))
      .orderBy(usage.id)
    expect(records[0]).toMatchObject({
      input: 30,
      cache_read: 20,
      output: 10,
      image: 0,
      cost: 60n,
      charged: 60n,
    })
    expect(records[0]).toMatchObject({
      keyId: `${ann}-key`,
      modelId: 'm',
      flags: 'clamped',
      streamed: false,
    })
    expect(
      await world.store.db.select().from(usageHour).where(eq(usageHour.accountId, ann)),
    ).toEqual([
      {
        ...{ accountId: ann, hour: now, keyId: `${ann}-key`, modelId: 'm', calls: 2, failures: 1 },
        ...{ promptTokens: 55, completionTokens: 15, charged: 70n, buyCost: 8n },
      },
    ])
  })

  describe('a hold is clamped to what is free, but never below its least', () => {
    test.each([
      // free, limit, wanted, least → held or refused
      [1000n, null, 300n, 300n, 300n],
      [200n, null, 300n, 100n, 200n],
      [100n, null, 300n, 100n, 100n],
      [99n, null, 300n, 100n, 'insufficient_credits'],
      [1000n, 200n, 300n, 100n, 200n],
      [1000n, 100n, 300n, 100n, 100n],
      [1000n, 99n, 300n, 100n, 'key_limit_reached'],
      [150n, 120n, 300n, 100n, 120n],
      [120n, 150n, 300n, 100n, 120n],
      [99n, 99n, 300n, 100n, 'insufficient_credits'],
      [0n, null, 0n, 0n, 0n],
    ] as const)(
      '%p free, key limit %p: %p wanted, %p at least → %p',
      async (free, creditLimit, amount, least, held) => {
        const ann = await newPerson(world, free, { creditLimit })
        const answer = ledger.open(newHold(ann, amount, { least }), now)
        if (typeof held === 'string') expect(await refusal(answer)).toBe(held)
        else expect(await answer).toBe(held)
        const pending = typeof held === 'string' ? 0n : held
        expect(await counters(world, ann)).toEqual([free - pending, pending, 0n, free])
        expect(await keyCounters(world, ann)).toEqual({ held: pending, spent: 0n })
      },
    )
  })

  describe('who may not spend is refused, at the opening and in mid-stream', () => {
    test.each([
      ['the account is suspended', 'account_suspended', (ann) => setState(world, ann, 'suspended')],
      ['the account is closed', 'account_closed', (ann) => setState(world, ann, 'closed')],
      ['the key is revoked', 'invalid_api_key', (ann) => setKey(world, ann, { state: 'revoked' })],
      [
        'the key is disabled',
        'invalid_api_key',
        (ann) => setKey(world, ann, { state: 'disabled' }),
      ],
    ] as [string, ErrorCode, (ann: string) => Promise<void>][])(
      '%s: %s',
      async (_, code, happen) => {
        const ann = await newPerson(world)
        const running = newHold(ann, 10n)
        await ledger.open(running, now)
        await happen(ann)
        expect(await refusal(ledger.open(newHold(ann, 10n), now))).toBe(code)
        expect(await refusal(ledger.extend(running.id, 10n, 0n, now))).toBe(code)
        expect(await ledger.resolve(settlement(running.id, 8n), now)).toBe(8n)
      },
    )

    test.each([
      ['no such account', { accountId: 'acc_none' }],
      ['no such key', { keyId: 'key_none' }],
      ['another account’s key', { keyId: 'BOB' }],
    ])('%s: invalid_api_key', async (_, wrong) => {
      const [ann, bob] = [await newPerson(world), await newPerson(world)]
      const hold = { ...newHold(ann, 10n), ...wrong }
      if (hold.keyId === 'BOB') hold.keyId = `${bob}-key`
      expect(await refusal(ledger.open(hold, now))).toBe('invalid_api_key')
    })
  })

  describe('a stream outgrows its hold of 100', () => {
    test.each([
      // credit, limit, by, overdraft → free after, or refused
      [200n, null, 100n, 0n, 0n],
      [200n, null, 101n, 0n, 'insufficient_credits'],
      [200n, null, 150n, 50n, -50n],
      [200n, null, 151n, 50n, 'insufficient_credits'],
      [200n, 150n, 50n, 0n, 50n],
      [200n, 150n, 51n, 0n, 'key_limit_reached'],
      [100n, 100n, 51n, 0n, 'key_limit_reached'],
    ] as const)(
      'credit %p, key limit %p, by %p, overdraft %p → %p',
      async (credit, creditLimit, by, overdraft, after) => {
        const ann = await newPerson(world, credit, { creditLimit })
        const hold = newHold(ann, 100n)
        await ledger.open(hold, now)
        const refused = typeof after === 'string'
        expect(await refusal(ledger.extend(hold.id, by, overdraft, now))).toBe(
          refused ? after : 'granted',
        )
        const held = refused ? 100n : 100n + by
        expect(await counters(world, ann)).toEqual([credit - held, held, 0n, credit])
        expect(await keyCounters(world, ann)).toEqual({ held, spent: 0n })
        expect(await ledger.resolve(settlement(hold.id, held), now)).toBe(held)
      },
    )

    test('a hold that is resolved already cannot be extended', async () => {
      const ann = await newPerson(world)
      const hold = newHold(ann, 100n)
      await ledger.open(hold, now)
      await ledger.resolve(settlement(hold.id, 10n), now)
      expect(await refusal(ledger.extend(hold.id, 1n, 0n, now))).toBe('invalid_api_key')
    })
  })

  test('what was delivered is noted on the hold, for holds that still exist', async () => {
    const ann = await newPerson(world)
    const [one, two] = [newHold(ann, 10n), newHold(ann, 10n)]
    await ledger.open(one, now)
    await ledger.open(two, now)
    await ledger.note([])
    await ledger.note([
      { id: one.id, delivered: '{"units":{"output":1}}' },
      { id: 'gen-gone', delivered: '{}' },
    ])
    const rows = await world.store.db
      .select()
      .from(holds)
      .where(eq(holds.accountId, ann))
      .orderBy(holds.id)
    expect(rows.map(({ delivered }) => delivered)).toEqual(['{"units":{"output":1}}', null])
    expect(JSON.parse(rows[0]?.draft ?? '')).toEqual(draft)
  })

  test('after all of that the books verify', async () => {
    expect((await verifyLedger(world.store)).checks.filter(({ ok }) => !ok)).toEqual([])
  })
})
