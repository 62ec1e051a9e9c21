/**
 * Paying an approved refund. The processor is asked by the refund's id, so that it pays once however often it is asked; what it
 * says is booked under its own id, once. Wherever this stops, `jobs/pay-refunds.ts` goes on: where it is not known whether it
 * was paid, the processor is first asked whether it knows of it. What it cannot pay waits for the operator, who pays by hand.
 */
import { and, eq, isNull, lte, ne, or, sql } from 'drizzle-orm'
import { formatMinor, formatUsd } from '../base/amount.ts'
import { assert } from '../base/assert.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { type OutsideRefund, ProcessorError } from '../processors/processor.ts'
import { refund } from '../store/credit.ts'
import { must, storable } from '../store/store.ts'
import { type Billing, unlessChanged } from './billing.ts'
import { creditNoteStatements } from './receipt.ts'
import { creditOf, grantedRefunds, type RefundRow, readRefund } from './refund.ts'
import { settleRequest } from './refund-closure.ts'
import { isDisputed } from './refund-decide.ts'
import { mailRefund } from './refund-mail.ts'
import { orderedOf, readTopUp, type TopUpRow } from './top-up.ts'

/** How long an attempt may take before it counts as lost. */
const patienceMs = 2 * 60_000
const longestMs = 6 * 3_600_000
/** A minute, two, four … six hours. */
const backOffMs = (attempts: number) => Math.min(longestMs, 60_000 * 2 ** (attempts - 1))

/** Goes on with what is approved and due; each on its own, so that one that fails stops no other. */
export async function payDueRefunds(billing: Billing): Promise<void> {
  const { store, clock, log } = billing
  const due = and(sql`${refund.state} = 'approved'`, lte(refund.nextAt, clock.now()))
  for (const { id } of await store.db.select({ id: refund.id }).from(refund).where(due)) {
    await payRefund(billing, id).catch((cause) =>
      log.error('refund.stopped', { refund: id, cause }),
    )
  }
}

/** Does nothing for one that is not approved, or that is being paid. */
export async function payRefund(billing: Billing, id: string): Promise<void> {
  const before = await readRefund(billing.store, id)
  const row = await claim(billing, id)
  if (row === null) return
  const order = await readTopUp(billing.store, row.topUpId)
  try {
    const told = await askProcessor(billing, order, { ...row, askingAt: before.askingAt })
    await resolveRefund(billing, order, row, told)
  } catch (cause) {
    if (!(cause instanceof ProcessorError)) throw cause
    await postpone(billing, row, cause)
  }
}

/** One process at a time asks for it. */
async function claim({ store, clock }: Billing, id: string): Promise<RefundRow | null> {
  const now = clock.now()
  const due = and(eq(refund.id, id), eq(refund.state, 'approved'), lte(refund.nextAt, now))
  const attempt = { attempts: sql`attempts + 1`, askingAt: now, nextAt: now + patienceMs }
  try {
    await store.write((db) => [
      must(db.update(refund).set(attempt).where(due), 'changed_meanwhile'),
    ])
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'changed_meanwhile') return null
    throw cause
  }
  return readRefund(store, id)
}

/** `askingAt`: since when an attempt before is without an answer. */
async function askProcessor(
  { store, processors }: Billing,
  order: TopUpRow,
  { id, attempts, askingAt, externalId, total }: RefundRow,
): Promise<OutsideRefund> {
  const processor = processors.get(order.processor)
  if (!processor?.refund) throw final('pay it back by hand: the processor cannot')
  if (attempts > 1) {
    const { refunds } = await processor.fetch(orderedOf(order))
    const known = refunds.find(({ ours }) => ours === id)
    if (known) return known
  }
  const granted = await grantedRefunds(store, order.id)
  if (await isDisputed(store, order, creditOf(granted))) throw final('the payment is disputed')
  const amount = total as bigint
  if (externalId !== null) return { id: externalId, amount, state: 'pending', ours: id }
  if (askingAt !== null && processor.forgetsRefunds) {
    throw final('it is not known whether it was paid: look for it at the processor')
  }
  return processor.refund(orderedOf(order), { id, amount, currency: order.currency })
}

const final = (why: string) => new ProcessorError(why, { retry: false })

async function postpone(
  { store, clock, log }: Billing,
  { id, attempts }: RefundRow,
  cause: ProcessorError,
): Promise<void> {
  const failure = storable(cause.message).slice(0, 300)
  log.warn('refund.failed', { refund: id, retry: cause.retry, cause })
  const next = cause.retry
    ? { nextAt: clock.now() + backOffMs(attempts), failure }
    : { state: 'failed' as const, failure }
  await store.write((db) => [
    db
      .update(refund)
      .set({ ...next, askingAt: null })
      .where(and(eq(refund.id, id), eq(refund.state, 'approved'))),
  ])
}

