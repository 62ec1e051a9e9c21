/** `kkai verify` and payments: each is told by one movement and each movement by one of them, and lots are what the chain says. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { divideLots } from '../../src/ledger/lot.ts'
import { type Check, verifyLedger } from '../../src/ledger/verify.ts'
import { dispute, refund, topUp, voucher, voucherBatch } from '../../src/store/credit.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { failed, failedWithin, tamperSqlite } from './tamper.ts'
import { movement, newHold, newPerson, newWorld, settlement, type World } from './world.ts'

const payment = { processor: 'stripe', actor: 'cus' }

/** A movement under its own name, with the row that tells it in the same commit. */
async function book(
  world: World,
  id: string,
  code: Parameters<typeof movement>[1],
  amount: bigint,
  {
    beside = [],
    ...more
  }: Partial<ReturnType<typeof movement>> & {
    beside?: Parameters<World['ledger']['transfer']>[2]
  } = {},
) {
  await world.ledger.transfer({ ...movement('bob', code, amount, more), id }, now, beside)
}

/** Bob paid 1000, of which 100 are asked back, 60 given, and 40 asked back again; the bank took 200, and gave it back. */
async function newHistory(store: TestStore): Promise<World> {
  const world = await newWorld(store)
  await newPerson(world, 50n, {}, 'bob')
  const { db } = store
  const own = { accountId: 'bob', createdAt: now }
  const paid = db.insert(topUp).values({
    ...{ ...own, id: 'top', origin: 'customer', processor: 'stripe', state: 'paid', credit: 1000n },
    ...{ currency: 'USD', price: 1n, fee: 0n, tax: 0n, total: 1n, expiresAt: now },
    ...{ transferId: 'paid', paymentId: 'pi', paidAt: now },
  })
  await book(world, 'paid', 'topup', 1000n, { ...payment, externalId: 'pi', beside: [paid] })
  const back = { ...payment, correctsId: 'paid' }
  const asked = { ...own, topUpId: 'top', askedBy: 'bob' }
  const ask = (id: string, amount: bigint) =>
    book(world, `asked-${id}`, 'refund', amount, {
      ...{ ...back, phase: 'pending' },
      beside: [db.insert(refund).values({ ...asked, id, amount, pendingId: `asked-${id}` })],
    })
  await ask('one', 100n)
  await book(world, 'paid-back', 'refund', 60n, {
    ...{ ...back, phase: 'post', pendingId: 'asked-one' },
    beside: [db.update(refund).set({ state: 'paid', approved: 60n, transferId: 'paid-back' })],
  })
  await ask('two', 40n)
  await book(world, 'taken', 'dispute', 200n, {
    ...back,
    beside: [
      db.insert(dispute).values({
        ...{ ...own, id: 'dp', topUpId: 'top', state: 'open', amount: 200n, transferId: 'taken' },
      }),
    ],
  })
  await book(world, 'won', 'dispute_won', 200n, {
    ...{ actor: 'cus', correctsId: 'taken' },
    beside: [db.update(dispute).set({ state: 'won', wonId: 'won', closedAt: now })],
  })
  const batch = { id: 'vch', name: 'Spring', credit: 30n, count: 1, createdBy: 'ann' }
  await store.write(() => [db.insert(voucherBatch).values({ ...batch, createdAt: now })])
  const redeemed = { nth: 1, redeemedBy: 'bob', redeemedAt: now, transferId: 'redeemed' }
  await book(world, 'redeemed', 'voucher', 30n, {
    actor: 'cus',
    beside: [
      db
        .insert(voucher)
        .values({ hash: 'h', suffix: 's', batchId: 'vch', accountId: 'bob', ...redeemed }),
    ],
  })
  const hold = { ...newHold('bob', 100n), id: 'call' }
  await world.ledger.open(hold, now)
  await world.ledger.resolve(settlement('call', 90n), now)
  await divideLots(store, 'bob')
  await book(world, 'by-hand', 'topup', 70n, { processor: 'manual' })
  await book(world, 'by-hand-back', 'refund', 20n, { processor: 'manual' })
  return world
}

