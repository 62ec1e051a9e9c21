/**
 * Looking into what an account asked and was answered [T4.4]: opened for a reason, for all of an account or one key of it, and
 * for a fortnight at most. Calls made meanwhile have their bodies kept sealed (`gateway/body.ts`); with its end they are
 * deleted. The account is not told and sees nothing of it; every act and every look of an admin is audited by the guard.
 */
import { and, desc, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm'
import { readAccount, shownName } from '../account/account.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { describeRows } from '../gateway/usage-record.ts'
import { investigation } from '../store/operator.ts'
import { body } from '../store/people.ts'
import { account, key, usage } from '../store/schema.ts'
import { must, type Store, storable } from '../store/store.ts'
import type { People } from '../user/people.ts'

export const longestDays = 14
const dayMs = 86_400_000

type Investigation = typeof investigation.$inferSelect

export interface Opening {
  accountId: string
  /** Null for all of the account's. */
  keyId: string | null
  reason: string
  endsAt: number
  /** A user's id. */
  by: string
}

/** Answers its id. Refuses with `invalid_request`, and with `not_found` what is no open account or no key of it. */
export async function openInvestigation(
  { store, clock, forgetKeys }: Pick<People, 'store' | 'clock' | 'forgetKeys'>,
  { accountId, keyId, reason, endsAt, by }: Opening,
): Promise<string> {
  const now = clock.now()
  if (!(endsAt > now && endsAt <= now + longestDays * dayMs)) {
    const message = `It ends in the future, within ${longestDays} days.`
    throw new AppError('invalid_request', { param: 'ends_at', message })
  }
  if (reason.trim() === '') {
    throw new AppError('invalid_request', { param: 'reason', message: 'A reason is needed.' })
  }
  const { state } = await readAccount(store, accountId)
  if (state === 'closed') throw new AppError('account_closed', { param: 'account' })
  if (keyId !== null) {
    const own = and(eq(key.id, keyId), eq(key.accountId, accountId))
    const [known] = await store.db.select({ id: key.id }).from(key).where(own)
    if (!known) throw new AppError('not_found', { param: 'key' })
  }
  const id = newId('ivg_', now)
  const row = { id, accountId, keyId, reason: storable(reason.trim()), openedBy: by }
  await store.write((db) => [db.insert(investigation).values({ ...row, openedAt: now, endsAt })])
  forgetKeys()
  return id
}

/** At once, with all that was kept for it. Refuses with `not_found` what is over. */
export async function endInvestigation(
  { store, clock, forgetKeys }: Pick<People, 'store' | 'clock' | 'forgetKeys'>,
  id: string,
  by: string,
): Promise<void> {
  const now = clock.now()
  await store.write((db) => [
    must(
      db.update(investigation).set({ endedAt: now, endedBy: by }).where(isOpen(id, now)),
      'not_found',
    ),
    db.delete(body).where(eq(body.investigationId, id)),
  ])
  forgetKeys()
}

/** Those whose time is over end by themselves. What was kept for them could not be read since; now it is gone. */
export async function endOverdue({ store, clock }: Pick<People, 'store' | 'clock'>): Promise<void> {
  const now = clock.now()
  const over = and(isNull(investigation.endedAt), lt(investigation.endsAt, now + 1))
  const kept = store.db.select({ id: investigation.id }).from(investigation).where(over)
  await store.write((db) => [
    db.delete(body).where(inArray(body.investigationId, kept)),
    db
      .update(investigation)
      .set({ endedAt: sql`${investigation.endsAt}`, endedBy: 'time' })
      .where(over),
  ])
}

/** The newest first. */
export async function listInvestigations(
  { store, clock }: Pick<People, 'store' | 'clock'>,
  { accountId, after, limit }: { accountId?: string; after?: string; limit: number },
) {
  const rows = await store.db
    .select({ investigation, account, label: key.suffix })
    .from(investigation)
    .innerJoin(account, eq(account.id, investigation.accountId))
    .leftJoin(key, eq(key.id, investigation.keyId))
    .where(
      and(
        accountId === undefined ? undefined : eq(investigation.accountId, accountId),
        after === undefined ? undefined : lt(investigation.id, after),
      ),
    )
    .orderBy(desc(investigation.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const now = clock.now()
  const data = page.map(({ investigation: row, account, label }) => ({
    ...show(row, now),
    account: { id: account.id, name: shownName(account) },
    key: row.keyId === null ? null : { id: row.keyId, label: `sk-kk-…${label ?? ''}` },
  }))
  return { data, next: rows.length > limit ? (page.at(-1)?.investigation.id ?? null) : null }
}

function show(row: Investigation, now: number) {
  const iso = (at: number) => new Date(at).toISOString()
  const open = row.endedAt === null && row.endsAt > now
  return {
    ...{ id: row.id, state: open ? ('open' as const) : ('ended' as const), reason: row.reason },
    ...{ opened_by: row.openedBy, opened_at: iso(row.openedAt), ends_at: iso(row.endsAt) },
    ended_at: open ? null : iso(row.endedAt ?? row.endsAt),
    ended_by: open ? null : (row.endedBy ?? 'time'),
  }
}

/** Refuses with `not_found` what is not there or over. */
export async function readOpen(store: Store, id: string, now: number): Promise<Investigation> {
  const [row] = await store.db.select().from(investigation).where(isOpen(id, now))
  if (!row) throw new AppError('not_found')
  return row
}

/** The calls whose bodies were kept for it, the newest first. */
export async function listKept(
  store: Store,
  { id, accountId }: Investigation,
  { after, limit }: { after?: string; limit: number },
) {
  const kept = sql`EXISTS (SELECT 1 FROM ${body} b WHERE b.id = ${`${id}:`} || ${usage.id})`
  const own = and(eq(usage.accountId, accountId), kept)
  const rows = await store.db
    .select()
    .from(usage)
    .where(and(own, after === undefined ? undefined : lt(usage.id, after)))
    .orderBy(desc(usage.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  return {
    data: await describeRows(store, accountId, page),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}

const isOpen = (id: string, now: number) =>
  and(eq(investigation.id, id), isNull(investigation.endedAt), gt(investigation.endsAt, now))
