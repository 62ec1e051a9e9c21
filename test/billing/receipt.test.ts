/** Receipts: numbers without gaps whatever happens at once, and words that stay as they were printed. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { closeAccount } from '../../src/account/close.ts'
import { exportAccount } from '../../src/account/export.ts'
import { changeBuyer } from '../../src/billing/buyer.ts'
import { receiptRoutes } from '../../src/billing/receipt-routes.ts'
import { readReceipt } from '../../src/billing/receipt-view.ts'
import type { TopUpRow } from '../../src/billing/top-up.ts'
import { buyer } from '../../src/store/credit.ts'
import { account } from '../../src/store/schema.ts'
import { databases } from '../helpers/database.ts'
import { openDashboard } from '../helpers/members.ts'
import { openTill, type Till } from '../helpers/till.ts'

fc.configureGlobal({ seed: 11 })

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)

describe.each(databases)('on %s', (_, open) => {
  test('50 payments at once, each told twice, and writes that are refused in between leave no gap', async () => {
    const till = await openTill(await open())
    const { store } = till.people
    const orders: TopUpRow[] = []
    for (const at of upTo(5)) {
      const ann = await till.newBuyer(`ann${at}`)
      for (const _ of upTo(10)) orders.push(await till.order(ann))
    }
    const refused = () =>
      store
        .write((db) => [
          db.update(account).set({ state: sql`state` }).where(sql`1 = 0`),
          { guarded: { toSQL: () => raise }, refuse: () => new Error('unused') },
          { guarded: { toSQL: () => never }, refuse: () => new Error('refused') },
        ])
        .catch((cause) => cause)
    const raise = { sql: 'UPDATE receipt_number SET last = last + 1', params: [] }
    const never = { sql: 'UPDATE receipt_number SET last = 0 WHERE 1 = 0', params: [] }
    const done = await Promise.all(
      orders.flatMap((row) => [till.pay(row), refused(), till.pay(row)]),
    )
    expect(done.filter((one) => one instanceof Error && one.message === 'refused')).toHaveLength(50)
    const rows = await till.receipts()
    expect(rows.map(({ number }) => number)).toEqual(upTo(50))
    expect(new Set(rows.map(({ topUpId }) => topUpId)).size).toBe(50)
  }, 60_000)

  describe('Ann, a company in Taiwan, bought US$25', () => {
    let till: Till
    let ann: string
    let paid: TopUpRow
    const ann1 = {
      name: 'Ann Ltd',
      address: '1 Old Street',
      email: 'pay@ann.tw',
      tax_id: '04595257',
    }

    beforeAll(async () => {
      till = await openTill(await open())
      const { people } = till
      ann = await till.newBuyer('ann')
      await people.store.write((db) => [db.update(account).set({ country: 'TW' })])
      await changeBuyer(people.store, ann, ann1)
      const seller = { sellerAddress: '1 Seller Road', taxes: { TW: '5' }, feePercent: '2' }
      await people.business.change(seller, 'op', people.clock.now())
      paid = await till.buy(ann)
    })

    test('the receipt says who sold what to whom, for how much, with the tax apart', async () => {
      expect(await readReceipt(till.people.store, ann, 1)).toMatchObject({
        ...{ number: 1, kind: 'receipt', of: null, credit: '25.00', total: '26.78', tax: '1.28' },
        seller: { name: 'KKCompany', address: '1 Seller Road' },
        buyer: { ...ann1, country: 'TW' },
        order: { id: paid.id, currency: 'USD' },
        cost: { price: '25.00', fee: '0.50', tax: '1.28', tax_rate: '5', tax_country: 'TW' },
        payment: { processor: 'scripted', method: 'card', id: paid.paymentId },
      })
    })

    test('it stays as it was when seller and buyer change their words; the next one has the new ones', async () => {
      const { store, business, clock } = till.people
      const before = await readReceipt(store, ann, 1)
      await changeBuyer(store, ann, { name: 'Ann Inc', address: '2', email: null, tax_id: null })
      await business.change(
        { company: 'New Seller', sellerAddress: '9 New Road' },
        'op',
        clock.now(),
      )
      expect(await readReceipt(store, ann, 1)).toEqual(before)
      await till.buy(ann, 10n)
      expect(await readReceipt(store, ann, 2)).toMatchObject({
        ...{ seller: { name: 'New Seller' }, buyer: { name: 'Ann Inc', email: 'ann@example.com' } },
      })
    })

    test('what is paid back has credit notes with the next numbers, which name the receipt; their tax is all of its tax', async () => {
      const { store } = till.people
      await till.payBack(paid, 1000n, 1n, 1677n)
      const notes = [3, 4, 5].map((number) => readReceipt(store, ann, number))
      const read = await Promise.all(notes)
      expect(read.map(({ kind, of, total }) => [kind, of, total])).toEqual([
        ['credit_note', 1, '10.00'],
        ['credit_note', 1, '0.01'],
        ['credit_note', 1, '16.77'],
      ])
      expect(read.reduce((sum, { tax }) => sum + Math.round(Number(tax) * 100), 0)).toBe(128)
      expect(read[0]).toMatchObject({ seller: { name: 'KKCompany' }, buyer: { name: 'Ann Ltd' } })
      expect((await readReceipt(store, ann, 1)).credit_notes).toEqual([5, 4, 3])
    })

    test('her members list and read them; nobody else’s are there', async () => {
      const bob = await till.newBuyer('bob')
      await till.buy(bob)
      const { ask } = openDashboard(till.people.store, (http, people) =>
        http.use(receiptRoutes(people)),
      )
      const first = (await ask('ann', 'GET', `/api/accounts/${ann}/receipts?limit=3`)).body
      const rest = (await ask('ann', 'GET', `/api/accounts/${ann}/receipts?after=${first.next}`))
        .body
      const all = [...first.data, ...rest.data].map(({ number }) => number)
      expect(all).toEqual([5, 4, 3, 2, 1])
      expect(rest.next).toBeNull()
      expect(await ask('ann', 'GET', `/api/accounts/${ann}/receipts/6`)).toMatchObject({
        ...{ status: 404, body: { error: { code: 'not_found' } } },
      })
    })
  })

  test('a closed account keeps its receipts, and who it was billed as is blanked', async () => {
    const till = await openTill(await open())
    const { people, newBuyer } = till
    const ann = await newBuyer('ann')
    const facts = { name: 'Ann Ltd', address: '1 Old Street', email: null, tax_id: null }
    await changeBuyer(people.store, ann, facts)
    await till.buy(ann)
    const kept = JSON.parse((await Array.fromAsync(exportAccount(people, ann))).join(''))
    expect(kept).toMatchObject({ buyer: { name: 'Ann Ltd' }, receipts: [{ number: 1 }] })
    const visitor = { userId: 'ann', email: 'ann@example.com' }
    await closeAccount(people, ann, visitor, { name: ann, reason: '' })
    expect(await people.store.db.select().from(buyer)).toEqual([])
    expect((await readReceipt(people.store, ann, 1)).buyer.name).toBe('Ann Ltd')
  })

  test('however an order is paid back, its credit notes have its tax in proportion, and all of it in the end', async () => {
    const till = await openTill(await open())
    const ann = await till.newBuyer('ann')
    const { business, clock } = till.people
    await business.change({ taxes: { '*': '7.77' } }, 'op', clock.now())
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.bigInt(1n, 900n), { minLength: 1, maxLength: 3 }),
        async (some) => {
          const row = await till.buy(ann)
          const paidBack = some.reduce((sum, amount) => sum + amount, 0n)
          const parts = [...some, row.total - paidBack].filter((amount) => amount > 0n)
          await till.payBack(row, ...parts)
          const ofOrder = (await till.receipts()).filter(({ topUpId }) => topUpId === row.id)
          const notes = ofOrder.filter(({ kind }) => kind === 'credit_note')
          expect(notes.map(({ total }) => total)).toEqual(parts)
          expect(notes.reduce((sum, { tax }) => sum + tax, 0n)).toBe(row.tax)
          for (const { tax, total } of notes) {
            const exact = (Number(row.tax) * Number(total)) / Number(row.total)
            expect(Math.abs(Number(tax) - exact)).toBeLessThan(1)
          }
        },
      ),
      { numRuns: 6 },
    )
  })
})

describe('who receipts are made out to', () => {
  const shop = databases[0]![1]().then(async (store) => {
    const till = await openTill(store)
    const ann = await till.newBuyer('ann')
    await store.write((db) => [db.update(account).set({ country: 'DE' })])
    const { ask } = openDashboard(store, (http, people) => http.use(receiptRoutes(people)))
    return {
      ask: (method: string, body?: unknown) =>
        ask('ann', method, `/api/accounts/${ann}/buyer`, body),
    }
  })
  const facts = {
    name: ' Ann GmbH ',
    address: 'Straße 1\nBerlin',
    email: 'Pay@Ann.DE',
    tax_id: 'de 123 456 789',
  }

  test('is nobody in particular at first, and what was saved last', async () => {
    const { ask } = await shop
    expect((await ask('GET')).body).toEqual({
      name: '',
      address: '',
      email: null,
      tax_id: null,
      country: 'DE',
    })
    await ask('PUT', facts)
    const saved = {
      ...facts,
      name: 'Ann GmbH',
      email: 'pay@ann.de',
      tax_id: 'DE123456789',
      country: 'DE',
    }
    expect((await ask('PUT', facts)).body).toEqual(saved)
    expect((await ask('GET')).body).toEqual(saved)
  })

  test.each([
    [{ tax_id: '12' }, 'invalid_request', 'tax_id'],
    [{ email: 'nobody' }, 'invalid_email', 'email'],
    [{ name: 'x'.repeat(201) }, 'invalid_request', 'name'],
    [{ address: 7 }, 'invalid_request', 'address'],
  ])('%j is refused by name', async (wrong, code, param) => {
    const { ask } = await shop
    const { status, body } = await ask('PUT', { ...facts, ...wrong })
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ code, param })
  })
})
