/**
 * Finding an account by what is at hand: an address or a name in part; its id, a user's, a key's id, hash or last letters, or a
 * call's id, whole.
 */
import { and, desc, eq, inArray, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import { shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { member, user } from '../store/people.ts'
import { account, key, usage } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

export interface Search {
  q?: string
  state?: 'active' | 'suspended' | 'closed'
  after?: string
  limit: number
}

/** The newest first. */
export async function searchAccounts({ db }: Pick<Store, 'db'>, search: Search) {
  const { state, after, limit } = search
  const q = search.q?.trim() ?? ''
  const rows = await db
    .select()
    .from(account)
    .where(
      and(
        ne(account.kind, 'house'),
        q === '' ? undefined : fits(q),
        state && eq(account.state, state),
        after === undefined ? undefined : lt(account.id, after),
      ),
    )
    .orderBy(desc(account.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const owners = await readOwners(
    { db },
    page.map(({ id }) => id),
  )
  const data = page.map((row) => ({
    ...{ id: row.id, name: shownName(row), email: row.email ?? owners.get(row.id) ?? null },
    ...{ kind: row.kind, state: row.state, tier: row.tier },
    balance: formatUsd(row.creditsPosted - row.debitsPosted),
    created_at: new Date(row.createdAt).toISOString(),
  }))
  return { data, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

/** Whether a text holds what was typed, whatever the case. */
export function contains(column: unknown, q: string): SQL {
  const pattern = `%${q.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql`lower(${column}) LIKE ${pattern} ESCAPE '\\'`
}

function fits(q: string): SQL | undefined {
  // As keys are shown: `sk-kk-…ab12`.
  const suffix = q.replace(/^(sk-kk-)?…/, '')
  const { accountId, userId } = member
  return or(
    ...[eq(account.id, q), contains(account.name, q), contains(account.email, q)],
    sql`${account.id} IN (SELECT ${accountId} FROM ${member}
      JOIN ${user} ON ${user.id} = ${userId} WHERE ${user.id} = ${q} OR ${contains(user.email, q)})`,
    sql`${account.id} IN (SELECT ${key.accountId} FROM ${key}
      WHERE ${key.suffix} = ${suffix} OR ${key.hash} = ${q} OR ${key.id} = ${q})`,
    sql`${account.id} IN (SELECT ${usage.accountId} FROM ${usage} WHERE ${usage.id} = ${q})`,
  )
}

/** The first owner's address, for each account that has one. */
async function readOwners({ db }: Pick<Store, 'db'>, ids: string[]) {
  if (ids.length === 0) return new Map<string, string>()
  const rows = await db
    .select({ id: member.accountId, email: user.email })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(and(inArray(member.accountId, ids), eq(member.role, 'owner')))
    .orderBy(desc(member.createdAt))
  return new Map(rows.flatMap(({ id, email }) => (email === null ? [] : [[id, email] as const])))
}
