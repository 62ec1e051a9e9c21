/** What the demo's account bought, by the way that its customers go, and a voucher to try. */
import { nanoPerUsd } from '../base/amount.ts'
import type { Billing } from '../billing/billing.ts'
import { syncTopUp } from '../billing/sync.ts'
import { createTopUp } from '../billing/top-up.ts'
import { createBatch } from '../billing/voucher-batch.ts'
import type { SimulatedPayments } from './payments/beside.ts'

/** Answers the voucher's code. */
export async function seedCredit(
  billing: Billing,
  payments: SimulatedPayments,
  accountId: string,
): Promise<string> {
  const bought = { processor: 'stripe', method: 'card', credit: 25n * nanoPerUsd }
  const by = { accountId, userId: null, origin: 'customer', once: 'demo' } as const
  const order = await createTopUp(billing, { ...by, ...bought })
  payments.pay(order.id)
  await syncTopUp(billing, order.id)
  const { codes } = await createBatch(billing, {
    ...{ name: 'Demo', credit: 5n * nanoPerUsd, count: 1, perAccount: 1 },
    ...{ expiresAt: null, creditDays: 30, createdBy: 'demo' },
  })
  return codes[0] as string
}
