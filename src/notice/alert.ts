/**
 * What an account is told before its calls fail: that its balance is low, by its threshold or by how long it lasts, and that a
 * key has used 80 or 100 % of its limit. Each crossing is told once, in the write that remembers it; it is forgotten when it
 * is left well behind (a balance a fifth above its threshold, a new period of a key, a higher limit), so that it does not
 * flutter.
 */
import { and, eq, or, sql } from 'drizzle-orm'
import { type AccountRow, shownName } from '../account/account.ts'
import { formatUsd } from '../base/amount.ts'
import { periodStart } from '../key/period.ts'
import { alert } from '../store/people.ts'
import { account, key } from '../store/schema.ts'
import { type Built, byHand, must, type Query, type Statement } from '../store/store.ts'
import { runwayDays, spendPerDay } from './runway.ts'
import { type Notice, type Telling, tell } from './tell.ts'

interface Crossing {
  notice: Notice
  /** As what it is remembered. */
  alert: string
  /** The key, or the account itself. */
  subject: string
}

const percents = [80, 100] as const
type Percent = (typeof percents)[number]

/** Reads accounts and keys, never their calls. */
export async function raiseAlerts(telling: Telling): Promise<void> {
  const { store } = telling
  const now = telling.clock.now()
  await store.write(() => [
    forgetBalances(),
    ...percents.map((percent) => forgetBudgets(percent, now)),
  ])
  const crossings = [
    ...(await findLowBalances(telling, now)),
    ...(await findSpentKeys(telling, 80, now)),
    ...(await findSpentKeys(telling, 100, now)),
  ]
  for (const { notice, alert, subject } of crossings) {
    await tell(telling, notice, (db) => [remember(db, notice.accountId, alert, subject, now)])
  }
}

/** Refuses with `already_exists` what is remembered already. */
export function remember(
  db: Query,
  accountId: string,
  kind: string,
  subject: string,
  now: number,
): Statement {
  const row = { accountId, kind, subject, raisedAt: now }
  return must(db.insert(alert).values(row).onConflictDoNothing(), 'already_exists')
}

const balance = sql`(account.credits_posted - account.debits_posted)`

const lowRunway = sql`EXISTS (SELECT 1 FROM alert low WHERE low.account_id = account.id AND low.kind = 'low_runway')`

/** Of those who ever had credit: a new account is not low, it is new. */
async function findLowBalances({ store }: Telling, now: number): Promise<Crossing[]> {
  const rows = await store.db
    .select()
    .from(account)
    .where(
      and(
        ...[eq(account.state, 'active'), sql`account.credits_posted > 0`],
        or(sql`${balance} < account.low_balance`, lowRunway),
        untold('low_balance', sql`account.id`),
      ),
    )
  return Promise.all(
    rows.map(async (row) => ({
      ...{ alert: 'low_balance', subject: row.id },
      notice: lowBalanceNotice(row, await spendPerDay(store, row.id, now)),
    })),
  )
}

/** `pace`: what is spent in a day. */
export function lowBalanceNotice(row: AccountRow, pace: bigint, test = false): Notice {
  const { id, lowBalance, creditsPosted, debitsPosted, debitsPending } = row
  const kind = 'low_balance' as const
  const left = formatUsd(creditsPosted - debitsPosted)
  const days = runwayDays(creditsPosted - debitsPosted - debitsPending, pace)
  const path = `/accounts/${id}/billing`
  const threshold = lowBalance === null ? null : formatUsd(lowBalance)
  return {
    ...{ accountId: id, kind },
    letter: { kind, path, accountName: shownName(row), balance: left, days, test },
    events: [
      {
        type: kind,
        data: {
          ...{ account_id: id, balance: left, threshold, runway_days: days },
          ...(test && { test }),
        },
      },
    ],
  }
}

function forgetBalances(): Built {
  return byHand(sql`DELETE FROM alert WHERE kind = 'low_balance' AND subject IN (SELECT id FROM account
    WHERE (low_balance IS NULL OR ${balance} >= low_balance + low_balance / 5) AND NOT ${lowRunway})`)
}

/** Once all of a limit is used, nobody needs to be told of 80 % of it. */
async function findSpentKeys(
  { store }: Telling,
  percent: Percent,
  now: number,
): Promise<Crossing[]> {
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
      ...{ alert: kind, subject: id },
      notice: {
        ...{ accountId, kind: 'key_budget', daily: kind },
        letter: {
          ...{ kind: 'key_budget', path: `/accounts/${accountId}/keys` },
          ...{ keyName: name, percent, limit },
        },
        events: [
          {
            type: 'key_budget',
            data: {
              ...{ account_id: accountId, key_id: id, key_name: name },
              ...{ percent, spent: formatUsd(spent), limit },
            },
          },
        ],
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

function untold(kind: string, subject: unknown) {
  return sql`NOT EXISTS (SELECT 1 FROM alert WHERE kind = ${kind} AND subject = ${subject})`
}
