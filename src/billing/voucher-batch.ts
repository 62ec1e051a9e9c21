/** Batches of vouchers, as the operator makes, watches and ends them. */
import { and, desc, eq, isNotNull, lt, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { voucher, voucherBatch } from '../store/credit.ts'
import { account } from '../store/schema.ts'
import { must, type Store, storable } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { hashCode, newCode } from './voucher.ts'

export interface NewBatch {
  name: string
  /** Nano-USD, of each code. */
  credit: bigint
  count: number
  perAccount: number
  expiresAt: number | null
  creditDays: number | null
  createdBy: string
}

/** As many rows in one statement as its parameters allow. */
const rowsAtOnce = 1000

/** Answers the codes: they are kept nowhere. */
export async function createBatch(
  { store, clock }: Pick<Billing, 'store' | 'clock'>,
  batch: NewBatch,
): Promise<{ id: string; codes: string[] }> {
  const now = clock.now()
  const id = newId('vch_', now)
  const codes = Array.from({ length: batch.count }, newCode)
  const rows = codes.map((code) => ({
    hash: hashCode(code) as string,
    suffix: code.slice(-4),
    batchId: id,
  }))
  await store.write((db) => [
    db
      .insert(voucherBatch)
      .values({ id, ...batch, name: storable(batch.name.trim()), createdAt: now }),
    ...Array.from({ length: Math.ceil(rows.length / rowsAtOnce) }, (_, at) =>
      db.insert(voucher).values(rows.slice(at * rowsAtOnce, (at + 1) * rowsAtOnce)),
    ),
  ])
  return { id, codes }
}

/** The newest first. `after`: the id of the last one of the page before. */
export async function listBatches(
  { db }: Pick<Store, 'db'>,
  { after, limit }: { after?: string; limit: number },
) {
  const redeemed = sql`(SELECT COUNT(*) FROM voucher used WHERE used.batch_id = ${voucherBatch.id} AND used.account_id IS NOT NULL)`
  const rows = await db
    .select({ batch: voucherBatch, redeemed: redeemed.mapWith(Number) })
    .from(voucherBatch)
    .where(after === undefined ? undefined : lt(voucherBatch.id, after))
    .orderBy(desc(voucherBatch.id))
    .limit(limit + 1)
  const data = rows.slice(0, limit).map(({ batch, redeemed }) => describeBatch(batch, redeemed))
  return { data, next: rows.length > limit ? (data.at(-1)?.id ?? null) : null }
}

const mostShown = 500

/** With the vouchers that were redeemed last, and by whom. */
export async function readBatch({ db }: Pick<Store, 'db'>, id: string) {
  const [batch] = await db.select().from(voucherBatch).where(eq(voucherBatch.id, id))
  if (!batch) throw new AppError('not_found')
  const used = and(eq(voucher.batchId, id), isNotNull(voucher.accountId))
  const [count, rows] = await Promise.all([
    db
      .select({ redeemed: sql`COUNT(*)`.mapWith(Number) })
      .from(voucher)
      .where(used),
    db
      .select({ voucher, name: account.name })
      .from(voucher)
      .innerJoin(account, eq(account.id, voucher.accountId))
      .where(used)
      .orderBy(desc(voucher.redeemedAt))
      .limit(mostShown),
  ])
  return {
    ...describeBatch(batch, count[0]?.redeemed ?? 0),
    vouchers: rows.map(({ voucher: { suffix, accountId, redeemedBy, redeemedAt }, name }) => ({
      suffix,
      account: accountId,
      account_name: name,
      redeemed_by: redeemedBy,
      redeemed_at: redeemedAt === null ? null : new Date(redeemedAt).toISOString(),
    })),
  }
}

/** Its unused codes are worth nothing from now on. */
export async function disableBatch({ store }: Pick<Billing, 'store'>, id: string): Promise<void> {
  await store.write((db) => [
    must(
      db.update(voucherBatch).set({ state: 'disabled' }).where(eq(voucherBatch.id, id)),
      'not_found',
    ),
  ])
}

function describeBatch(batch: typeof voucherBatch.$inferSelect, redeemed: number) {
  const { id, name, count, perAccount, creditDays, state, createdBy } = batch
  return {
    ...{ id, name, count, redeemed, state },
    credit: formatUsd(batch.credit),
    per_account: perAccount,
    credit_days: creditDays,
    expires_at: batch.expiresAt === null ? null : new Date(batch.expiresAt).toISOString(),
    created_by: createdBy,
    created_at: new Date(batch.createdAt).toISOString(),
  }
}