// biome-ignore format: a table is read by its rows
const tamperings: [what: string, text: string, checks: string[]][] = [
  ['an order is paid without its movement', "UPDATE top_up SET transfer_id = 'tfr_bob'", ['payments']],
  ['an order is forgotten', 'DELETE FROM top_up', ['payments', 'clearing']],
  ['an order is paid twice', `INSERT INTO top_up (id, account_id, origin, processor, state, credit, currency, price, fee, tax,
     total, created_at, expires_at, transfer_id, payment_id, paid_at) SELECT 'again', account_id, origin, processor, state, credit,
     currency, price, fee, tax, total, created_at, expires_at, transfer_id, 'pi2', paid_at FROM top_up`, ['payments', 'clearing']],
  ['an order says it was worth more', 'UPDATE top_up SET credit = credit + 1', ['payments', 'clearing']],
  ['an order is another processor’s', "UPDATE top_up SET processor = 'ecpay'", ['payments', 'clearing']],
  ['an order is another account’s', "UPDATE top_up SET account_id = 'promo'", ['payments']],
  ['less was paid back than the ledger says', "UPDATE refund SET approved = 59 WHERE id = 'one'", ['payments', 'clearing']],
  ['what was paid back is forgotten', "DELETE FROM refund WHERE id = 'one'", ['payments', 'clearing']],
  ['what is asked back is forgotten', "DELETE FROM refund WHERE id = 'two'", ['counters', 'holds']],
  ['a dispute is forgotten', 'DELETE FROM dispute', ['payments']],
  ['a dispute was about more', 'UPDATE dispute SET amount = 201', ['payments']],
  ['a voucher was not redeemed', 'DELETE FROM voucher', ['payments']],
  ['a voucher was worth more', 'UPDATE voucher_batch SET credit = 31', ['payments']],
  ['a lot has more left', "UPDATE lot SET spent = spent - 1 WHERE id = 'redeemed'", ['lots']],
  ['a lot is spent that is not divided yet', "UPDATE lot SET spent = 1 WHERE id = 'by-hand'", ['lots']],
  ['a lot may be paid back that may not', "UPDATE lot SET kind = 'paid' WHERE id = 'redeemed'", ['lots']],
  ['a lot would have gone first', "UPDATE lot SET expires_at = 1 WHERE id = 'won'", ['lots']],
  ['a lot is forgotten', "DELETE FROM lot WHERE id = 'by-hand'", ['lots']],
  ['a lot is larger than its movement', "UPDATE lot SET amount = 71 WHERE id = 'by-hand'", ['lots']],
  ['lots owe something', "UPDATE account SET lots_debt = 1 WHERE id = 'bob'", ['lots']],
  ['lots are divided further than they are', "UPDATE account SET lots_seq = lots_seq + 2 WHERE id = 'bob'", ['lots']],
  ['a use is forgotten', "DELETE FROM lot_use WHERE lot_id = 'redeemed'", ['lots']],
]

describe.each(databases)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await newHistory(await open())
  })

  async function failedAfter(text: string): Promise<Check[]> {
    if (world.store.kind === 'postgres') return failedWithin(world.store, text)
    const { store } = await newHistory(await open())
    tamperSqlite(store as WritingSqliteStore, text)
    return failed(store).finally(store.close)
  }

  test('a true history passes, and what a processor’s account holds is what its payments say', async () => {
    const { checks } = await verifyLedger(world.store)
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(Object.fromEntries(checks.map(({ name, detail }) => [name, detail]))).toMatchObject({
      lots: '5 lots',
      payments: '5 payments, refunds, disputes and vouchers',
      clearing: 'clearing:manual -0.00000005, clearing:stripe -0.00000094',
    })
  })

  test.each(tamperings)('when %s, it is found', async (_, text, checks) => {
    const found = (await failedAfter(text)).map(({ name }) => name)
    expect(found.filter((name) => name !== 'database')).toEqual(checks)
  })
})
