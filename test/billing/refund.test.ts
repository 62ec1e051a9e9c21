/** Asking for a refund: what of an order can go back, and that what is asked for is set aside at once. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { withdrawRefund } from '../../src/billing/refund.ts'
import { approveRefund, refuseRefund } from '../../src/billing/refund-decide.ts'
import { payRefund } from '../../src/billing/refund-pay.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import type { TopUpRow } from '../../src/billing/top-up.ts'
import { readLots } from '../../src/ledger/lot.ts'
import { refund } from '../../src/store/credit.ts'
import { key } from '../../src/store/schema.ts'
import { databases, now } from '../helpers/database.ts'
import { movement, newHold, newWorld, refusal, settlement } from '../ledger/world.ts'
import { openShop, type Shop, usd } from './refund-world.ts'

describe.each(databases)('on %s', (_, open) => {
  let shop: Shop
  beforeAll(async () => {
    const store = await open()
    await newWorld(store)
    shop = await openShop(store)
  })
  afterAll(async () => {
    expect(await shop.wrong()).toEqual([])
  })

  const newAccount = async (dollars = 25n) => {
    const accountId = await shop.newBuyer()
    const { store } = shop.people
    const made = { hash: accountId, suffix: '', name: 'key', createdAt: now }
    await store.write((db) => [
      db.insert(key).values({ id: `${accountId}-key`, accountId, ...made }),
    ])
    return { accountId, order: await shop.buy(accountId, dollars) }
  }
  const spend = async (accountId: string, dollars: bigint) => {
    const { ledger } = shop.people
    const hold = newHold(accountId, dollars * usd)
    await ledger.open(hold, now)
    await ledger.resolve(settlement(hold.id, dollars * usd), now)
  }
  const refundsOf = (topUpId: string) =>
    shop.people.store.db.select().from(refund).where(eq(refund.topUpId, topUpId))

  test('all of an order is set aside, and the account is told', async () => {
    const { accountId, order } = await newAccount()
    const row = await shop.ask(order)
    expect(row).toMatchObject({ state: 'asked', amount: 25n * usd, reason: 'too much' })
    expect(await shop.balance(accountId)).toEqual({ free: 0, frozen: 25, back: [] })
    expect(await shop.mails(accountId, 'refund_asked')).toEqual([
      expect.stringMatching(
        RegExp(`25.00 USD[^]*/accounts/${accountId}/top-ups/${order.id}#refunds\n`),
      ),
    ])
  })

  test('what is spent cannot go back, and gifts cannot either', async () => {
    const { accountId, order } = await newAccount()
    await spend(accountId, 10n)
    await shop.people.ledger.transfer(movement(accountId, 'grant', 50n * usd), now)
    expect(await refusal(shop.ask(order, 15n * usd + 1n))).toBe('not_refundable')
    expect((await shop.ask(order)).amount).toBe(15n * usd)
    expect(await refusal(shop.ask(order))).toBe('not_refundable')
    expect(await shop.balance(accountId)).toEqual({ free: 50, frozen: 15, back: [] })
  })

  test('what calls under way hold cannot go back', async () => {
    const { accountId, order } = await newAccount()
    const hold = newHold(accountId, 20n * usd)
    await shop.people.ledger.open(hold, now)
    expect(await refusal(shop.ask(order, 6n * usd))).toBe('not_refundable')
    expect((await shop.ask(order)).amount).toBe(5n * usd)
    await shop.people.ledger.resolve(settlement(hold.id, 0n), now)
    expect((await shop.ask(order)).amount).toBe(20n * usd)
  })

  describe('of a payment whose dispute was won', () => {
    const dispute = async (order: TopUpRow, amount: bigint, id = `dp_${order.id}`) => {
      for (const state of ['open', 'won'] as const) {
        shop.processor.say(order.id, { disputes: [{ id, amount, state, reason: null }] })
        await syncTopUp(shop.people, order.id)
      }
    }
    const give = (accountId: string) =>
      shop.people.ledger.transfer(movement(accountId, 'grant', 10n * usd), now)

    test('what was unspent can go back, beside what was spent before and gifts', async () => {
      const { accountId, order } = await newAccount()
      await spend(accountId, 10n)
      await give(accountId)
      await dispute(order, 2500n)
      expect(await refusal(shop.ask(order, 15n * usd + 1n))).toBe('not_refundable')
      const { id } = await shop.ask(order)
      expect(await shop.balance(accountId)).toEqual({ free: 10, frozen: 15, back: [] })
      await approveRefund(shop.people, id, { amount: null, reason: '', actor: 'olga' })
      await payRefund(shop.people, id)
      expect(await shop.balance(accountId)).toEqual({ free: 10, frozen: 0, back: [15] })
      expect(await refusal(shop.ask(order))).toBe('not_refundable')
    })

    test('a gift that comes later stays', async () => {
      const { accountId, order } = await newAccount()
      await dispute(order, 2500n)
      await give(accountId)
      await shop.ask(order)
      const [gift] = await readLots(shop.people.store, accountId)
      expect(gift).toMatchObject({ kind: 'promotional', spent: 0n })
    })

    test('twice, it can go back once', async () => {
      const { order } = await newAccount()
      await dispute(order, 2500n)
      await dispute(order, 2500n, 'again')
      expect((await shop.ask(order)).amount).toBe(25n * usd)
      expect(await refusal(shop.ask(order))).toBe('not_refundable')
    })

    test('what was never disputed goes back by a refund of its own', async () => {
      const { accountId, order } = await newAccount()
      await dispute(order, 1500n)
      expect([(await shop.ask(order)).amount, (await shop.ask(order)).amount]).toEqual([
        ...[15n * usd, 10n * usd],
      ])
      expect(await shop.balance(accountId)).toEqual({ free: 0, frozen: 25, back: [] })
    })
  })

  test.each([
    ['nothing', 0n],
    ['less than nothing', -1n],
    ['less than a cent', 9_999_999n],
    ['more than was bought', 25n * usd + 1n],
  ])('%s is refused', async (_, amount) => {
    const { accountId, order } = await newAccount()
    expect(await refusal(shop.ask(order, amount))).toBe('not_refundable')
    expect(await shop.balance(accountId)).toEqual({ free: 25, frozen: 0, back: [] })
  })

  test('an order of another account is not found', async () => {
    const { order } = await newAccount()
    const other = await newAccount()
    const foreign = { ...order, accountId: other.accountId }
    expect(await refusal(shop.ask(foreign))).toBe('not_found')
  })

  test('a form that is sent many times at once asks once', async () => {
    const { accountId, order } = await newAccount()
    const rows = await Promise.all(Array.from({ length: 8 }, () => shop.ask(order, usd, 'one')))
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1)
    expect(await shop.balance(accountId)).toEqual({ free: 24, frozen: 1, back: [] })
  })

  test('many who ask at once set aside no more than there is', async () => {
    const { accountId, order } = await newAccount()
    const ends = await Promise.all(
      Array.from({ length: 12 }, () => refusal(shop.ask(order, 4n * usd))),
    )
    expect(ends.filter((end) => end === 'granted').length).toBeLessThanOrEqual(6)
    const frozen = (await refundsOf(order.id)).reduce((sum, { amount }) => sum + amount, 0n)
    expect(frozen).toBe(BigInt(ends.filter((end) => end === 'granted').length) * 4n * usd)
    expect((await shop.balance(accountId)).free).toBe(25 - Number(frozen / usd))
    // One after the other the rest is had too.
    while ((await refusal(shop.ask(order, usd))) === 'granted');
    expect(await shop.balance(accountId)).toEqual({ free: 0, frozen: 25, back: [] })
  })

  test('calls beside never spend what is set aside, nor does asking take what they spent', async () => {
    const { accountId, order } = await newAccount()
    const call = () => refusal(spend(accountId, 1n))
    const calls = (count: number) => Array.from({ length: count }, call)
    const [asked] = await Promise.all([shop.ask(order, 10n * usd), ...calls(10)])
    expect(asked.amount).toBe(10n * usd)
    expect(await shop.balance(accountId)).toEqual({ free: 5, frozen: 10, back: [] })
    const ends = await Promise.all(calls(20))
    expect(ends.filter((end) => end === 'granted')).toHaveLength(5)
    expect(ends.filter((end) => end === 'insufficient_credits')).toHaveLength(15)
    expect(await shop.balance(accountId)).toEqual({ free: 0, frozen: 10, back: [] })
  })

  test('withdrawn, it is the account’s again; once', async () => {
    const { accountId, order } = await newAccount()
    const { id } = await shop.ask(order)
    const withdraw = () => refusal(withdrawRefund(shop.people, { accountId, id, userId: 'ann' }))
    expect((await Promise.all([withdraw(), withdraw()])).sort()).toEqual([
      'changed_meanwhile',
      'granted',
    ])
    expect(await shop.balance(accountId)).toEqual({ free: 25, frozen: 0, back: [] })
    expect(await shop.read(id)).toMatchObject({ state: 'withdrawn', decidedBy: 'ann' })
    expect((await shop.ask(order)).amount).toBe(25n * usd)
    const other = { accountId: 'acc_other', id, userId: 'bob' }
    expect(await refusal(withdrawRefund(shop.people, other))).toBe('not_found')
  })

  test('refused needs a reason, which the account reads', async () => {
    const accountId = await shop.newBuyer()
    const order = await shop.buy(accountId)
    const { id } = await shop.ask(order)
    const refuse = (reason: string) => refuseRefund(shop.people, id, { reason, actor: 'olga' })
    expect(await refusal(refuse(' '))).toBe('invalid_request')
    await refuse('It is disputed')
    expect(await shop.read(id)).toMatchObject({ state: 'refused', decision: 'It is disputed' })
    expect(await refusal(refuse('again'))).toBe('changed_meanwhile')
    expect(await shop.mails(accountId, 'refund_refused')).toEqual([
      expect.stringContaining('It is disputed'),
    ])
    expect(await shop.balance(accountId)).toEqual({ free: 25, frozen: 0, back: [] })
  })

  test('of withdrawing and approving at once one is done', async () => {
    const { accountId, order } = await newAccount()
    const { id } = await shop.ask(order)
    const approve = approveRefund(shop.people, id, { amount: null, reason: '', actor: 'olga' })
    const withdraw = withdrawRefund(shop.people, { accountId, id, userId: 'ann' })
    const ends = await Promise.all([refusal(approve), refusal(withdraw)])
    expect(ends.filter((end) => end === 'granted')).toHaveLength(1)
    const { state } = await shop.read(id)
    expect(state).toBe(ends[0] === 'granted' ? 'approved' : 'withdrawn')
    await payRefund(shop.people, id)
    expect((await shop.balance(accountId)).back).toEqual(state === 'approved' ? [25] : [])
  })
})
