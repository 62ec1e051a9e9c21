/** An account's lots as they are kept: divided when asked for, by whoever asks, alike on both databases. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { divideLots, readLots, readLotUses, refundable } from '../../src/ledger/lot.ts'
import { lot } from '../../src/store/credit.ts'
import { account } from '../../src/store/schema.ts'
import { databases, now } from '../helpers/database.ts'
import { movement, newHold, newPerson, newWorld, settlement, type World } from './world.ts'

describe.each(databases)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await newWorld(await open())
  })

  async function call(accountId: string, cost: bigint): Promise<void> {
    const hold = newHold(accountId, cost)
    await world.ledger.open(hold, now)
    await world.ledger.resolve(settlement(hold.id, cost), now)
  }
  const pay = async (accountId: string, amount: bigint) => {
    const paid = movement(accountId, 'topup', amount, { processor: 'manual' })
    await world.ledger.transfer(paid, now)
    return paid.id
  }
  const kept = async (accountId: string) => {
    const { db } = world.store
    const [at] = await db.select().from(account).where(eq(account.id, accountId))
    return {
      debt: at?.lotsDebt,
      lots: await db.select().from(lot).where(eq(lot.accountId, accountId)).orderBy(lot.id),
      uses: (await readLotUsesOfAll(accountId)).map(({ createdAt: __, ...use }) => use),
    }
  }
  const readLotUsesOfAll = async (accountId: string) => {
    const lots = await world.store.db.select().from(lot).where(eq(lot.accountId, accountId))
    const uses = lots.map(({ id: lotId }) =>
      readLotUses(world.store, { accountId, lotId, limit: 100 }),
    )
    return (await Promise.all(uses)).flat()
  }

  test('what is left is told in the order that it is spent, with where it came from', async () => {
    const ann = await newPerson(world, 0n)
    const bought = await pay(ann, 1000n)
    const gift = movement(ann, 'grant', 100n, { reason: 'welcome', expiresAt: now + 1000 })
    await world.ledger.transfer(gift, now)
    await call(ann, 130n)
    await call(ann, 20n)
    expect(await readLots(world.store, ann)).toMatchObject([
      { id: bought, kind: 'paid', amount: 1000n, spent: 50n, code: 'topup', expiresAt: null },
    ])
    const uses = await readLotUses(world.store, { accountId: ann, lotId: bought, limit: 10 })
    expect(uses).toMatchObject([{ code: 'usage', amount: 50n, fromSeq: 4, toSeq: 6 }])
    expect(await readLotUses(world.store, { accountId: ann, lotId: gift.id, limit: 10 })).toEqual([
      { lotId: gift.id, fromSeq: 4, toSeq: 4, code: 'usage', amount: 100n, createdAt: now },
    ])
    expect(await readLotUses(world.store, { accountId: 'x', lotId: bought, limit: 10 })).toEqual([])
  })

  test('what an order may pay back is what is unspent and not frozen', async () => {
    const ann = await newPerson(world, 0n)
    const [first, second] = [await pay(ann, 100n), await pay(ann, 100n)]
    const left = async (transferId: string | null) =>
      (await refundable(world.store, { accountId: ann, transferId }))?.left ?? 0n
    await call(ann, 30n)
    expect([await left(first), await left(second), await left(null)]).toEqual([70n, 100n, 0n])
    const refund = { processor: 'manual', correctsId: second }
    const asked = movement(ann, 'refund', 60n, { ...refund, phase: 'pending' })
    await world.ledger.transfer(asked, now)
    expect(await left(second)).toBe(40n)
    const resolving = { ...refund, pendingId: asked.id }
    await world.ledger.transfer(movement(ann, 'refund', 25n, { ...resolving, phase: 'post' }), now)
    expect([await left(first), await left(second)]).toEqual([70n, 75n])
  })

  test('it is the same by pages of any size, and by many who ask at once', async () => {
    const chains = await Promise.all(
      [1, 3, 4000].map(async (rows) => {
        const ann = await newPerson(world, 0n)
        await pay(ann, 50n)
        await world.ledger.transfer(movement(ann, 'grant', 40n), now)
        for (const cost of [10n, 20n, 30n]) await call(ann, cost)
        await world.ledger.transfer(movement(ann, 'dispute', 50n), now)
        await Promise.all(Array.from({ length: 8 }, () => divideLots(world.store, ann, rows)))
        await pay(ann, 70n)
        await divideLots(world.store, ann, rows)
        const { debt, lots, uses } = await kept(ann)
        return {
          debt,
          lots: lots.map(({ spent }) => spent),
          uses: uses.map(({ lotId: __, ...use }) => use),
        }
      }),
    )
    expect(chains[0]?.debt).toBe(0n)
    expect(chains[0]?.lots).toContain(20n)
    expect(chains[1]).toEqual(chains[0]!)
    expect(chains[2]).toEqual(chains[0]!)
  })

  test('nothing is written where nothing has moved', async () => {
    const ann = await newPerson(world, 10n)
    await divideLots(world.store, ann)
    const before = await kept(ann)
    await world.ledger.open(newHold(ann, 5n), now)
    await divideLots(world.store, ann)
    expect(await kept(ann)).toEqual(before)
  })
})
