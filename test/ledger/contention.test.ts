/** The ledger under many callers at once: what one at a time may not do, a crowd may not do either [T3.4]. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { AppError } from '../../src/base/error.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { databases, now } from '../helpers/database.ts'
import {
  counters,
  fresh,
  keyCounters,
  movement,
  newHold,
  newPerson,
  newWorld,
  settlement,
  transfersOf,
  type World,
} from './world.ts'

/** Answers null where the ledger refuses; anything else is a failure of the test. */
const unlessRefused = <T>(work: Promise<T>) =>
  work.catch((cause) => {
    if (cause instanceof AppError && cause.status < 500) return null
    throw cause
  })

const times = <T>(count: number, make: (at: number) => T) =>
  Array.from({ length: count }, (_, at) => make(at))

describe.each(databases)('on %s', (_, open) => {
  let world: World
  let ledger: Ledger
  beforeAll(async () => {
    world = await newWorld(await open())
    ledger = world.ledger
  })

  test('200 parallel calls on credit for 50 admit exactly 50', async () => {
    const ann = await newPerson(world, 50n)
    const answers = await Promise.all(
      times(200, () => unlessRefused(ledger.open(newHold(ann, 1n), now))),
    )
    expect(answers.filter((held) => held === 1n)).toHaveLength(50)
    expect(await counters(world, ann)).toEqual([0n, 50n, 0n, 50n])
  })

  test('200 parallel calls on a key’s limit of 50 admit exactly 50', async () => {
    const ann = await newPerson(world, 1000n, { creditLimit: 50n })
    const answers = await Promise.all(
      times(200, () => unlessRefused(ledger.open(newHold(ann, 1n), now))),
    )
    expect(answers.filter((held) => held === 1n)).toHaveLength(50)
    expect(await keyCounters(world, ann)).toEqual({ held: 50n, spent: 0n })
  })

  test('a hold resolved by 20 at once is resolved by one', async () => {
    const ann = await newPerson(world)
    const hold = newHold(ann, 100n)
    await ledger.open(hold, now)
    const answers = await Promise.all(
      times(20, (at) => ledger.resolve(settlement(hold.id, BigInt(at)), now)),
    )
    const [charged] = answers.filter((answer) => answer !== null)
    expect(answers.filter((answer) => answer !== null)).toHaveLength(1)
    expect(await counters(world, ann)).toEqual([1000n - charged!, 0n, charged!, 1000n])
  })

  test('a payment that arrives 20 times at once, for two accounts, is booked once', async () => {
    const people = [await newPerson(world, 0n), await newPerson(world, 0n)]
    const externalId = fresh('pi_')
    const topup = (at: number) =>
      movement(people[at % 2]!, 'topup', 10n, { processor: 'late', externalId })
    const booked = await Promise.all(times(20, (at) => ledger.transfer(topup(at), now)))
    expect(booked.filter(Boolean)).toHaveLength(1)
  })

  test('20 refunds of one id at once, on credit for one, take it once and refuse none', async () => {
    const ann = await newPerson(world, 10n)
    const refund = { processor: 'late', externalId: fresh('re_') }
    const booked = await Promise.all(
      times(20, () => ledger.transfer(movement(ann, 'refund', 10n, refund), now)),
    )
    expect(booked.filter(Boolean)).toHaveLength(1)
    expect(await counters(world, ann)).toEqual([0n, 0n, 10n, 10n])
  })

  test('a hold that is extended, noted and resolved at once is resolved whole, whichever comes first', async () => {
    for (let round = 0; round < 10; round++) {
      const ann = await newPerson(world)
      const holds = times(3, () => newHold(ann, 5n))
      await Promise.all(holds.map((hold) => ledger.open(hold, now)))
      await Promise.all(
        holds.flatMap(({ id }) => [
          unlessRefused(ledger.extend(id, 3n, 0n, now)),
          ledger.resolve(settlement(id, 2n), now),
          unlessRefused(ledger.extend(id, 4n, 0n, now)),
          ledger.note([{ id, delivered: '{}' }]),
        ]),
      )
      expect(await counters(world, ann)).toEqual([994n, 0n, 6n, 1000n])
      expect(await keyCounters(world, ann)).toEqual({ held: 0n, spent: 6n })
    }
  })

  const call = fc.record({
    amount: fc.bigInt(20n, 60n),
    least: fc.bigInt(0n, 20n),
    extensions: fc.array(fc.bigInt(1n, 40n), { maxLength: 3 }),
    cost: fc.bigInt(0n, 200n),
    capAtHold: fc.boolean(),
    pauses: fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }),
  })
  const scene = fc.record({
    credit: fc.bigInt(0n, 300n),
    overdraft: fc.bigInt(0n, 50n),
    creditLimit: fc.option(fc.bigInt(0n, 200n)),
    calls: fc.array(call, { minLength: 1, maxLength: 12 }),
  })

  test('usage never takes a balance below minus the allowance, nor a key’s holds above its limit, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ credit, overdraft, creditLimit, calls }) => {
        const ann = await newPerson(world, credit, { creditLimit })
        let lowest = credit
        const look = async () => {
          const [free = 0n] = await counters(world, ann)
          if (free < lowest) lowest = free
          const { held = 0n } = await keyCounters(world, ann)
          expect(creditLimit === null || held <= creditLimit).toBe(true)
        }
        const outcomes = await Promise.all(
          calls.map(async ({ amount, least, extensions, cost, capAtHold, pauses }) => {
            const wait = async (at: number) => {
              for (let turns = pauses[at] ?? 0; turns > 0; turns--) await setImmediate()
            }
            await wait(0)
            const hold = newHold(ann, amount, { least })
            const held = await unlessRefused(ledger.open(hold, now))
            if (held === null) return null
            for (const [at, by] of extensions.entries()) {
              await wait(at + 1)
              await unlessRefused(ledger.extend(hold.id, by, overdraft, now))
              await look()
            }
            await wait(4)
            const charged = await ledger.resolve(
              settlement(hold.id, cost, { overdraft, capAtHold }),
              now,
            )
            await look()
            return { charged: charged ?? -1n, cost }
          }),
        )
        const charged = outcomes.reduce((sum, outcome) => sum + (outcome?.charged ?? 0n), 0n)
        for (const outcome of outcomes) {
          if (outcome) expect(outcome.charged >= 0n && outcome.charged <= outcome.cost).toBe(true)
        }
        expect(lowest >= -overdraft).toBe(true)
        expect(await counters(world, ann)).toEqual([credit - charged, 0n, charged, credit])
        expect(await keyCounters(world, ann)).toEqual({ held: 0n, spent: charged })
        const writtenOff = (await transfersOf(world, ann)).filter(
          ({ code }) => code === 'usage_excess',
        )
        const cost = outcomes.reduce((sum, outcome) => sum + (outcome?.cost ?? 0n), 0n)
        expect(writtenOff.reduce((sum, { amount }) => sum + amount, 0n)).toBe(cost - charged)
      }),
      { numRuns: 30, seed: 7 },
    )
  }, 60_000)

  test('after all of that the books verify', async () => {
    expect((await verifyLedger(world.store)).checks.filter(({ ok }) => !ok)).toEqual([])
  })
})
