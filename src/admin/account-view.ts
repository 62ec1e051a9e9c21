/** One account as those who run the platform see it: never a secret of it, and nothing of what it asked or was answered. */
import { and, count, eq, ne, sql } from 'drizzle-orm'
import { type AccountRow, readAccount, shownName } from '../account/account.ts'
import { foreseeRefund } from '../account/close.ts'
import { listMembers } from '../account/member.ts'
import { formatUsd } from '../base/amount.ts'
import type { Billing } from '../billing/billing.ts'
import { listRequests } from '../gateway/usage-requests.ts'
import { viewKeys } from '../key/view.ts'
import { readLots } from '../ledger/lot.ts'
import { member, session, user } from '../store/people.ts'
import { hold, key } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

const lastCalls = 10

export async function showAccount(billing: Billing, id: string) {
  const { store, config, clock } = billing
  const row = await readAccount(store, id)
  const [lots, members, keys, calls, restrictions] = await Promise.all([
    readLots(store, id),
    listMembers(store, id),
    viewKeys(store, id, clock.now()),
    listRequests(store, id, {}, { after: null, limit: lastCalls }),
    listRestrictions(billing, row),
  ])
  return {
    ...showFacts(row),
    restrictions,
    /** A tier that is no longer in the settings is held to the standard one. */
    limits: config.tiers[row.tier] ?? config.tiers.standard ?? null,
    tiers: Object.keys(config.tiers),
    lots: lots.map(({ id, kind, amount, spent, expiresAt, createdAt }) => ({
      ...{ id, kind, amount: formatUsd(amount), left: formatUsd(amount - spent) },
      ...{ expires_at: isoOrNull(expiresAt), created_at: iso(createdAt) },
    })),
    ...{ members, keys, calls: calls.data },
  }
}

function showFacts(row: AccountRow) {
  const balance = row.creditsPosted - row.debitsPosted
  return {
    ...{ id: row.id, name: shownName(row), email: row.email, kind: row.kind, country: row.country },
    ...{ state: row.state, state_reason: row.stateReason, tier: row.tier },
    ...{ balance: formatUsd(balance), held: formatUsd(row.debitsPending) },
    ...{ training: row.training, body_days: row.bodyDays },
    ...{ created_at: iso(row.createdAt), closed_at: isoOrNull(row.closedAt) },
  }
}

/** Why its calls are refused now, whatever key they come with. */
async function listRestrictions({ store, business }: Billing, row: AccountRow) {
  const isOwner = and(eq(member.accountId, row.id), eq(member.role, 'owner'))
  const owners = await store.db
    .select({ verifiedAt: user.emailVerifiedAt })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(isOwner)
  const unverified = owners.length > 0 && owners.every(({ verifiedAt }) => verifiedAt === null)
  const all = {
    suspended: row.state === 'suspended',
    closed: row.state === 'closed',
    unverified: unverified && business.current.requireVerified,
    no_credit: row.creditsPosted - row.debitsPosted - row.debitsPending <= 0n,
  }
  return (Object.keys(all) as (keyof typeof all)[]).filter((one) => all[one])
}

/** What terminating it now would end and pay back [T8.2]. */
export async function foreseeTermination(store: Store, accountId: string) {
  const { name, state } = await readAccount(store, accountId).then((row) => ({
    ...{ name: shownName(row), state: row.state },
  }))
  const isMember = eq(member.accountId, accountId)
  const elsewhere = sql`EXISTS (SELECT 1 FROM member o
    WHERE o.user_id = ${member.userId} AND o.account_id <> ${accountId})`
  const counted = { count: count() }
  const [keys, members, closing, sessions, running] = await Promise.all([
    store.db
      .select(counted)
      .from(key)
      .where(and(eq(key.accountId, accountId), ne(key.state, 'revoked'))),
    store.db.select(counted).from(member).where(isMember),
    store.db
      .select(counted)
      .from(member)
      .innerJoin(user, eq(user.id, member.userId))
      .where(and(isMember, sql`NOT ${elsewhere}`, sql`${user.adminRole} IS NULL`)),
    store.db
      .select(counted)
      .from(session)
      .innerJoin(member, eq(member.userId, session.userId))
      .innerJoin(user, eq(user.id, member.userId))
      .where(and(isMember, sql`NOT ${elsewhere}`, sql`${user.adminRole} IS NULL`)),
    store.db.select(counted).from(hold).where(eq(hold.accountId, accountId)),
  ])
  const refund = state === 'closed' ? null : await foreseeRefund(store, accountId)
  return {
    ...{ name, state, refund: refund === null ? null : formatUsd(refund) },
    keys: keys[0]?.count ?? 0,
    members: members[0]?.count ?? 0,
    /** Of the members, who has no other account and is closed with this one, with her sessions. */
    users: closing[0]?.count ?? 0,
    sessions: sessions[0]?.count ?? 0,
    running_calls: running[0]?.count ?? 0,
  }
}

const iso = (at: number) => new Date(at).toISOString()
const isoOrNull = (at: number | null) => (at === null ? null : iso(at))
