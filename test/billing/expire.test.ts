/** Promotional credit ends at its time: all of it that no call holds, never twice, and never any other credit. */
import { beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { expireCredit } from '../../src/billing/expire.ts'
import { grantCredit } from '../../src/billing/grant.ts'
import { readLots } from '../../src/ledger/lot.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { tellExpiring } from '../../src/notice/expiring.ts'
import { transfer } from '../../src/store/schema.ts'
import { databases } from '../helpers/database.ts'
import { mailsTo, newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { newHold, newPerson, newWorld, settlement } from '../ledger/world.ts'

const usd = 1_000_000_000n
const dayMs = 24 * 60 * 60_000

describe.each(databases)('on %s', (_, open) => {
  let people: TestPeople
  beforeEach(async () => {
    const store = await open()
    await newWorld(store)
    people = await openPeople(store)
  })

  const now = () => people.clock.now()
  const give = (accountId: string, amount: bigint, expiresAt: number | null, reference?: string) =>
    grantCredit(people, {
      ...{ accountId, amount, expiresAt, reason: 'trial', actor: 'command' },
      reference: reference ?? null,
    })
  const hold = async (accountId: string, amount: bigint) => {
    const held = newHold(accountId, amount)
    await people.ledger.open(held, now())
    return (cost: bigint) => people.ledger.resolve(settlement(held.id, cost), now())
  }
  const expiries = async (accountId: string) => {
    const rows = await people.store.db
      .select()
      .from(transfer)
      .where(eq(transfer.accountId, accountId))
      .orderBy(transfer.seq)
    return rows.filter(({ code }) => code === 'expiry').map(({ amount }) => amount)
  }
  const left = async (accountId: string) =>
    (await readLots(people.store, accountId)).map(({ amount, spent }) => amount - spent)

  test('what is left ends at its time, and nothing else does', async () => {
    const ann = await newPerson(people, 0n)
    await give(ann, 10n * usd, now() + dayMs)
    await give(ann, 3n * usd, null)
    await (await hold(ann, 4n * usd))(4n * usd)
    people.clock.move(dayMs - 1)
    await expireCredit(people)
    expect(await expiries(ann)).toEqual([])
    people.clock.move(1)
    for (let run = 0; run < 3; run++) await expireCredit(people)
    expect(await expiries(ann)).toEqual([6n * usd])
    expect(await left(ann)).toEqual([3n * usd])
  })

  test('what calls hold stays theirs; what they leave ends the next time', async () => {
    const ann = await newPerson(people, 0n)
    await give(ann, 10n * usd, now() + dayMs)
    const first = await hold(ann, 4n * usd)
    const second = await hold(ann, 2n * usd)
    people.clock.move(dayMs)
    await expireCredit(people)
    expect(await expiries(ann)).toEqual([4n * usd])
    await first(1n * usd)
    await expireCredit(people)
    expect(await expiries(ann)).toEqual([4n * usd, 3n * usd])
    await second(2n * usd)
    await expireCredit(people)
    expect(await expiries(ann)).toEqual([4n * usd, 3n * usd])
    expect(await left(ann)).toEqual([])
  })

  test('by many nodes at once, beside calls, it ends once and takes no other credit', async () => {
    const ann = await newPerson(people, 0n)
    await give(ann, 5n * usd, null)
    await give(ann, 10n * usd, now() + dayMs)
    people.clock.move(dayMs)
    const calls = async () => {
      for (let call = 0; call < 10; call++) await (await hold(ann, usd / 10n))(usd / 20n)
    }
    await Promise.all([calls(), ...Array.from({ length: 6 }, () => expireCredit(people))])
    await expireCredit(people)
    const booked = await expiries(ann)
    const spent = usd / 2n
    const ended = booked.reduce((sum, amount) => sum + amount, 0n)
    const [rest = 0n] = await left(ann)
    expect(await left(ann)).toHaveLength(1)
    expect(ended + rest + spent).toBe(15n * usd)
    expect(ended <= 10n * usd && rest <= 5n * usd && rest >= 5n * usd - spent).toBe(true)
    expect((await verifyLedger(people.store)).checks.filter(({ ok }) => !ok)).toEqual([])
  })

  test('one account’s trouble keeps no other’s credit alive', async () => {
    const ann = await newPerson(people, 0n)
    const bob = await newPerson(people, 0n)
    await give(ann, usd, now() + dayMs)
    await give(bob, usd, now() + dayMs + 1)
    people.clock.move(2 * dayMs)
    const { transfer } = people.ledger
    const failing: typeof transfer = async (movement, ...rest) => {
      if (movement.accountId === ann) throw new Error('broken')
      return transfer(movement, ...rest)
    }
    await expireCredit({ ...people, ledger: { ...people.ledger, transfer: failing } })
    expect([await expiries(ann), await expiries(bob)]).toEqual([[], [usd]])
  })

  test('a reference is granted once', async () => {
    const ann = await newPerson(people, 0n)
    expect(await give(ann, usd, null, 'letter 7')).toStartWith('tfr_')
    expect(await give(ann, usd, null, 'letter 7')).toBeNull()
    expect(await left(ann)).toEqual([usd])
  })

  describe('a week before', () => {
    beforeEach(async () => {
      await newTeam(people, 'acme', { ann: 'owner', dev: 'developer' })
    })
    const mails = async () => (await mailsTo(people, 'ann', 'credit_expires')).length

    test('who looks after money is told once, of several lots in one mail', async () => {
      await give('acme', 2n * usd, now() + 8 * dayMs)
      await give('acme', usd / 2n, now() + 9 * dayMs)
      await tellExpiring(people)
      expect(await mails()).toBe(0)
      people.clock.move(2 * dayMs)
      await Promise.all([tellExpiring(people), tellExpiring(people)])
      people.clock.move(dayMs)
      await tellExpiring(people)
      const [text] = await mailsTo(people, 'ann', 'credit_expires')
      expect(text).toContain('2.50 USD')
      expect(text).toContain('2026-01-23 12:00')
      expect(await mails()).toBe(1)
      expect(await mailsTo(people, 'dev', 'credit_expires')).toEqual([])
    })

    test('credit that comes later is told of as well, a day later at the soonest', async () => {
      await give('acme', 2n * usd, now() + 3 * dayMs)
      await tellExpiring(people)
      await give('acme', 3n * usd, now() + 4 * dayMs)
      await tellExpiring(people)
      expect(await mails()).toBe(1)
      people.clock.move(dayMs)
      await tellExpiring(people)
      expect(await mails()).toBe(2)
    })

    test('less than a dollar is not worth a mail', async () => {
      await give('acme', usd - 1n, now() + dayMs)
      await tellExpiring(people)
      expect(await mails()).toBe(0)
    })
  })
})
