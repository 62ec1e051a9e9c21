/** Movements by themselves: top-ups, refunds, grants and the like, alike on both databases. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { Code } from '../../src/ledger/chart.ts'
import type { Ledger, Movement } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { account, transfer } from '../../src/store/schema.ts'
import { storable } from '../../src/store/store.ts'
import { databases, now } from '../helpers/database.ts'
import {
  counters,
  fresh,
  movement,
  newHold,
  newPerson,
  newWorld,
  refusal,
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
  describe('a movement by itself', () => {
    test.each([
      // code, more → [debit, credit] where '' is the account
      ['topup', { processor: 'stripe' }, ['clearing:stripe', '']],
      ['refund', { processor: 'ecpay' }, ['', 'clearing:ecpay']],
      ['dispute', {}, ['', 'disputes']],
      ['dispute_won', {}, ['disputes', '']],
      ['grant', {}, ['promo', '']],
      ['voucher', {}, ['promo', '']],
      ['expiry', {}, ['', 'promo']],
      ['adjustment', { way: 'debit', reason: 'r', actor: 'a' }, ['', 'income']],
      ['adjustment', { way: 'credit', reason: 'r', actor: 'a' }, ['income', '']],
      ['writeoff', {}, ['writeoff', '']],
    ] as [Code, Partial<Movement>, [string, string]][])(
      '%s %p: debit and credit %p',
      async (code, more, sides) => {
        const ann = await newPerson(world, 500n)
        const moved = movement(ann, code, 200n, more)
        expect(await ledger.transfer(moved, now)).toBe(true)
        const [row] = await world.store.db.select().from(transfer).where(eq(transfer.id, moved.id))
        expect([row?.debitId, row?.creditId]).toEqual(sides.map((side) => side || ann))
        const debited = sides[0] === '' ? 200n : 0n
        expect(await counters(world, ann)).toEqual([
          700n - 2n * debited,
          0n,
          debited,
          700n - debited,
        ])
      },
    )

    test('is booked once by its external id, whoever asks', async () => {
      const [ann, bob] = [await newPerson(world, 0n), await newPerson(world, 0n)]
      const externalId = fresh('pi_')
      const topup = (id: string) => movement(id, 'topup', 50n, { processor: 'stripe', externalId })
      expect(await ledger.transfer(topup(ann), now)).toBe(true)
      expect(await ledger.transfer(topup(ann), now)).toBe(false)
      expect(await ledger.transfer(topup(bob), now)).toBe(false)
      expect(await ledger.transfer({ ...topup(ann), code: 'grant' }, now)).toBe(true)
      expect(await counters(world, ann)).toEqual([100n, 0n, 0n, 100n])
    })

    test('a refund takes no more than what is free; a dispute takes what it takes', async () => {
      const ann = await newPerson(world, 100n)
      await ledger.open(newHold(ann, 60n), now)
      const refund = (amount: bigint) =>
        ledger.transfer(
          movement(ann, 'refund', amount, {
            processor: 'stripe',
            externalId: `re_${amount}${ann}`,
          }),
          now,
        )
      expect(await refusal(refund(41n))).toBe('insufficient_credits')
      expect(await refund(40n)).toBe(true)
      expect(await refund(40n)).toBe(false)
      expect(await ledger.transfer(movement(ann, 'dispute', 100n), now)).toBe(true)
      expect(await counters(world, ann)).toEqual([-100n, 60n, 140n, 100n])
    })

    test('what a refund froze goes back, though a dispute took the balance below zero meanwhile', async () => {
      const ann = await newPerson(world, 100n)
      const refund = { processor: 'stripe' }
      const asked = movement(ann, 'refund', 60n, { ...refund, phase: 'pending' })
      expect(await ledger.transfer(asked, now)).toBe(true)
      expect(await ledger.transfer(movement(ann, 'dispute', 180n), now)).toBe(true)
      expect(await counters(world, ann)).toEqual([-140n, 60n, 180n, 100n])
      const refused = { ...refund, phase: 'void' as const, pendingId: asked.id }
      expect(await ledger.transfer(movement(ann, 'refund', 0n, refused), now)).toBe(true)
      expect(await counters(world, ann)).toEqual([-80n, 0n, 180n, 100n])
    })

    test('needs an account that exists', async () => {
      expect(await refusal(ledger.transfer(movement('acc_none', 'grant', 1n), now))).toBe(
        'not_found',
      )
    })

    test.each([
      ['nothing', movement('x', 'grant', 0n)],
      ['a negative amount', movement('x', 'grant', -1n)],
      ['a top-up without a processor', movement('x', 'topup', 1n)],
      ['an adjustment without a way', movement('x', 'adjustment', 1n, { reason: 'r', actor: 'a' })],
    ])('of %s is a bug', async (_, wrong) => {
      const attempt = async () => ledger.transfer(wrong, now)
      expect(attempt()).rejects.toThrow('bug:')
    })

    test.each([
      ['an adjustment without a reason', { code: 'adjustment', way: 'credit', actor: 'a' }],
      ['an amount past 64 bits', { amount: 2n ** 63n - 500n }],
      ['a house account’s own counters', { accountId: 'promo', code: 'writeoff' }],
    ] as const)('of %s is refused by the database, whole', async (_, wrong) => {
      const ann = await newPerson(world, 500n)
      const attempt = ledger.transfer({ ...movement(ann, 'grant', 100n), ...wrong }, now)
      expect(
        await attempt.then(
          () => 'booked',
          (cause) => cause instanceof Error,
        ),
      ).toBe(true)
      expect(await counters(world, ann)).toEqual([500n, 0n, 0n, 500n])
      expect(await transfersOf(world, ann)).toHaveLength(1)
    })

    test('keeps any text and its hash', async () => {
      const ann = await newPerson(world, 0n)
      const reason = 'Größe 你好 🙂 "quoted" \\x1f \x1f \ud800 \0 \n'
      await ledger.transfer(movement(ann, 'grant', 1n, { reason, actor: "o'hara" }), now)
      const [row] = await transfersOf(world, ann)
      expect(row?.reason).toBe(storable(reason))
    })
  })

  test('house accounts keep no totals of their own', async () => {
    const rows = await world.store.db.select().from(account).where(eq(account.kind, 'house'))
    expect(rows.map(({ id }) => id)).toContain('clearing:stripe')
    for (const { debitsPosted, creditsPosted, seq } of rows) {
      expect([debitsPosted, creditsPosted, seq]).toEqual([0n, 0n, 0])
    }
  })
  test('after all of that the books verify', async () => {
    expect((await verifyLedger(world.store)).checks.filter(({ ok }) => !ok)).toEqual([])
  })
})
