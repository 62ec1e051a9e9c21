/**
 * How often something may be tried: one counter for each subject (an address block, a user's address) and window, kept in the
 * database so that neither a restart nor another node forgets it. Every try is counted before it is judged: of many at once
 * none is missed.
 */
import { eq, lt, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { attempt } from '../store/people.ts'
import { byHand, type Store } from '../store/store.ts'

export interface Limit {
  subject: string
  most: number
  windowMs: number
}

const minuteMs = 60_000

/** Counts one try for each subject, then refuses with `too_many_attempts` if any has had too many. */
export async function countTry(store: Store, limits: readonly Limit[], now: number): Promise<void> {
  await store.write(() =>
    limits.map(({ subject, windowMs }) =>
      byHand(sql`INSERT INTO attempt (subject, count, window_start) VALUES (${subject}, 1, ${now})
        ON CONFLICT (subject) DO UPDATE SET
          count = CASE WHEN attempt.window_start <= ${now - windowMs} THEN 1 ELSE attempt.count + 1 END,
          window_start = CASE WHEN attempt.window_start <= ${now - windowMs} THEN ${now} ELSE attempt.window_start END`),
    ),
  )
  for (const { subject, most, windowMs } of limits) {
    const [row] = await store.db.select().from(attempt).where(eq(attempt.subject, subject))
    if (!row || row.count <= most) continue
    const seconds = Math.max(1, Math.ceil((row.windowStart + windowMs - now) / 1000))
    throw new AppError('too_many_attempts', { headers: { 'retry-after': String(seconds) } })
  }
}

/** After a success: the honest do not pay for their own mistakes. */
export async function forgetTries(store: Store, subject: string): Promise<void> {
  await store.write((db) => [db.delete(attempt).where(eq(attempt.subject, subject))])
}

export async function sweepTries(store: Store, now: number): Promise<void> {
  await store.write((db) => [
    db.delete(attempt).where(lt(attempt.windowStart, now - 24 * 60 * minuteMs)),
  ])
}

/** The block that an address is of: /24 of IPv4, /64 of IPv6. */
export function blockOf(address: string): string {
  const v4 = /(\d+\.\d+\.\d+)\.\d+$/.exec(address)
  if (v4) return `${v4[1]}.0/24`
  const [head = '', tail] = address.split('::')
  const left = head.split(':').filter((part) => part !== '')
  const missing = tail === undefined ? 0 : 8 - left.length - tail.split(':').filter(Boolean).length
  return `${[...left, ...Array(Math.max(0, missing)).fill('0')].slice(0, 4).join(':')}::/64`
}

const perAddress = (what: string, address: string, most: number, minutes: number): Limit => ({
  ...{ subject: `${what}:${blockOf(address)}`, most, windowMs: minutes * minuteMs },
})
const perUser = (what: string, email: string, most: number, minutes: number): Limit => ({
  ...{ subject: `${what}:${email}`, most, windowMs: minutes * minuteMs },
})

export const loginLimits = (email: string, address: string) => [
  perUser('login', email, 10, 15),
  perAddress('login', address, 50, 15),
]
export const registerLimits = (address: string) => [perAddress('register', address, 10, 60)]
export const mailLimits = (email: string, address: string) => [
  perUser('mail', email, 5, 60),
  perAddress('mail', address, 30, 60),
]
export const codeLimits = (userId: string) => [perUser('code', userId, 10, 15)]
/** By account, whoever of its members types; forgotten after a right one. */
export const voucherLimits = (accountId: string, address: string): [Limit, Limit] => [
  perUser('voucher', accountId, 10, 60),
  perAddress('voucher', address, 60, 60),
]
