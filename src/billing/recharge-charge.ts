/**
 * Charging what was agreed to (`recharge.ts`): a balance below its threshold is claimed for one order by one guarded write, so
 * that a hundred calls and several nodes make one charge. The order's id is the processor's idempotency key: after a crash it is
 * charged again and taken once, for as long as that is sure; from then on the processor is only asked what became of it.
 */
import { and, eq, getTableColumns, isNotNull, isNull, lte, ne, or, sql } from 'drizzle-orm'
import { lockAccount } from '../account/member.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { type Payment, ProcessorError } from '../processors/processor.ts'
import { recharge, topUp } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { must } from '../store/store.ts'
import { type Billing, unlessChanged } from './billing.ts'
import { chargedSince, type RechargeRow, type Saving, savingOf } from './recharge.ts'
import { conclude, endRecharge, waitForMonth } from './recharge-outcome.ts'
import { bookPayment, syncTopUp } from './sync.ts'
import { newOrder, orderOf, readTopUp, type TopUpRow } from './top-up.ts'

const minuteMs = 60_000
/** How long an order may be charged: its payment is found without its id only if it was made soon after it (`stripe.ts`). */
const chargeableMs = 10 * minuteMs
/** How long an order is left to the process that has it in hand. */
const inHandMs = minuteMs
const atOnce = 20

/** Does what is due. Every node may, at any time. */
export async function chargeDue(billing: Billing): Promise<void> {
  const { store, clock } = billing
  const { db } = store
  const now = clock.now()
  const live = ne(recharge.state, 'off')
  const ended = await db
    .select({ row: getTableColumns(recharge), accountState: account.state })
    .from(recharge)
    .innerJoin(account, eq(account.id, recharge.accountId))
    .where(and(live, or(ne(account.state, 'active'), isPaidBack)))
    .limit(atOnce)
  await each(billing, ended, ({ row, accountState }) =>
    endRecharge(billing, row, accountState === 'active' ? 'refund' : 'suspended'),
  )

  const left = and(isNotNull(recharge.underWay), lte(recharge.nextAt, now))
  const resumed = await db
    .select({ row: getTableColumns(recharge) })
    .from(recharge)
    .where(left)
    .limit(atOnce)
  await each(billing, resumed, ({ row }) => resume(billing, row))

  const charged = chargedSince(recharge.accountId, now).mapWith(BigInt)
  const low = await db
    .select({ row: getTableColumns(recharge), charged })
    .from(recharge)
    .innerJoin(account, eq(account.id, recharge.accountId))
    .where(isDue(now))
    .limit(atOnce)
  await each(billing, low, ({ row, charged }) =>
    charged + row.credit > row.monthlyCap ? waitForMonth(billing, row) : begin(billing, row),
  )
}

/** Whoever asks for money back is not charged for more, unless she agrees again. */
const isPaidBack = sql`EXISTS (SELECT 1 FROM refund
  WHERE refund.account_id = recharge.account_id AND refund.created_at >= recharge.agreed_at)`

/** What is free counts: what calls hold or a refund freezes cannot be spent either. */
const isLow = sql`EXISTS (SELECT 1 FROM account spender WHERE spender.id = recharge.account_id AND spender.state = 'active'
  AND spender.credits_posted - spender.debits_posted - spender.debits_pending < recharge.threshold)`

const isDue = (now: number) =>
  and(
    ...[eq(recharge.state, 'on'), isNull(recharge.underWay), lte(recharge.nextAt, now)],
    ...[isLow, sql`NOT ${isPaidBack}`],
  )

/** One account's trouble is not another's; what another process was faster with is done. */
async function each<Found extends { row: RechargeRow }>(
  { log }: Billing,
  found: readonly Found[],
  act: (one: Found) => Promise<void>,
): Promise<void> {
  const attempts = found.map((one) =>
    unlessChanged(act(one)).catch((cause) => {
      log.error('recharge.failed', { account: one.row.accountId, cause })
    }),
  )
  await Promise.all(attempts)
}

async function begin(billing: Billing, row: RechargeRow): Promise<void> {
  const saving = savingOf(billing, row.processor)
  if (saving === null) return
  const order = await claim(billing, row, saving).catch((cause) => {
    if (cause instanceof AppError && cause.code === 'invalid_amount') return null
    throw cause
  })
  // The operator sells no such amount any more.
  if (order === null) await endRecharge(billing, row, 'limits')
  else await charge(billing, row, order)
}

