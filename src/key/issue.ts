/**
 * Making a key. Its secret is `sk-kk-`, 43 random characters and a checksum of six, shown once; kept are its SHA-256 and
 * its last four characters.
 */
import { and, eq, ne, sql } from 'drizzle-orm'
import { newId } from '../base/id.ts'
import { checksum, randomText, sha256 } from '../base/secret.ts'
import { spent } from '../store/people.ts'
import { account, key } from '../store/schema.ts'
import { must, type Query, type Statement, type Store } from '../store/store.ts'
import type { Key } from './key.ts'

const prefix = 'sk-kk-'
const randomLength = 43
const shape = /^sk-kk-[0-9A-Za-z]{49}$/

/** What a key may be limited to; null without a limit. */
export interface KeyTerms {
  name: string
  expiresAt: number | null
  creditLimit: bigint | null
  creditReset: Key['creditReset']
  rpm: number | null
  tpm: number | null
  concurrent: number | null
  models: string[] | null
  /** CIDR ranges. */
  ips: string[] | null
}

/** Who made a key and what for. A management key makes and changes keys, but no calls. */
export interface KeyOrigin {
  purpose?: 'inference' | 'management'
  /** A user's id. */
  createdBy?: string | null
  /** A name of this one request to make a key: sent twice, by a double click, it makes one key. */
  once?: string
}

export interface IssuedKey {
  id: string
  /** The only time that it is shown. */
  secret: string
  hash: string
}

export function newSecret(): string {
  const body = prefix + randomText(randomLength)
  return body + checksum(body)
}

/** Whether the text can be a key at all: its shape and its checksum. Costs no look-up. */
export function isSecret(text: string): boolean {
  return shape.test(text) && checksum(text.slice(0, -6)) === text.slice(-6)
}

/**
 * Refuses with `not_found` where there is no such account, or it is closed; with `already_exists` what was asked for
 * `once` before.
 */
export async function createKey(
  store: Store,
  accountId: string,
  terms: KeyTerms,
  now: number,
  { once, ...origin }: KeyOrigin = {},
): Promise<IssuedKey> {
  const issued = issueKey(now)
  await store.write((db) => [
    holdsKeys(db, accountId),
    ...(once === undefined ? [] : [spendOnce(db, `key ${accountId} ${once}`, now)]),
    insertKey(db, issued, accountId, { ...terms, ...origin }, now),
  ])
  return issued
}

const onceMs = 24 * 3_600_000

function spendOnce(db: Query, id: string, now: number): Statement {
  const row = { id: sha256(id), expiresAt: now + onceMs }
  return must(db.insert(spent).values(row).onConflictDoNothing(), 'already_exists', {
    message: 'This key was made already. Its secret was shown then, once.',
  })
}

export function issueKey(now: number): IssuedKey {
  const secret = newSecret()
  return { id: newId('key_', now), secret, hash: sha256(secret) }
}

export function insertKey(
  db: Query,
  { id, secret, hash }: IssuedKey,
  accountId: string,
  terms: KeyTerms & Omit<KeyOrigin, 'once'>,
  now: number,
) {
  const suffix = secret.slice(-4)
  return db.insert(key).values({ ...terms, id, hash, suffix, accountId, createdAt: now })
}

/** Touches the account, so that the write is refused unless it may own keys. */
function holdsKeys(db: Query, accountId: string): Statement {
  const owns = and(
    eq(account.id, accountId),
    ne(account.kind, 'house'),
    ne(account.state, 'closed'),
  )
  return must(db.update(account).set({ kind: sql`kind` }).where(owns), 'not_found', {
    message: `There is no open account ${accountId}. kkai account create --email E makes one.`,
  })
}
