/** The ledger in a thread of its own keeps the same promises, and refusals cross to the caller as they are. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { AppError } from '../../src/base/error.ts'
import { openThread } from '../../src/ledger/thread.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { openStore } from '../../src/store/open.ts'
import { account } from '../../src/store/schema.ts'
import { must } from '../../src/store/store.ts'
import { newDirectory, now } from '../helpers/database.ts'
import {
  counters,
  movement,
  newHold,
  newPerson,
  newWorld,
  settlement,
  type World,
} from './world.ts'

const noDeath = (cause: unknown) => {
  throw cause
}

describe('SQLite in a thread of its own, where Ann has 1000', () => {
  let world: World

  beforeAll(async () => {
    const path = join(newDirectory(), 'kkai.db')
    const here = await openStore(path, now)
    const before = await newWorld(here)
    await newPerson(before, 1000n, { creditLimit: 600n }, 'ann')
    await newPerson(before, 50_000n, {}, 'bob')
    await here.close()
    world = (await openThread(path, now, noDeath)) as unknown as World
  })
  afterAll(() => world.store.close())

  test('a call holds 300, costs 120, and the answer says so', async () => {
    const hold = newHold('ann', 300n)
    expect(await world.ledger.open(hold, now)).toBe(300n)
    expect(await counters(world, 'ann')).toEqual([700n, 300n, 0n, 1000n])
    expect(await world.ledger.resolve(settlement(hold.id, 120n), now)).toBe(120n)
    expect(await world.ledger.resolve(settlement(hold.id, 120n), now)).toBeNull()
    expect(await counters(world, 'ann')).toEqual([880n, 0n, 120n, 1000n])
  })

  test.each([
    ['more than her key may spend', newHold('ann', 500n), 'key_limit_reached'],
    ['more than her credit', newHold('ann', 5000n), 'insufficient_credits'],
    ['by a key that is not hers', newHold('ann', 1n, { keyId: 'bob-key' }), 'invalid_api_key'],
  ])('a call is refused that wants %s', async (_, hold, code) => {
    const refusal = await world.ledger.open(hold, now).catch((cause) => cause)
    expect(refusal).toBeInstanceOf(AppError)
    expect(refusal).toMatchObject({ code })
  })

  test('200 calls at once on credit for 50 admit exactly 50', async () => {
    const asked = Array.from({ length: 200 }, () => world.ledger.open(newHold('bob', 1000n), now))
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(50)
    expect((await counters(world, 'bob'))[0]).toBe(0n)
  })

  test('a top-up known by its external id is booked once, however often it is told', async () => {
    const paid = { processor: 'stripe', externalId: 'pi_1' }
    const told = Array.from({ length: 20 }, () =>
      world.ledger.transfer(movement('ann', 'topup', 500n, paid), now),
    )
    expect((await Promise.all(told)).filter((booked) => booked)).toHaveLength(1)
  })

  test('a write whose guard fails changes nothing and refuses in its own words', async () => {
    const email = (id: string, text: string) => (db: World['store']['db']) =>
      db.update(account).set({ email: text }).where(eq(account.id, id))
    const written = world.store.write((db) => [
      email('ann', 'ann@example.com')(db),
      must(email('nobody', 'x@example.com')(db), 'not_found', { message: 'No such person.' }),
    ])
    expect(await written.catch((cause) => cause)).toMatchObject({ message: 'No such person.' })
    const [row] = await world.store.db.select().from(account).where(eq(account.id, 'ann'))
    expect(row?.email).toBeNull()
  })

  test('a statement that the database refuses is an error, and the next one works', async () => {
    const twice = world.store.write((db) => [
      db.insert(account).values({ id: 'ann', kind: 'person', createdAt: now }),
    ])
    expect(await twice.catch((cause) => String(cause))).toContain('UNIQUE')
    expect(await world.ledger.transfer(movement('ann', 'grant', 1n), now)).toBe(true)
  })

  test('the books verify beside it', async () => {
    expect(await verifyLedger(world.store)).toMatchObject({ ok: true })
  })
})

test('a file that is no database stops the start with one sentence', async () => {
  const path = join(newDirectory(), 'kkai.db')
  writeFileSync(path, 'not a database, but long enough to be taken for a page of one '.repeat(50))
  const refused = await openThread(path, now, noDeath).catch((cause) => cause)
  expect(refused.message).toStartWith(`${path} is not a database of this program.`)
})
