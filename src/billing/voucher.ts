/**
 * Vouchers: codes that are credit for whoever has them first. A code is 80 random bits, shown once when it is made and kept
 * as its SHA-256; it is redeemed in the commit that books its credit, so however many try at once, one does.
 */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { sha256 } from '../base/secret.ts'
import { voucher, voucherBatch } from '../store/credit.ts'
import { must, type Query, type Store } from '../store/store.ts'
import type { Billing } from './billing.ts'

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const length = 16
const dayMs = 24 * 60 * 60_000

/** `KK-7H2K-…`: 16 digits of Crockford's base 32, which has no look-alikes. */
export function newCode(): string {
  const chance = crypto.getRandomValues(new Uint8Array(length))
  const text = [...chance].map((byte) => digits[byte & 31]).join('')
  return `KK-${text.match(/.{4}/g)?.join('-')}`
}

/** What is kept of a code however it was typed: small, with spaces, in full width, with or without `KK`; null for what is none. */
export function hashCode(typed: string): string | null {
  const text = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
  const code = text
    .replace(/^KK(?=.{16}$)/, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
  return /^[0-9A-HJKMNP-TV-Z]{16}$/.test(code) ? sha256(code) : null
}

export interface Redemption {
  accountId: string
  userId: string
  code: string
}

/** Answers the credit in nano-USD and when it expires. Refuses with `invalid_voucher`, saying why. */
export async function redeemVoucher(
  { store, ledger, clock }: Pick<Billing, 'store' | 'ledger' | 'clock'>,
  { accountId, userId, code }: Redemption,
): Promise<{ credit: bigint; expiresAt: number | null }> {
  const now = clock.now()
  const hash = hashCode(code)
  const found = hash === null ? null : await findVoucher(store, hash, accountId)
  if (hash === null || found === null) throw refuse('wrong')
  const { batch, redeemed } = found
  if (found.accountId !== null) throw refuse(found.accountId === accountId ? 'yours' : 'used')
  if (batch.state === 'disabled') throw refuse('disabled')
  if (batch.expiresAt !== null && batch.expiresAt <= now) throw refuse('expired')
  if (redeemed >= batch.perAccount) throw refuse('enough')
  const expiresAt = batch.creditDays === null ? null : now + batch.creditDays * dayMs
  const id = newId('tfr_', now)
  const booked = await ledger.transfer(
    {
      ...{ id, accountId, code: 'voucher', amount: batch.credit, actor: userId, expiresAt },
      ...{ externalId: `voucher:${hash}`, reason: batch.name },
    },
    now,
    [must(take(store.db, { hash, accountId, userId, transferId: id, now }), 'invalid_voucher')],
  )
  if (!booked) throw refuse('used')
  return { credit: batch.credit, expiresAt }
}

const ofAccount = (batchId: unknown, accountId: string) =>
  sql`(SELECT COUNT(*) FROM voucher mine WHERE mine.batch_id = ${batchId} AND mine.account_id = ${accountId})`

async function findVoucher({ db }: Pick<Store, 'db'>, hash: string, accountId: string) {
  const [row] = await db
    .select({
      accountId: voucher.accountId,
      batch: voucherBatch,
      redeemed: ofAccount(voucherBatch.id, accountId).mapWith(Number),
    })
    .from(voucher)
    .innerJoin(voucherBatch, eq(voucherBatch.id, voucher.batchId))
    .where(eq(voucher.hash, hash))
  return row ?? null
}

interface Taking extends Omit<Redemption, 'code'> {
  hash: string
  transferId: string
  now: number
}

/** What was true when it was looked at is asked again in the write; of two that count the same, one is unique. */
function take(db: Query, { hash, accountId, userId, transferId, now }: Taking) {
  const mine = ofAccount(voucher.batchId, accountId)
  return db
    .update(voucher)
    .set({ accountId, nth: sql`${mine} + 1`, redeemedBy: userId, redeemedAt: now, transferId })
    .where(
      and(
        eq(voucher.hash, hash),
        isNull(voucher.accountId),
        sql`EXISTS (SELECT 1 FROM voucher_batch batch WHERE batch.id = ${voucher.batchId} AND batch.state = 'active'
          AND (batch.expires_at IS NULL OR batch.expires_at > ${now}) AND batch.per_account > ${mine})`,
      ),
    )
}

const why = {
  wrong: 'There is no such voucher code. Check it letter by letter.',
  used: 'This voucher code was used already.',
  yours: 'This account has redeemed this voucher code already: its credit is in your balance.',
  disabled: 'This voucher code is no longer valid. Ask who gave it to you.',
  expired: 'This voucher code has expired.',
  enough: 'This account has redeemed as many vouchers of this kind as it may.',
}

function refuse(reason: keyof typeof why): AppError {
  return new AppError('invalid_voucher', { param: 'code', message: why[reason] })
}
