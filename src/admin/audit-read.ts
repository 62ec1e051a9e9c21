/** What admins did, to be read: by who, about which account, which act, and when; the newest first. */
import { and, desc, eq, gte, inArray, lt, or, sql } from 'drizzle-orm'
import { audit, auditOutcome, investigation } from '../store/operator.ts'
import { user } from '../store/people.ts'
import type { Store } from '../store/store.ts'
import { contains } from './account-search.ts'

export interface AuditFilter {
  /** A user's id or address, or `command`. */
  actor?: string
  account?: string
  /** A part of the act. */
  act?: string
  /** Done at this time or later; before that. */
  from?: number
  to?: number
}

export async function listAudit(
  { db }: Pick<Store, 'db'>,
  { actor, account, act, from, to }: AuditFilter,
  { after, limit }: { after?: string; limit: number },
) {
  // A look into what an investigation keeps names the investigation.
  const looked = sql`EXISTS (SELECT 1 FROM ${investigation} i
    WHERE i.account_id = ${account ?? ''} AND substr(${audit.subject}, 1, length(i.id)) = i.id)`
  const ofActor = (who: string) =>
    or(
      eq(audit.actorId, who),
      inArray(audit.actorId, db.select({ id: user.id }).from(user).where(eq(user.email, who))),
    )
  const rows = await db
    .select({ audit, outcome: auditOutcome, email: user.email })
    .from(audit)
    .leftJoin(auditOutcome, eq(auditOutcome.auditId, audit.id))
    .leftJoin(user, eq(user.id, audit.actorId))
    .where(
      and(
        actor === undefined ? undefined : ofActor(actor),
        account === undefined
          ? undefined
          : or(eq(audit.accountId, account), eq(audit.subject, account), looked),
        act === undefined ? undefined : contains(audit.act, act),
        from === undefined ? undefined : gte(audit.at, from),
        to === undefined ? undefined : lt(audit.at, to),
        after === undefined ? undefined : lt(audit.id, after),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const data = page.map(({ audit: row, outcome, email }) => ({
    ...{ id: row.id, at: new Date(row.at).toISOString() },
    ...{ actor: row.actorId, actor_email: email, role: row.actorRole, act: row.act },
    ...{ subject: row.subject, account: row.accountId, reason: row.reason, asked: row.asked },
    /** Null where it was never known: the process died meanwhile. */
    ...{ outcome: outcome?.outcome ?? null },
    ...{ before: outcome?.before ?? null, after: outcome?.after ?? null },
  }))
  return { data, next: rows.length > limit ? (page.at(-1)?.audit.id ?? null) : null }
}

export const auditColumns = [
  ...(['id', 'at', 'actor', 'actor_email', 'role', 'act', 'subject', 'account'] as const),
  ...(['reason', 'asked', 'outcome', 'before', 'after'] as const),
]
