/**
 * What an account is told before its calls fail: that its balance is low, that a key has used 80 or 100 % of its limit. Each
 * crossing is told once, by mail and webhook, in the write that remembers it; it is forgotten when it is left well behind
 * (a balance a fifth above its threshold, a new period of a key, a higher limit), so that it does not flutter.
 */
import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import { shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { periodStart } from '../key/period.ts'
import type { LetterBody } from '../mail/letter.ts'
import { alert, member, user, webhook } from '../store/people.ts'
import { account, key } from '../store/schema.ts'
import { type Built, byHand, must } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { queueEvent, type WebhookEvent } from './webhook.ts'

type Told = Pick<People, 'store' | 'clock' | 'outbox'>
type AlertKind = (typeof alert.$inferSelect)['kind']

interface Crossing {
  accountId: string
  kind: AlertKind
  /** The key, or the account itself. */
  subject: string
  letter: LetterBody
  event: WebhookEvent
}

const percents = [80, 100] as const
type Percent = (typeof percents)[number]

/** Reads accounts and keys, never their calls. */
export async function raiseAlerts(told: Told): Promise<void> {
  const now = told.clock.now()
  await told.store.write(() => [
    forgetBalances(),
    ...percents.map((percent) => forgetBudgets(percent, now)),
  ])
  const crossings = [
    ...(await findLowBalances(told)),
    ...(await findSpentKeys(told, 80, now)),
    ...(await findSpentKeys(told, 100, now)),
  ]
  for (const crossing of crossings) await tell(told, crossing, now)
}

const balance = sql`(account.credits_posted - account.debits_posted)`

/** Of those who ever had credit: a new account is not low, it is new. */
async function findLowBalances({ store }: Told): Promise<Crossing[]> {
  const rows = await store.db
    .select()
    .from(account)
    .where(
      and(
        ...[eq(account.state, 'active'), sql`account.credits_posted > 0`],
        sql`${balance} < account.low_balance`,
        untold('low_balance', sql`account.id`),
      ),
    )
  return rows.map((row) => {
    const { id, lowBalance } = row
    const left = formatUsd(row.creditsPosted - row.debitsPosted)
    const kind = 'low_balance' as const
    return {
      ...{ accountId: id, kind, subject: id },
      letter: { kind, path: `/accounts/${id}/billing`, accountName: shownName(row), balance: left },
      event: {
        type: kind,
        data: { account_id: id, balance: left, threshold: formatUsd(lowBalance ?? 0n) },
      },
    }
  })
}

function forgetBalances(): Built {
  return byHand(sql`DELETE FROM alert WHERE kind = 'low_balance' AND subject IN (SELECT id FROM account
    WHERE low_balance IS NULL OR ${balance} >= low_balance + low_balance / 5)`)
}

/** Once all of a limit is used, nobody needs to be told of 80 % of it. */
async function findSpentKeys({ store }: Told, percent: Percent, now: number): Promise<Crossing[]> {
  const kind = `key_budget_${percent}` as const
  const rows = await store.db
    .select()
    .from(key)
    .where(
      and(
        ...[eq(key.state, 'active'), sql`key.credit_limit > 0`],
        hasSpent(percent, now),
        percent === 80 ? sql`NOT ${hasSpent(100, now)}` : undefined,
        untold(kind, sql`key.id`),
      ),
    )
  return rows.map(({ id, accountId, name, creditLimit, spent }) => {
    const limit = formatUsd(creditLimit ?? 0n)
    return {
      ...{ accountId, kind, subject: id },
      letter: {
        ...{ kind: 'key_budget', path: `/accounts/${accountId}/keys` },
        ...{ keyName: name, percent, limit },
      },
      event: {
        type: 'key_budget',
        data: {
          ...{ account_id: accountId, key_id: id, key_name: name },
          ...{ percent, spent: formatUsd(spent), limit },
        },
      },
    }
  })
}

function forgetBudgets(percent: Percent, now: number): Built {
  return byHand(sql`DELETE FROM alert WHERE kind = ${`key_budget_${percent}`} AND subject IN (
    SELECT id FROM key WHERE credit_limit IS NULL OR NOT ${hasSpent(percent, now)}
      OR alert.raised_at < ${startOfPeriod(now)})`)
}

/** In the period that runs: what was spent in one before counts no more. */
function hasSpent(percent: Percent, now: number) {
  return sql`(key.period_start >= ${startOfPeriod(now)} AND key.spent >= key.credit_limit / 100 * ${percent})`
}

function startOfPeriod(now: number) {
  const start = (reset: 'daily' | 'weekly' | 'monthly') => sql.raw(String(periodStart(reset, now)))
  return sql`(CASE key.credit_reset WHEN 'daily' THEN ${start('daily')}
    WHEN 'weekly' THEN ${start('weekly')} WHEN 'monthly' THEN ${start('monthly')} ELSE 0 END)`
}

function untold(kind: AlertKind, subject: unknown) {
  return sql`NOT EXISTS (SELECT 1 FROM alert WHERE kind = ${kind} AND subject = ${subject})`
}

/** To who looks after money. Another node may have told it meanwhile: then nothing is sent. */
async function tell({ store, outbox }: Told, crossing: Crossing, now: number): Promise<void> {
  const { accountId, kind, subject, letter, event } = crossing
  const [readers, webhooks] = await Promise.all([
    store.db
      .select({ email: user.email, language: user.language })
      .from(member)
      .innerJoin(user, eq(user.id, member.userId))
      .where(
        and(
          ...[eq(member.accountId, accountId), inArray(member.role, ['owner', 'admin', 'billing'])],
          ...[eq(user.state, 'active'), isNotNull(user.emailVerifiedAt)],
        ),
      ),
    store.db
      .select({ id: webhook.id })
      .from(webhook)
      .where(and(eq(webhook.accountId, accountId), eq(webhook.state, 'active'))),
  ])
  await store
    .write((db) => [
      must(
        db.insert(alert).values({ accountId, kind, subject, raisedAt: now }).onConflictDoNothing(),
        'already_exists',
      ),
      ...readers.flatMap(({ email, language }) =>
        email === null ? [] : [outbox.queue(db, { ...letter, to: email, language })],
      ),
      ...queueEvent(db, webhooks, event, now),
    ])
    .catch((cause) => {
      if (!(cause instanceof AppError && cause.code === 'already_exists')) throw cause
    })
}
