/** The acts that move money or say what it costs, with orders, refunds and vouchers for each of them (`acts.ts`). */
import { eq } from 'drizzle-orm'
import { showSettings } from '../../src/admin/payment-settings.ts'
import { askRefund } from '../../src/billing/refund.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { createTopUp } from '../../src/billing/top-up.ts'
import type { Processor } from '../../src/processors/processor.ts'
import { invoice, receipt, refund, voucherBatch } from '../../src/store/credit.ts'
import { refundRequest } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import { newTeam } from '../helpers/people.ts'
import { scriptedProcessor } from '../helpers/processor.ts'
import { type Act, because, dayMs, type Platform, usd } from './acts.ts'

export async function moneyActs(platform: Platform): Promise<Act[]> {
  const { now } = platform
  for (const one of ['adjusted', 'granted', 'payer'])
    await newTeam(platform.parts, one, { [`${one}-owner`]: 'owner' })
  const seller = { sellerAddress: 'Old Street', sellerTaxId: '1' }
  await platform.parts.business.change(seller, 'olga', now)
  const { unpaid, transfer, refunds } = await seedOrders(platform)
  const number = await seedOthers(platform)
  const of = (id: string) => ({ path: { id } })
  const paidBy = (reference: string) => ({ body: { reference }, twenty: 'one' as const })
  const settings = {
    ...{ presets: ['10', '25'], min: '5', max: '1000', fee_percent: '2.5', twd_per_usd: '32.5' },
    ...{ taxes: { TW: '5' }, seller_address: 'Taipei', seller_tax_id: '04595257' },
  }
  const expires_at = new Date(now + dayMs).toISOString()
  return [
    {
      ...{ route: 'POST /accounts/:account/adjustments', path: { account: 'adjusted' } },
      ...{ body: { way: 'credit', amount: '1.50', once: 'form', ...because }, twenty: 'same' },
    },
    {
      ...{ route: 'POST /grants', twenty: 'same' },
      body: { account: 'granted', amount: '1.50', expires_at, once: 'form', ...because },
    },
    { route: 'POST /payments/:id/check', ...of(unpaid), twenty: 'same' },
    {
      ...{ route: 'POST /payments/:id/confirm', ...of(transfer.id), twenty: 'same' },
      body: { reference: 'bank 1', amount: '25.00' },
    },
    {
      ...{ route: 'PUT /payment-settings', twenty: 'one' },
      body: { ...settings, shown: showSettings(platform.parts.business.current) },
      rival: { min: '6' },
    },
    {
      ...{ route: 'POST /refunds/:id/approve', ...of(refunds[0]), twenty: 'one' },
      body: { part: '1', ...because },
    },
    { route: 'POST /refunds/:id/refuse', ...of(refunds[1]), body: because, twenty: 'one' },
    { route: 'POST /refunds/:id/paid', ...of(refunds[2]), ...paidBy('bank 2') },
    { route: 'POST /refunds/:id/retry', ...of(refunds[3]), twenty: 'any' },
    { route: 'POST /refund-requests/:id/paid', ...of('ref_closed1'), ...paidBy('bank 3') },
    {
      ...{ route: 'POST /refund-requests/:id/refuse', ...of('ref_closed2') },
      ...{ body: because, twenty: 'one' },
    },
    { route: 'POST /invoices/:receipt/retry', path: { receipt: `${number}` }, twenty: 'one' },
    {
      ...{ route: 'POST /vouchers', twenty: 'each' },
      body: { name: 'Spring', credit: '5', count: 2, per_account: 1, expires_at, credit_days: 30 },
    },
    { route: 'POST /vouchers/:batch/disable', path: { batch: 'vch_1' }, twenty: 'same' },
  ]
}

/** An order that waits for its processor, one that waits for a transfer, and refunds of those that are paid. */
async function seedOrders({ parts, store }: Platform) {
  const scripted = scriptedProcessor()
  const processors = parts.processors as Map<string, Processor>
  processors.set('scripted', scripted)
  const order = (processor: string, once: string) =>
    createTopUp(parts, {
      ...{ accountId: 'payer', userId: null, origin: 'customer', processor, once },
      ...{ method: 'card', credit: 25n * usd },
    })
  const unpaid = (await order('scripted', 'unpaid')).id
  processors.set('manual', { ...scriptedProcessor('manual') })
  const transfer = await order('manual', 'transfer')
  const refunds: string[] = []
  for (const once of ['approved', 'refused', 'paid', 'retried']) {
    const { id: topUpId } = await order('scripted', once)
    scripted.say(topUpId, { state: 'paid', fee: 100n })
    await syncTopUp(parts, topUpId)
    const asked = { accountId: 'payer', topUpId, amount: usd, reason: 'r', askedBy: 'payer-owner' }
    refunds.push((await askRefund(parts, { ...asked, once })).id)
  }
  const failed = { state: 'failed' as const, approved: usd, total: 100n, failure: 'no answer' }
  for (const id of refunds.slice(2))
    await store.write((db) => [db.update(refund).set(failed).where(eq(refund.id, id))])
  return { unpaid, transfer, refunds: refunds as [string, string, string, string] }
}

/** Two closed accounts that are owed, vouchers, and an e-invoice that was given up: its number. */
async function seedOthers({ parts, store, now }: Platform): Promise<number> {
  for (const one of ['closed1', 'closed2']) {
    await newTeam(parts, one, {})
    const grant = { id: `tfr_${one}`, accountId: one, code: 'grant' as const, amount: usd }
    await parts.ledger.transfer({ ...grant, reason: 'r', actor: 'olga' }, now)
    await store.write((db) => [
      db.update(account).set({ state: 'closed', closedAt: now }).where(eq(account.id, one)),
      db.insert(refundRequest).values({
        ...{ id: `ref_${one}`, accountId: one, amount: usd, reason: 'r', contact: 'a@b.c' },
        ...{ createdAt: now, openedAt: now },
      }),
    ])
  }
  const [row] = await store.db.select().from(receipt)
  const number = row?.number ?? 0
  await store.write((db) => [
    db.insert(voucherBatch).values({
      ...{ id: 'vch_1', name: 'v', credit: usd, count: 1, createdBy: 'olga', createdAt: now },
    }),
    db.insert(invoice).values({
      ...{ id: number, issuer: 'scripted', state: 'failed', nextAt: now, createdAt: now },
    }),
  ])
  return number
}