/**
 * Writes the order and that it is under way, or neither: only while it is due and within the month's cap. The account's lock
 * comes first, so that what the guard reads is of now.
 */
async function claim(billing: Billing, row: RechargeRow, saving: Saving): Promise<TopUpRow> {
  const { store, clock } = billing
  const { accountId, processor, credit } = row
  const now = clock.now()
  const wanted = { accountId, userId: null, origin: 'recharge' as const, processor, credit }
  const [method = ''] = saving.methods
  const once = newId('top_', now)
  const order = await newOrder(billing, saving, { ...wanted, method, once })
  const isWithinCap = sql`${chargedSince(accountId, now)} <= ${recharge.monthlyCap}`
  const asRead = and(eq(recharge.accountId, accountId), eq(recharge.credit, credit))
  await store.write((db) => [
    lockAccount(db, accountId),
    db.insert(topUp).values({ ...order, expiresAt: now + chargeableMs }),
    must(
      db
        .update(recharge)
        .set({ underWay: order.id, nextAt: now + inHandMs })
        .where(and(asRead, isDue(now), isWithinCap)),
      'changed_meanwhile',
    ),
  ])
  return readTopUp(store, order.id)
}

/** An order that its process left: it died, the processor did not answer, or the payment takes its time. */
async function resume(billing: Billing, row: RechargeRow): Promise<void> {
  const { store, clock } = billing
  const now = clock.now()
  const asRead = and(eq(recharge.accountId, row.accountId), eq(recharge.nextAt, row.nextAt))
  await store.write((db) => [
    must(
      db
        .update(recharge)
        .set({ nextAt: now + inHandMs })
        .where(asRead),
      'changed_meanwhile',
    ),
  ])
  const order = await readTopUp(store, row.underWay as string)
  await charge(billing, row, order)
}

async function charge(billing: Billing, row: RechargeRow, order: TopUpRow): Promise<void> {
  const { store, log } = billing
  const payment = await chargeOnce(billing, row, order).catch((cause) => {
    if (!(cause instanceof ProcessorError)) throw cause
    log.warn('recharge.unanswered', { topUp: order.id, cause })
    // Not known whether it was taken, unless it was refused for good: then that is the end of it.
    return cause.retry ? undefined : refused(order)
  })
  if (payment === undefined) return
  if (payment) await bookPayment(billing, order, payment)
  await conclude(billing, await readTopUp(store, order.id))
}

/**
 * Null where it is asked for only: it was switched off or has another way to pay meanwhile, has a payment already, or has grown
 * too old. The switch is read by the write that begins the charge: once it is off, none begins.
 */
async function chargeOnce(
  billing: Billing,
  row: RechargeRow,
  order: TopUpRow,
): Promise<Payment | null> {
  const { store, clock } = billing
  const { accountId, processor, customerId, methodId } = row
  const saved = savingOf(billing, processor)?.saved
  const now = clock.now()
  const mayCharge = order.state === 'open' && order.paymentId === null && now < order.expiresAt
  if (mayCharge && saved && customerId && methodId) {
    const asked = await orderOf(billing, order)
    const asRead = and(eq(recharge.accountId, accountId), eq(recharge.methodId, methodId))
    const isOn = and(eq(recharge.state, 'on'), eq(recharge.underWay, order.id))
    const begun = store.write((db) => [
      must(
        db
          .update(recharge)
          .set({ nextAt: now + inHandMs })
          .where(and(asRead, isOn)),
        'changed_meanwhile',
      ),
    ])
    if ((await unlessChanged(begun)) !== null) {
      const payment = await saved.charge(asked, { customerId, methodId })
      const { paymentId } = payment
      const isNew = and(eq(topUp.id, order.id), isNull(topUp.paymentId))
      await store.write((db) => [db.update(topUp).set({ paymentId }).where(isNew)])
      return payment
    }
  }
  if (order.state === 'open' || order.state === 'pending') await syncTopUp(billing, order.id)
  return null
}

/** As if the processor had declined. */
function refused({ id, total, currency }: TopUpRow): Payment {
  return {
    ...{ orderId: id, paymentId: null, state: 'failed', amount: total, currency, live: true },
    ...{ failure: 'refused', fee: null, payAt: null, refunds: [], disputes: [] },
  }
}
