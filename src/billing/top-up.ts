/**
 * Orders for credit. An order is written before its processor is asked for a place to pay, so none is paid that is not known;
 * what it costs is fixed then. A form that is sent twice makes one order. `sync.ts` says what becomes of it.
 */
import { and, asc, desc, eq, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import { lockAccount } from '../account/member.ts'
import { formatExchangeRate, formatMinor, formatPercent, formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import {
  type Order,
  type Ordered,
  type Processor,
  ProcessorError,
} from '../processors/processor.ts'
import { dispute, receipt, topUp } from '../store/credit.ts'
import { user } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { must, type Store } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { readCost } from './cost.ts'

export type TopUpRow = typeof topUp.$inferSelect

export interface NewTopUp {
  accountId: string
  /** Null where nobody sits before it. */
  userId: string | null
  origin: TopUpRow['origin']
  processor: string
  /** One of the processor's. */
  method: string
  /** Nano-USD. */
  credit: bigint
  /** The same for the same form, however often it is sent. */
  once: string
  /** What the buyer was shown that she pays, as text; where that has changed since, she is asked again. */
  shown?: string | undefined
}

const hourMs = 3_600_000
const mostOpen = 10

/** How long an order can be paid: a card's checkout an hour; what is paid at a bank or a shop, a week. */
const payableMs = (method: string) => (method === 'card' ? hourMs : 7 * 24 * hourMs)

/**
 * Makes an order and its checkout. Refuses with `invalid_amount`, `invalid_request`, `changed_meanwhile`,
 * `too_many_attempts`, and with `payment_unavailable` where the processor does not answer: the order has failed then.
 */
export async function createTopUp(billing: Billing, wanted: NewTopUp): Promise<TopUpRow> {
  const { store } = billing
  const processor = findProcessor(billing, wanted)
  const known = await findOnce(store, wanted)
  if (known) return known
  const row = await newOrder(billing, processor, wanted)
  const ofAccount = eq(topUp.accountId, wanted.accountId)
  const openOnes = sql`(SELECT COUNT(*) FROM ${topUp} WHERE ${ofAccount} AND ${topUp.state} IN ('open', 'pending')
    AND ${topUp.expiresAt} > ${row.createdAt} AND ${topUp.once} <> ${row.once})`
  await store.write((db) => [
    lockAccount(db, wanted.accountId),
    must(
      db
        .update(account)
        .set({ state: sql`state` })
        .where(and(eq(account.id, wanted.accountId), sql`${openOnes} < ${mostOpen}`)),
      'too_many_attempts',
      {
        message: `There are ${mostOpen} unpaid orders. Pay one of them, or wait until they expire.`,
      },
    ),
    db.insert(topUp).values(row).onConflictDoNothing(),
  ])
  const made = (await findOnce(store, wanted)) as TopUpRow
  return made.id === row.id ? openCheckout(billing, made) : made
}

function findProcessor({ processors }: Billing, { processor: name, method }: NewTopUp): Processor {
  const processor = processors.get(name)
  if (processor?.methods.includes(method)) return processor
  throw new AppError('invalid_request', {
    param: processor ? 'method' : 'processor',
    message: 'That way to pay is not offered here.',
  })
}

async function findOnce({ db }: Store, { accountId, once }: NewTopUp): Promise<TopUpRow | null> {
  const same = and(eq(topUp.accountId, accountId), eq(topUp.once, once))
  const [row] = await db.select().from(topUp).where(same)
  return row ?? null
}

/** What is written before anything is asked of the processor. */
export async function newOrder(
  billing: Billing,
  processor: Processor,
  { accountId, userId, origin, method, credit, once, shown }: NewTopUp,
) {
  const { currency, name } = processor
  const cost = await readCost(billing, processor, { accountId, credit })
  if (shown !== undefined && shown !== formatMinor(cost.total, currency)) {
    throw new AppError('changed_meanwhile', { param: 'total' })
  }
  const now = billing.clock.now()
  return {
    ...{ id: newId('top_', now), accountId, userId, origin, processor: name, method, once },
    ...cost,
    ...{ createdAt: now, expiresAt: now + payableMs(method) },
  }
}

/** Asks the processor for the place to pay, once more where it is not known whether it was; idempotent by the order's id. */
export async function openCheckout(billing: Billing, row: TopUpRow): Promise<TopUpRow> {
  const { store, processors, log } = billing
  const processor = processors.get(row.processor)
  // Recharge has no place to pay: its way to pay is charged.
  if (row.origin === 'recharge' || row.checkout !== null) return row
  if (row.state !== 'open' || !processor) return row
  const order = await orderOf(billing, row)
  const isThis = and(eq(topUp.id, row.id), eq(topUp.state, 'open'))
  try {
    const made = await processor.checkout(order)
    await store.write((db) => [db.update(topUp).set(made).where(isThis)])
  } catch (cause) {
    if (!(cause instanceof ProcessorError)) throw cause
    log.warn('checkout.failed', { topUp: row.id, processor: row.processor, cause })
    const failed = { state: 'failed', failure: 'processor_unavailable' } as const
    await store.write((db) => [db.update(topUp).set(failed).where(isThis)])
    throw new AppError('payment_unavailable', { cause })
  }
  return readTopUp(store, row.id)
}

/** The order as its processor is told it. */
export async function orderOf(
  { store, publicUrl, business }: Pick<Billing, 'store' | 'publicUrl' | 'business'>,
  row: TopUpRow,
): Promise<Order> {
  const [who] =
    row.userId === null ? [] : await store.db.select().from(user).where(eq(user.id, row.userId))
  const url = publicUrl().replace(/\/$/, '')
  return {
    ...{ id: row.id, total: row.total, currency: row.currency, method: row.method ?? '' },
    description: `${business.current.platform}: US$${formatUsd(row.credit)}`,
    email: row.buyer.email ?? who?.email ?? null,
    language: who?.language ?? 'en',
    returnUrl: `${url}/accounts/${row.accountId}/top-ups/${row.id}`,
    callbackUrl: `${url}/api/payments/${row.processor}`,
    ...{ createdAt: row.createdAt, expiresAt: row.expiresAt },
  }
}

export function orderedOf(row: TopUpRow): Ordered {
  const { id, total, currency, method, checkoutId, paymentId, createdAt } = row
  return { id, total, currency, method, checkoutId, paymentId, createdAt }
}

/** Refuses with `not_found`. `accountId`: only one of that account. */
export async function readTopUp({ db }: Store, id: string, accountId?: string): Promise<TopUpRow> {
  const owned = accountId === undefined ? undefined : eq(topUp.accountId, accountId)
  const [row] = await db
    .select()
    .from(topUp)
    .where(and(eq(topUp.id, id), owned))
  if (row) return row
  throw new AppError('not_found', { message: 'There is no such order.' })
}

export interface PageOf {
  after: string | undefined
  limit: number
}

/** Orders that match, the newest first: ids sort by age. `next` is the page's last id; null at the end. */
export async function listTopUps({ db }: Store, meant: SQL | undefined, { after, limit }: PageOf) {
  const older = after === undefined ? undefined : lt(topUp.id, after)
  const rows = await db
    .select()
    .from(topUp)
    .where(and(meant, older))
    .orderBy(desc(topUp.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

/** Orders with the numbers of their receipts, and what banks said of their payments. */
export async function describeTopUps({ db }: Store, rows: readonly TopUpRow[]) {
  const ids = rows.map(({ id }) => id)
  const [receipts, disputes] = await Promise.all([
    db
      .select({ topUpId: receipt.topUpId, number: receipt.number })
      .from(receipt)
      .where(and(inArray(receipt.topUpId, ids), eq(receipt.kind, 'receipt'))),
    db
      .select({ topUpId: dispute.topUpId, state: dispute.state, amount: dispute.amount })
      .from(dispute)
      .where(inArray(dispute.topUpId, ids))
      .orderBy(asc(dispute.createdAt)),
  ])
  return rows.map((row) => ({
    ...describeTopUp(row),
    receipt: receipts.find(({ topUpId }) => topUpId === row.id)?.number ?? null,
    disputes: disputes
      .filter(({ topUpId }) => topUpId === row.id)
      .map(({ state, amount }) => ({ state, amount: formatUsd(amount) })),
  }))
}

/** As the API shows it: amounts as exact decimal strings, credit in USD, the rest in its currency. */
export function describeTopUp(row: TopUpRow) {
  const { currency, checkout } = row
  const paid = (amount: bigint) => formatMinor(amount, currency)
  return {
    ...{ id: row.id, state: row.state, origin: row.origin, processor: row.processor },
    ...{ method: row.method, credit: formatUsd(row.credit), currency },
    ...describeCost(row),
    checkout: checkout === null ? null : { kind: checkout.kind, url: placeToPay(row) },
    ...{ failure: row.failure, pay_at: row.payAt, payment_id: row.paymentId },
    processor_fee: row.processorFee === null ? null : paid(row.processorFee),
    created_at: new Date(row.createdAt).toISOString(),
    expires_at: new Date(row.expiresAt).toISOString(),
    paid_at: row.paidAt === null ? null : new Date(row.paidAt).toISOString(),
  }
}

type Cost = Pick<
  TopUpRow,
  'currency' | 'price' | 'fee' | 'tax' | 'total' | 'taxRate' | 'taxCountry' | 'exchangeRate'
>

/** What it costs, apart [T3.6]. */
export function describeCost(cost: Cost) {
  const paid = (amount: bigint) => formatMinor(amount, cost.currency)
  const { price, fee, tax, total, taxRate, taxCountry, exchangeRate } = cost
  return {
    ...{ price: paid(price), fee: paid(fee), tax: paid(tax), total: paid(total) },
    tax_rate: taxRate === null ? null : formatPercent(BigInt(taxRate)),
    tax_country: taxCountry,
    exchange_rate: exchangeRate === null ? null : formatExchangeRate(exchangeRate),
  }
}

/** Its page. */
export const topUpPath = ({ accountId, id }: Pick<TopUpRow, 'accountId' | 'id'>) =>
  `/accounts/${accountId}/top-ups/${id}`

/** Where the browser goes to pay: the processor's page, or ours that hands a form over (`hand-over.ts`). */
function placeToPay({ id, accountId, checkout }: TopUpRow): string | null {
  if (checkout?.kind === 'redirect') return checkout.url
  if (checkout?.kind === 'form') return `/api/accounts/${accountId}/top-ups/${id}/checkout`
  return null
}

/** An order of that processor by what a callback names it. */
export async function findHinted(
  { db }: Store,
  processor: string,
  {
    orderId,
    checkoutId,
    paymentId,
  }: { orderId: string | null; checkoutId?: string | null; paymentId?: string | null },
): Promise<TopUpRow | null> {
  const ours = eq(topUp.processor, processor)
  // Each whole, so that each is found by its index.
  const named = or(
    orderId ? and(ours, eq(topUp.id, orderId)) : undefined,
    checkoutId ? and(ours, eq(topUp.checkoutId, checkoutId)) : undefined,
    paymentId ? and(ours, eq(topUp.paymentId, paymentId)) : undefined,
  )
  if (named === undefined) return null
  const [row] = await db.select().from(topUp).where(named)
  return row ?? null
}
