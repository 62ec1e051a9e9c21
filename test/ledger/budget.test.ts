/** A key's credit limit over its periods, alike on both databases. */
import { beforeAll, describe, expect, test } from 'bun:test'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { databases, now } from '../helpers/database.ts'
import {
  draft,
  keyCounters,
  newHold,
  newPerson,
  newWorld,
  refusal,
  settlement,
  type World,
} from './world.ts'

describe.each(databases)('on %s', (_, open) => {
  let world: World
  let ledger: Ledger
  beforeAll(async () => {
    world = await newWorld(await open())
    ledger = world.ledger
  })
  describe('a key with a limit of 100', () => {
    const [day1, day2] = [now, now + 86_400_000]

    test('spends it once a period, and afresh in the next', async () => {
      const ann = await newPerson(world, 1000n, { creditLimit: 100n, creditReset: 'daily' })
      const first = newHold(ann, 100n, { periodStart: day1 })
      await ledger.open(first, day1)
      await ledger.resolve(
        settlement(first.id, 100n, { draft: { ...draft, periodStart: day1 } }),
        day1,
      )
      const refused = newHold(ann, 1n, { periodStart: day1 })
      expect(await refusal(ledger.open(refused, day1))).toBe('key_limit_reached')
      const second = newHold(ann, 100n, { periodStart: day2 })
      expect(await ledger.open(second, day2)).toBe(100n)
      expect(await keyCounters(world, ann)).toEqual({ held: 100n, spent: 0n })
    })

    test('a call that straddles the reset holds against the new period but is not spent in it', async () => {
      const ann = await newPerson(world, 1000n, { creditLimit: 100n, creditReset: 'daily' })
      const straddler = newHold(ann, 60n, { periodStart: day1 })
      await ledger.open(straddler, day1)
      const next = newHold(ann, 50n, { least: 40n, periodStart: day2 })
      expect(await ledger.open(next, day2)).toBe(40n)
      await ledger.resolve(
        settlement(straddler.id, 60n, { draft: { ...draft, periodStart: day1 } }),
        day2,
      )
      expect(await keyCounters(world, ann)).toEqual({ held: 40n, spent: 0n })
      await ledger.resolve(
        settlement(next.id, 40n, { draft: { ...draft, periodStart: day2 } }),
        day2,
      )
      expect(await keyCounters(world, ann)).toEqual({ held: 0n, spent: 40n })
    })

    test('a clock that runs behind does not bring the old period back', async () => {
      const ann = await newPerson(world, 1000n, { creditLimit: 100n, creditReset: 'daily' })
      const late = newHold(ann, 70n, { periodStart: day2 })
      await ledger.open(late, day2)
      await ledger.resolve(
        settlement(late.id, 70n, { draft: { ...draft, periodStart: day2 } }),
        day2,
      )
      expect(await refusal(ledger.open(newHold(ann, 31n, { periodStart: day1 }), day1))).toBe(
        'key_limit_reached',
      )
    })
  })

  test('after all of that the books verify', async () => {
    expect((await verifyLedger(world.store)).checks.filter(({ ok }) => !ok)).toEqual([])
  })
})
