/** The outbox of e-invoices: each issued once with the receipt's own facts, later if need be, and no credit waits for it. */
import { beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { retryInvoice, sendDueInvoices } from '../../src/billing/invoice-outbox.ts'
import { readReceipt } from '../../src/billing/receipt-view.ts'
import { readUnreconciled } from '../../src/billing/report-unreconciled.ts'
import { IssuerError } from '../../src/invoices/invoice.ts'
import { invoice } from '../../src/store/credit.ts'
import { databases } from '../helpers/database.ts'
import { openTill, type Till } from '../helpers/till.ts'

const minuteMs = 60_000

describe.each(databases)('on %s, Ann pays in TWD', (_, open) => {
  let till: Till
  let ann: string

  beforeEach(async () => {
    till = await openTill(await open(), 'TWD')
    const { business, clock } = till.people
    await business.change({ taxes: { '*': '5' }, feePercent: '2.5' }, 'op', clock.now())
    ann = await till.newBuyer('ann')
  })
  const send = () => sendDueInvoices(till.people)
  const stateOf = async (number: number) =>
    (await till.people.store.db.select().from(invoice).where(eq(invoice.id, number)))[0]

  test('her invoice is issued once, its lines are its total, and the receipt shows its number', async () => {
    const { total, tax } = await till.buy(ann)
    await Promise.all([send(), send()])
    await send()
    const [facts, ...more] = till.issuer.issued
    expect(more).toEqual([])
    expect(facts).toMatchObject({ receipt: 1, total, tax, buyer: { email: 'ann@example.com' } })
    expect(facts?.lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(total)
    expect(facts?.lines.map(({ name }) => name)).toEqual(['Credit US$25.00', 'Fee'])
    const shown = { invoice: 'AB00000001', invoice_random: '1234', invoice_state: 'sent' }
    expect(await readReceipt(till.people.store, ann, 1)).toMatchObject(shown)
  })

  test('while the issuer is down her credit is there, and the invoice is issued later', async () => {
    till.issuer.before = () => {
      throw new IssuerError('no answer')
    }
    expect((await till.buy(ann)).state).toBe('paid')
    await send()
    expect(await stateOf(1)).toMatchObject({ state: 'queued', attempts: 1, error: 'no answer' })
    till.issuer.before = () => {}
    await send()
    expect(till.issuer.issued).toEqual([])
    till.people.clock.move(minuteMs)
    await send()
    expect(await stateOf(1)).toMatchObject({ state: 'sent', attempts: 2, error: null })
  })

  test('what the issuer refuses for good is shown to the operator until it is tried again', async () => {
    const { store, clock } = till.people
    till.issuer.before = () => {
      throw new IssuerError('no such company', { retry: false })
    }
    await till.buy(ann)
    await send()
    expect(await readUnreconciled(store, clock.now())).toMatchObject([
      { kind: 'invoice', id: '1', account: ann, currency: 'TWD', why: 'no such company' },
    ])
    till.issuer.before = () => {}
    await retryInvoice(store, 1, clock.now())
    await send()
    expect(await readUnreconciled(store, clock.now())).toEqual([])
    await expect(retryInvoice(store, 1, clock.now())).rejects.toMatchObject({ code: 'not_found' })
  })

  test('a credit note is an allowance of the invoice that was issued, and waits for it', async () => {
    const paid = await till.buy(ann)
    await till.payBack(paid, 100n)
    let first = true
    till.issuer.before = () => {
      if (first) throw new IssuerError('no answer')
    }
    await send()
    expect([await stateOf(1), await stateOf(2)]).toMatchObject([
      { state: 'queued', error: 'no answer' },
      { state: 'queued', error: 'its invoice is not issued yet' },
    ])
    first = false
    till.people.clock.move(minuteMs)
    await send()
    till.people.clock.move(2 * minuteMs)
    await send()
    expect(till.issuer.allowances).toMatchObject([
      {
        facts: { receipt: 2, total: 100n, lines: [{ amount: 100n }] },
        of: { number: 'AB00000001' },
      },
    ])
  })

  test('an issuer that was switched off is waited for', async () => {
    await till.buy(ann)
    await sendDueInvoices({ ...till.people, issuers: new Map() })
    expect(await stateOf(1)).toMatchObject({ state: 'queued', error: 'the issuer is off' })
  })
})

test('what is paid in a currency of no issuer has no e-invoice', async () => {
  const till = await openTill(await databases[0]![1]())
  await till.buy(await till.newBuyer('ann'))
  expect(await till.people.store.db.select().from(invoice)).toEqual([])
})
