/**
 * Disputes: a payer had a payment taken back by her bank. Its share of the credit is debited at once, below zero if it was spent,
 * and the account is suspended until it is decided. Won, the credit comes back and the account works again; lost, both stay.
 */
import { and, eq, ne, sql } from 'drizzle-orm'
import { formatUsd, lesser, proportion } from '../base/amount.ts'
import { newId } from '../base/id.ts'
import type { OutsideDispute } from '../processors/processor.ts'
import { dispute } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { must, storable } from '../store/store.ts'
import { type Billing, unlessChanged } from './billing.ts'
import { mailPayers } from './payer.ts'
import { requestLate } from './refund-closure.ts'
import { type TopUpRow, topUpPath } from './top-up.ts'

type DisputeRow = typeof dispute.$inferSelect

/** `state_reason` of accounts that are suspended for one. */
const suspendedFor = 'dispute'

/** Books what the processor tells of an order that was credited; what is booked already is left as it is. */
export async function settleDisputes(
  billing: Billing,
  topUp: TopUpRow,
  disputes: readonly OutsideDispute[],
): Promise<void> {
  for (const told of disputes) {
    const id = `${topUp.processor}:${told.id}`
    const row =
      (await findDispute(billing, id)) ?? (await openDispute(billing, topUp, { ...told, id }))
    if (told.state === 'won' && row.state !== 'won') await winDispute(billing, row)
    if (told.state === 'lost' && row.state === 'open') await loseDispute(billing, row)
  }
}

async function findDispute({ store }: Billing, id: string): Promise<DisputeRow | null> {
  const [row] = await store.db.select().from(dispute).where(eq(dispute.id, id))
  return row ?? null
}

async function openDispute(
  billing: Billing,
  { id: topUpId, accountId, credit, total, transferId: paidBy }: TopUpRow,
  told: OutsideDispute,
): Promise<DisputeRow> {
  const { store, ledger, clock, log, forgetKeys } = billing
  const now = clock.now()
  const amount = proportion(credit, lesser(told.amount, total), total)
  const transferId = newId('tfr_', now)
  const row = {
    ...{ id: told.id, accountId, topUpId, state: 'open' as const, amount, transferId },
    reason: storable(told.reason)?.slice(0, 300) ?? null,
    ...{ createdAt: now, wonId: null, closedAt: null },
  }
  const moved = { id: transferId, accountId, code: 'dispute' as const, amount, externalId: told.id }
  const booked = await ledger.transfer({ ...moved, ...(paidBy && { correctsId: paidBy }) }, now, [
    store.db.insert(dispute).values(row),
    store.db
      .update(account)
      .set({ state: 'suspended', stateReason: suspendedFor })
      .where(and(eq(account.id, accountId), eq(account.state, 'active'))),
    ...(await mailPayers(billing, accountId, (accountName) => ({
      ...{ kind: 'dispute_opened', accountName, amount: formatUsd(amount) },
      path: topUpPath({ accountId, id: topUpId }),
    }))),
  ])
  if (!booked) return (await findDispute(billing, told.id)) as DisputeRow
  log.warn('dispute.opened', { dispute: told.id, account: accountId })
  forgetKeys()
  return row
}

async function winDispute(billing: Billing, row: DisputeRow): Promise<void> {
  const { store, ledger, clock, log, forgetKeys } = billing
  const { id, accountId, topUpId, amount, transferId } = row
  const now = clock.now()
  const wonId = newId('tfr_', now)
  const otherOpen = sql`EXISTS (SELECT 1 FROM ${dispute} WHERE ${dispute.accountId} = ${accountId}
    AND ${dispute.state} <> 'won')`
  const booked = await ledger.transfer(
    {
      ...{ id: wonId, accountId, code: 'dispute_won', amount, externalId: id },
      correctsId: transferId,
    },
    now,
    [
      must(
        store.db
          .update(dispute)
          .set({ state: 'won', wonId, closedAt: now })
          .where(and(eq(dispute.id, id), ne(dispute.state, 'won'))),
        'changed_meanwhile',
      ),
      store.db
        .update(account)
        .set({ state: 'active', stateReason: null })
        .where(
          and(
            ...[eq(account.id, accountId), eq(account.state, 'suspended')],
            ...[eq(account.stateReason, suspendedFor), sql`NOT ${otherOpen}`],
          ),
        ),
      requestLate({ accountId, amount, contact: null }, now),
      ...(await mailPayers(billing, accountId, (accountName) => ({
        ...{ kind: 'dispute_closed', accountName, amount: formatUsd(amount), won: true },
        path: topUpPath({ accountId, id: topUpId }),
      }))),
    ],
  )
  if (booked) log.info('dispute.won', { dispute: id, account: accountId })
  forgetKeys()
}

/** The credit stays debited, and the account suspended: an operator decides whether it may go on. */
async function loseDispute(
  billing: Billing,
  { id, accountId, topUpId, amount }: DisputeRow,
): Promise<void> {
  const { store, clock, log } = billing
  const mails = await mailPayers(billing, accountId, (accountName) => ({
    ...{ kind: 'dispute_closed', accountName, amount: formatUsd(amount), won: false },
    path: topUpPath({ accountId, id: topUpId }),
  }))
  await unlessChanged(
    store.write((db) => [
      must(
        db
          .update(dispute)
          .set({ state: 'lost', closedAt: clock.now() })
          .where(and(eq(dispute.id, id), eq(dispute.state, 'open'))),
        'changed_meanwhile',
      ),
      ...mails,
    ]),
  )
  log.warn('dispute.lost', { dispute: id, account: accountId })
}