/** What the processor says of one of ours: it is paid, under way or failed. */
export async function resolveRefund(
  billing: Billing,
  order: TopUpRow,
  row: RefundRow,
  told: OutsideRefund,
): Promise<void> {
  const { store, clock, log } = billing
  if (told.state === 'paid') {
    const externalId = `${order.processor}:${told.id}`
    await bookPaid(billing, order, row, { externalId, reference: told.id, actor: null })
    return
  }
  const failure = told.state === 'failed' ? 'the processor could not pay it back' : null
  if (row.state === 'paid') {
    if (failure !== null && row.failure === null) log.error('refund.returned', { refund: row.id })
    await store.write((db) => [db.update(refund).set({ failure }).where(eq(refund.id, row.id))])
    return
  }
  const known = { externalId: told.id, askingAt: null, nextAt: clock.now() + longestMs, failure }
  await store.write((db) => [
    db
      .update(refund)
      .set({ ...known, ...(failure !== null && { state: 'failed' }) })
      .where(and(eq(refund.id, row.id), eq(refund.state, 'approved'))),
  ])
}

interface Paid {
  /** Of the transfer: a refund is booked once by it. */
  externalId: string
  /** What it is called where it was paid. */
  reference: string
  /** Who paid it by hand. */
  actor: string | null
}

/**
 * Posts what was frozen, beside the row and the credit note. What was refused meanwhile, yet paid, is booked all the same. False
 * where it is booked already.
 */
async function bookPaid(
  billing: Billing,
  order: TopUpRow,
  row: RefundRow,
  { externalId, reference, actor }: Paid,
): Promise<boolean> {
  if (row.state === 'paid') return false
  const { store, ledger, clock, log } = billing
  const { id, accountId, pendingId, approved, total } = row
  assert(approved !== null && total !== null, 'a refund is approved before it is paid')
  const now = clock.now()
  const transferId = newId('tfr_', now)
  const given = { approved, total }
  const frozen = row.state !== 'refused' && row.state !== 'withdrawn' && pendingId !== null
  const movement = {
    ...{ id: transferId, accountId, code: 'refund' as const, amount: approved },
    ...(frozen ? { phase: 'post' as const, pendingId } : { outside: true }),
    ...{ processor: order.processor, externalId },
    ...(order.transferId !== null && { correctsId: order.transferId }),
    ...(actor !== null && { actor, reason: reference }),
  }
  const paid = {
    ...{ state: 'paid' as const, transferId, externalId: reference, paidAt: now },
    ...{ failure: null, askingAt: null },
  }
  const booked = ledger.transfer(movement, now, [
    must(
      store.db
        .update(refund)
        .set(paid)
        .where(and(eq(refund.id, id), eq(refund.state, row.state))),
      'changed_meanwhile',
    ),
    ...creditNoteStatements(store.db, { id, ...given }, order, now),
    ...settleRequest(row.requestId),
    ...(await mailRefund(billing, row, (accountName, path) => ({
      ...{ kind: 'refund_paid', path, accountName, amount: formatUsd(approved) },
      total: `${formatMinor(total, order.currency)} ${order.currency}`,
    }))),
  ])
  const isBooked = (await unlessChanged(booked)) === true
  if (isBooked) log.info('refund.paid', { refund: id, processor: order.processor, by: actor })
  return isBooked
}

/** The operator paid what the processor cannot, or what it did not say: with her bank's reference. */
export async function payByHand(
  billing: Billing,
  id: string,
  { reference, actor }: { reference: string; actor: string },
): Promise<void> {
  const { store } = billing
  const row = await readRefund(store, id)
  if (row.state !== 'failed') throw new AppError('changed_meanwhile')
  const order = await readTopUp(store, row.topUpId)
  const name = storable(reference.trim())
  const [known] = await store.db
    .select({ id: refund.id })
    .from(refund)
    .where(and(eq(refund.topUpId, order.id), eq(refund.externalId, name), ne(refund.id, id)))
  if (name === '' || known) {
    const message = known
      ? 'That refund is booked already. Refuse this one, or give its own reference.'
      : 'Give the reference of what you paid.'
    throw new AppError('invalid_request', { param: 'reference', message })
  }
  const externalId = `${order.processor}:${id}`
  const isBooked = await bookPaid(billing, order, row, { externalId, reference: name, actor })
  if (!isBooked) throw new AppError('changed_meanwhile')
}

/** Asks the processor again for what it could not pay. */
export async function retryRefund({ store, clock }: Billing, id: string): Promise<void> {
  await readRefund(store, id)
  const waits = and(eq(refund.state, 'approved'), isNull(refund.askingAt))
  const again = { state: 'approved' as const, nextAt: clock.now() }
  await store.write((db) => [
    must(
      db
        .update(refund)
        .set(again)
        .where(and(eq(refund.id, id), or(eq(refund.state, 'failed'), waits))),
      'changed_meanwhile',
    ),
  ])
}
