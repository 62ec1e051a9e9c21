/** A key as its account's members see it, and its terms as they write them. Never its secret, once it was made. */
import { and, desc, eq, gte, ne, type SQL, sql } from 'drizzle-orm'
import { parseRange } from '../base/address.ts'
import { formatUsd, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { sha256 } from '../base/secret.ts'
import { parseTime } from '../base/time.ts'
import { user } from '../store/people.ts'
import { key, usageHour } from '../store/schema.ts'
import { type Store, storable } from '../store/store.ts'
import type { KeyRow } from './change.ts'
import type { KeyTerms } from './issue.ts'
import { periodStart } from './period.ts'

/** What the dashboard sends. Left out: as it is; null: no limit. */
export interface WrittenTerms {
  name?: string
  limit?: string | null
  limit_reset?: 'daily' | 'weekly' | 'monthly' | null
  expires_at?: string | null
  models?: string[] | null
  ips?: string[] | null
  rpm?: number | null
  tpm?: number | null
  concurrent?: number | null
}

export const unlimited: Omit<KeyTerms, 'name'> = {
  ...{ expiresAt: null, creditLimit: null, creditReset: null, rpm: null, tpm: null },
  ...{ concurrent: null, models: null, ips: null },
}

/** Refuses what cannot be with `invalid_request` or `invalid_amount` and the field's name. */
export function readTerms(written: WrittenTerms, now: number): Partial<KeyTerms> {
  const { name, limit, limit_reset, expires_at, models, ips, rpm, tpm, concurrent } = written
  if (name?.trim() === '') throw invalid('name', 'A key needs a name.')
  const bad = ips?.find((range) => parseRange(range) === null)
  if (bad !== undefined) throw invalid('ips', `${bad} is no address or CIDR range.`)
  return {
    ...(name !== undefined && { name: storable(name.trim()) }),
    ...(limit !== undefined && { creditLimit: limit === null ? null : parseUsd(limit, 'limit') }),
    ...(limit_reset !== undefined && { creditReset: limit_reset }),
    ...(expires_at !== undefined && { expiresAt: readExpiry(expires_at, now) }),
    ...(models !== undefined && { models: nullIfEmpty(models) }),
    ...(ips !== undefined && { ips: nullIfEmpty(ips) }),
    ...(rpm !== undefined && { rpm }),
    ...(tpm !== undefined && { tpm }),
    ...(concurrent !== undefined && { concurrent }),
  }
}

function readExpiry(text: string | null, now: number): number | null {
  if (text === null) return null
  const at = parseTime(text)
  if (at !== null && at > now) return at
  throw invalid(
    'expires_at',
    'A key expires in the future, at a time such as 2027-01-31T00:00:00Z.',
  )
}

/** A key for no model at all could do nothing: an empty list is none. */
const nullIfEmpty = (list: string[] | null) => (list?.length === 0 ? null : list)

const invalid = (param: string, message: string) =>
  new AppError('invalid_request', { param, message })

/** The hash of the key that the playground calls with: of no secret, so that no one else can use it. */
export const playgroundHash = (accountId: string) => sha256(`playground ${accountId}`)

const usedWithinMs = 90 * 24 * 3_600_000

/** The newest first. `last_used_at` is the hour of its last call within 90 days. */
export async function viewKeys({ db }: Store, accountId: string, now: number, only?: SQL) {
  const [rows, used] = await Promise.all([
    db
      .select({ key, creator: user.name })
      .from(key)
      .leftJoin(user, eq(user.id, key.createdBy))
      .where(and(eq(key.accountId, accountId), ne(key.hash, playgroundHash(accountId)), only))
      .orderBy(desc(key.id)),
    db
      .select({ id: usageHour.keyId, hour: sql`MAX(${usageHour.hour})`.mapWith(Number) })
      .from(usageHour)
      .where(and(eq(usageHour.accountId, accountId), gte(usageHour.hour, now - usedWithinMs)))
      .groupBy(usageHour.keyId),
  ])
  const hours = new Map(used.map(({ id, hour }) => [id, hour]))
  return rows.map(({ key, creator }) => viewKey(key, creator, hours.get(key.id) ?? null, now))
}

export type KeyView = ReturnType<typeof viewKey>

function viewKey(row: KeyRow, creator: string | null, usedAt: number | null, now: number) {
  const { id, hash, name, state, purpose, models, ips, rpm, tpm, concurrent } = row
  return {
    ...{ id, hash, name, state, purpose, models, ips, rpm, tpm, concurrent },
    label: `sk-kk-…${row.suffix}`,
    limit: row.creditLimit === null ? null : formatUsd(row.creditLimit),
    limit_reset: row.creditReset,
    spent: formatUsd(spentOf(row, now)),
    expires_at: iso(row.expiresAt),
    last_used_at: iso(usedAt),
    created_at: new Date(row.createdAt).toISOString(),
    created_by_name: creator,
  }
}

/** In the period that runs; what was spent in one before counts no more. */
export function spentOf({ creditReset, periodStart: start, spent }: KeyRow, now: number): bigint {
  return start >= periodStart(creditReset, now) ? spent : 0n
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
