import { beforeAll, describe, expect, test } from 'bun:test'
import { readStatement } from '../../src/ledger/statement.ts'
import { databases, now } from '../helpers/database.ts'
import { movement, newHold, newPerson, newWorld, settlement, type World } from './world.ts'

describe.each(databases)(
  'on %s, Ann got 1000, paid calls, topped up and was refunded',
  (_, open) => {
    let world: World
    let ann: string

    async function call(cost: bigint, overdraft = 0n) {
      const hold = newHold(ann, 100n)
      await world.ledger.open(hold, now)
      await world.ledger.resolve(settlement(hold.id, cost, { overdraft }), now)
    }

    beforeAll(async () => {
      world = await newWorld(await open())
      const bob = await newPerson(world, 5n)
      ann = await newPerson(world, 1000n)
      await call(80n)
      await call(0n)
      await world.ledger.transfer(
        movement(ann, 'topup', 500n, { processor: 'stripe', externalId: 'pi' }),
        now,
      )
      await call(2000n, 50n)
      await world.ledger.transfer(movement(bob, 'grant', 9n), now)
      await world.ledger.transfer(
        movement(ann, 'adjustment', 70n, { way: 'credit', reason: 'late', actor: 'op' }),
        now,
      )
      await world.ledger.open(newHold(ann, 20n), now)
    })

    const expected: [string, bigint, bigint][] = [
      ['adjustment', 70n, 20n],
      ['usage', -1470n, -50n],
      ['topup', 500n, 1420n],
      ['usage', -80n, 920n],
      ['grant', 1000n, 1000n],
    ]

    test('the statement lists what moved her balance, newest first; holds, voids and write-offs are not on it', async () => {
      const rows = await readStatement(world.store, ann, { limit: 100 })
      expect(rows.map(({ code, amount, balance }) => [code, amount, balance])).toEqual(expected)
      expect(rows[0]).toMatchObject({ reason: 'late', callId: null, createdAt: now })
      expect(rows[1]?.callId).toStartWith('gen-')
      expect(rows[2]).toMatchObject({ externalId: 'pi' })
    })

    test.each([1, 2, 3, 5])('pages of %p start with the right balance', async (limit) => {
      const seen: (typeof expected)[number][] = []
      for (let after: number | undefined; ; ) {
        const page = await readStatement(
          world.store,
          ann,
          after === undefined ? { limit } : { after, limit },
        )
        seen.push(
          ...page.map(
            ({ code, amount, balance }) => [code, amount, balance] as (typeof expected)[number],
          ),
        )
        if (page.length < limit) break
        after = page.at(-1)?.seq
      }
      expect(seen).toEqual(expected)
    })

    test('a page goes on from the balance that the page before left', async () => {
      const [last] = await readStatement(world.store, ann, { limit: 1 })
      const { seq: after, balance, amount } = last!
      const page = { after, limit: 100 }
      expect(await readStatement(world.store, ann, { ...page, left: balance - amount })).toEqual(
        await readStatement(world.store, ann, page),
      )
    })

    test('an account without movements has an empty one', async () => {
      expect(await readStatement(world.store, 'acc_none', { limit: 10 })).toEqual([])
    })
  },
)
