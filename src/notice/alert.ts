/**
 * What an account is told before its calls fail: that its balance is low, that a key has used 80 or 100 % of its limit. Each
 * crossing is told once, by mail and webhook, in the write that remembers it; it is forgotten when it is left well behind
 * (a balance a fifth above its threshold, a new period of a key), so that it does not flutter.
 */
import { and, eq, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { periodStart } from '../key/period.ts'
import type { Letter, LetterBody } from '../mail/letter.ts'
import { alert, member, user, webhook } from '../store/people.ts'
import { account, key } from '../store/schema.ts'
import { must } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { type EventKind, queueEvent } from './webhook.ts'

type AlertKind = (typeof alert.$inferSelect)['kind']

interface Crossing {
  accountId: string
  kind: AlertKind
  /** The key; empty for the account itself. */
  subject: string
  letter: LetterBody
  event: EventKind
  data: Record<string, unknown>
}

/** Looks at accounts with a threshold and keys with a limit only. */
export async function raiseAlerts(people: People): Promise<void> {
  const { store, clock } = people
  const raised = await store.db.select().from(alert)
  const known = new Map(raised.map((row) => [idOf(row), row]))
  const crossings = [...(await lowBalances(people, known)), ...(await spentKeys(people, known))]
  for (const crossing of crossings) {
    if (!known.has(idOf(crossing))) await tell(people, crossing, clock.now())
  }
}

const idOf = ({ accountId, kind, subject }: { accountId: string; kind: string; subject: string }) =>
  `${accountId} ${kind} ${subject}`

type Known = ReadonlyMap<string, typeof alert.$inferSelect>

async function lowBalances(people: People, known: Known): Promise<Crossing[]> {
  const rows = await people.store.db
    .select()
    .from(account)
    .where(and(isNotNull(account.lowBalance), ne(account.state, 'closed')))
  const crossings: Crossing[] = []
  for (const row of rows) {
    const { id, name, creditsPosted, debitsPosted, lowBalance } = row
    const balance = creditsPosted - debitsPosted
    const threshold = lowBalance ?? 0n
    const kind = 'low_balance' as const
    const crossing: Crossing = {
      ...{ accountId: id, kind, subject: '', event: kind },
      letter: {
        ...{ kind, accountName: name || id, balance: formatUsd(balance) },
        path: `/accounts/${id}/billing`,
      },
      data: { account_id: id, balance: formatUsd(balance), threshold: formatUsd(threshold) },
    }
    // Who never had credit is not told that it is low.
    if (creditsPosted > 0n && balance < threshold) crossings.push(crossing)
    else if (balance * 5n > threshold * 6n) await forget(people, known, crossing)
  }
  return crossings
}

async function spentKeys(people: People, known: Known): Promise<Crossing[]> {
  const now = people.clock.now()
  const rows = await people.store.db
    .select()
    .from(key)
    .where(and(isNotNull(key.creditLimit), eq(key.state, 'active')))
  const crossings: Crossing[] = []
  for (const row of rows) {
    const { id, accountId, name, creditReset, creditLimit } = row
    const limit = creditLimit ?? 0n
    const spent = row.periodStart >= periodStart(creditReset, now) ? row.spent : 0n
    for (const percent of [80, 100] as const) {
      const crossing: Crossing = {
        ...{ accountId, kind: `key_budget_${percent}`, subject: id, event: 'key_budget' },
        letter: {
          ...{ kind: 'key_budget', keyName: name, percent, limit: formatUsd(limit) },
          path: `/accounts/${accountId}/keys`,
        },
        data: {
          ...{ account_id: accountId, key_id: id, percent },
          ...{ limit: formatUsd(limit), spent: formatUsd(spent) },
        },
      }
      if (limit > 0n && spent * 100n >= limit * BigInt(percent)) crossings.push(crossing)
      else await forget(people, known, crossing)
    }
  }
  return crossings
}

async function forget({ store }: People, known: Known, crossing: Crossing): Promise<void> {
  if (!known.has(idOf(crossing))) return
  const { accountId, kind, subject } = crossing
  const same = and(eq(alert.accountId, accountId), eq(alert.kind, kind), eq(alert.subject, subject))
  await store.write((db) => [db.delete(alert).where(same)])
}

/** To who looks after money: owners, admins and billing. Another node may have told it meanwhile: then nothing is sent. */
async function tell({ store, outbox }: People, crossing: Crossing, now: number): Promise<void> {
  const { accountId, kind, subject, letter, event, data } = crossing
  const readers = await store.db
    .select({ email: user.email, language: user.language })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(
      and(
        eq(member.accountId, accountId),
        inArray(member.role, ['owner', 'admin', 'billing']),
        eq(user.state, 'active'),
        sql`${user.emailVerifiedAt} IS NOT NULL`,
      ),
    )
  const hooks = await store.db
    .select({ id: webhook.id })
    .from(webhook)
    .where(and(eq(webhook.accountId, accountId), eq(webhook.state, 'active')))
  await store
    .write((db) => [
      must(
        db.insert(alert).values({ accountId, kind, subject, raisedAt: now }).onConflictDoNothing(),
        'already_exists',
      ),
      ...readers.flatMap(({ email, language }) =>
        email === null ? [] : [outbox.queue(db, { ...letter, to: email, language } as Letter)],
      ),
      ...hooks.map((hook) => queueEvent(db, hook, event, data, now)),
    ])
    .catch((cause) => {
      if (!(cause instanceof AppError && cause.code === 'already_exists')) throw cause
    })
}
