/**
 * Changing a key: disable and enable, limits, rotation with an overlap, and revocation, which is final. A key is addressed by its
 * hash; whoever holds the secret itself may revoke it without any other right.
 */
import { and, asc, eq, ne, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { sha256 } from '../base/secret.ts'
import { key } from '../store/schema.ts'
import { must, type Store } from '../store/store.ts'
import { type IssuedKey, insertKey, isSecret, issueKey, type KeyTerms } from './issue.ts'

export type KeyRow = typeof key.$inferSelect

export async function readKeyRow(store: Store, hash: string): Promise<KeyRow> {
  const [row] = await store.db.select().from(key).where(eq(key.hash, hash))
  if (!row) throw noKey(hash)
  return row
}

export function listKeys(store: Store, accountId: string): Promise<KeyRow[]> {
  return store.db.select().from(key).where(eq(key.accountId, accountId)).orderBy(asc(key.id))
}

/** A disabled key is refused until it is enabled; a revoked one is neither. */
export async function switchKey(
  store: Store,
  hash: string,
  state: 'active' | 'disabled',
): Promise<void> {
  await changeKey(store, hash, { state })
}

/** What is left out of `terms` stays as it is. */
export async function changeKey(
  store: Store,
  hash: string,
  terms: Partial<KeyTerms> & { state?: 'active' | 'disabled' },
): Promise<void> {
  await store.write((db) => [
    must(db.update(key).set(terms).where(isLive(hash)), ...liveOnly(hash)),
  ])
}

/** Final. Revoking a revoked key changes nothing. */
export async function revokeKey(store: Store, hash: string): Promise<void> {
  await store.write((db) => [
    must(
      db.update(key).set({ state: 'revoked' }).where(eq(key.hash, hash)),
      'not_found',
      noKeyDetail(hash),
    ),
  ])
}

/** By possession: for a key that was found where it should not be. False when it is not one of ours. */
export async function revokeSecret(store: Store, secret: string): Promise<boolean> {
  if (!isSecret(secret)) return false
  const hash = sha256(secret)
  const [row] = await store.db.select({ id: key.id }).from(key).where(eq(key.hash, hash))
  if (row) await revokeKey(store, hash)
  return row !== undefined
}

/**
 * A new key with the same terms; the old one expires at `now + overlapMs`. What the old one has spent in its period
 * counts for the new one too, so that rotating never refills a budget.
 */
export async function rotateKey(
  store: Store,
  hash: string,
  overlapMs: number,
  now: number,
): Promise<IssuedKey & { oldExpiresAt: number }> {
  const old = await readKeyRow(store, hash)
  const issued = issueKey(now)
  const oldExpiresAt = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, now + overlapMs)
  const { name, expiresAt, creditLimit, creditReset, rpm, tpm, concurrent, models, ips } = old
  const limits = { creditLimit, creditReset, rpm, tpm, concurrent, models, ips }
  const terms = { name, expiresAt, ...limits, purpose: old.purpose, createdBy: old.createdBy }
  const spent = (column: 'spent' | 'period_start') =>
    sql.raw(`(SELECT ${column} FROM key WHERE id = '${old.id}')`)
  await store.write((db) => [
    must(db.update(key).set({ expiresAt: oldExpiresAt }).where(isLive(hash)), ...liveOnly(hash)),
    insertKey(db, issued, old.accountId, terms, now),
    db
      .update(key)
      .set({ spent: spent('spent'), periodStart: spent('period_start') })
      .where(eq(key.id, issued.id)),
  ])
  return { ...issued, oldExpiresAt }
}

const isLive = (hash: string) => and(eq(key.hash, hash), ne(key.state, 'revoked'))

const liveOnly = (hash: string) =>
  ['not_found', { message: `There is no key ${hash} that is not revoked.` }] as const

const noKeyDetail = (hash: string) => ({
  message: `There is no key ${hash}. Give the hash that kkai key create printed.`,
})
const noKey = (hash: string) => new AppError('not_found', noKeyDetail(hash))
