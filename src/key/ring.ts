/**
 * The keys in memory, by the hash of their secret. A known key is found without waiting. Text that cannot be a key is
 * refused by its checksum; unknown keys are looked up each time and never kept, so guessing fills no memory.
 */
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import { sha256 } from '../base/secret.ts'
import type { Config } from '../config.ts'
import { investigation } from '../store/operator.ts'
import { acceptance, document, member, user } from '../store/people.ts'
import * as schema from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { isSecret } from './issue.ts'
import type { Key } from './key.ts'

export interface KeyRing {
  /** The key of that secret whatever its state, or null. A promise only when the store must be asked. */
  find(secret: string): Key | null | Promise<Key | null>
  /** The key of that hash as it is now; for calls under way, which look again when `changes` is another. */
  findByHash(hash: string): Key | null | Promise<Key | null>
  readonly changes: number
  /** To be called after a change of a key, its account or its tier: the next call reads it anew. All without `hash`. */
  forget(hash?: string): void
}

const mostKept = 100_000
/** Other nodes change keys too; on SQLite this process is the only writer and says so by `forget`. */
const postgresAgeMs = 500

/** `mustVerify`: whether calls wait for a confirmed address of an owner; after a change of it, `forget`. */
export function openKeyRing(
  store: Store,
  tiers: Config['tiers'],
  clock: Clock,
  mustVerify: () => boolean = () => true,
): KeyRing {
  const kept = new Map<string, { key: Key; until: number }>()
  const age = store.kind === 'postgres' ? postgresAgeMs : Number.POSITIVE_INFINITY
  let changes = 0

  async function look(hash: string): Promise<Key | null> {
    const before = changes
    const key = await readKey(store, hash, tiers, mustVerify(), clock.now())
    // What was read before a change is not kept after it.
    if (key !== null && before === changes) {
      if (kept.size >= mostKept) kept.clear()
      kept.set(hash, { key, until: clock.elapsed() + age })
    }
    return key
  }

  function findByHash(hash: string): Key | null | Promise<Key | null> {
    const found = kept.get(hash)
    return found && clock.elapsed() < found.until ? found.key : look(hash)
  }

  return {
    find: (secret) => (isSecret(secret) ? findByHash(sha256(secret)) : null),
    findByHash,
    get changes() {
      return store.kind === 'postgres' ? changes + Math.floor(clock.elapsed() / 1000) : changes
    },
    forget: (hash) => {
      changes++
      if (hash === undefined) kept.clear()
      else kept.delete(hash)
    },
  }
}

async function readKey(
  store: Store,
  hash: string,
  tiers: Config['tiers'],
  mustVerify: boolean,
  now: number,
): Promise<Key | null> {
  const { account, key } = schema
  const [row] = await store.db
    .select({
      key,
      account: {
        ...{ id: account.id, state: account.state },
        ...{ tier: account.tier, training: account.training, bodyDays: account.bodyDays },
      },
      unverified: unverified.mapWith(Number),
      termsFrom,
    })
    .from(key)
    .innerJoin(account, eq(account.id, key.accountId))
    .where(eq(key.hash, hash))
  if (!row) return null
  const { id, accountId, name, state, purpose, expiresAt, creditLimit, creditReset } = row.key
  const { rpm, tpm, concurrent, models, ips, createdAt } = row.key
  const { tier, ...owner } = row.account
  return {
    ...{ id, hash, accountId, name, state, purpose, expiresAt, creditLimit, creditReset },
    ...{ ips, createdAt },
    limits: { rpm, tpm, concurrent },
    models: models === null ? null : new Set(models),
    investigations: await readInvestigations(store, row.key, now),
    account: {
      ...owner,
      // A tier that is no longer in the settings is held to the standard one, never to none.
      limits: tiers[tier] ?? tiers.standard!,
      verified: !mustVerify || row.unverified === 0,
      termsFrom: row.termsFrom === null ? null : Number(row.termsFrom),
    },
  }
}

/** Of all of the account, or of this key. */
function readInvestigations({ db }: Store, key: { id: string; accountId: string }, now: number) {
  const { id, accountId, keyId, endsAt, endedAt } = investigation
  const covers = and(eq(accountId, key.accountId), or(isNull(keyId), eq(keyId, key.id)))
  return db
    .select({ id, endsAt })
    .from(investigation)
    .where(and(covers, isNull(endedAt), gt(endsAt, now)))
}

/** An account that a command made has no members: nobody could confirm or accept anything. */
const owned = sql`SELECT 1 FROM ${member} WHERE ${member.accountId} = ${schema.key.accountId}`
const isOwner = sql`${member.accountId} = ${schema.key.accountId} AND ${member.role} = 'owner'`

const unverified = sql`CASE WHEN EXISTS (${owned}) AND NOT EXISTS (
  SELECT 1 FROM ${member} JOIN ${user} ON ${user.id} = ${member.userId}
  WHERE ${isOwner} AND ${user.emailVerifiedAt} IS NOT NULL) THEN 1 ELSE 0 END`

/** The earliest material version that no owner has accepted, nor a later one of its kind. */
const termsFrom = sql<number | string | null>`CASE WHEN EXISTS (${owned}) THEN (
  SELECT MIN(${document.effectiveAt}) FROM ${document}
  WHERE ${document.material} = 1 AND NOT EXISTS (
    SELECT 1 FROM ${member} JOIN ${acceptance} ON ${acceptance.userId} = ${member.userId}
    JOIN ${document} AS later ON later.id = ${acceptance.documentId}
    WHERE ${isOwner} AND later.kind = ${document.kind} AND later.effective_at >= ${document.effectiveAt})) END`
