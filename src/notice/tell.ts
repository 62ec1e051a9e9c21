/**
 * Telling an account something of its money or models: by mail to who looks after them, unless she muted that kind, and by
 * its webhooks, in the write that remembers it. Every such mail passes here. In a day at most one mail of a kind goes to an
 * account; its page and its webhooks have each.
 */
import { and, eq, inArray, isNotNull, type SQL, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import type { LetterBody } from '../mail/letter.ts'
import { told } from '../store/credit.ts'
import { member, user, webhook } from '../store/people.ts'
import { byHand, must, type Query, type Statement, type Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { queueEvent, type WebhookEvent } from './webhook.ts'

/** What a user may mute. Mails of security and of the law are none of these. */
export const noticeKinds = [
  ...(['low_balance', 'key_budget', 'price_rise', 'model_retires', 'recharge'] as const),
  ...(['announcement', 'maintenance'] as const),
] as const
export type NoticeKind = (typeof noticeKinds)[number]

export type Telling = Pick<People, 'store' | 'clock' | 'outbox'>

export interface Notice {
  accountId: string
  kind: NoticeKind
  letter: LetterBody
  events: readonly WebhookEvent[]
  /** Of what there is one mail a day: the kind unless said; null where each is mailed. */
  daily?: string | null
}

/** How many were told. */
export interface Reached {
  mails: number
  webhooks: number
}

export const dayMs = 86_400_000

/**
 * `remember`: what is written with it. Where that refuses with `already_exists`, another process has told it meanwhile: then
 * nothing is sent, and the answer is null.
 */
export async function tell(
  telling: Telling,
  notice: Notice,
  remember: (db: Query) => Statement[] = () => [],
): Promise<Reached | null> {
  const { store, clock, outbox } = telling
  const { accountId, kind, letter, events, daily = kind } = notice
  const now = clock.now()
  const [all, webhooks, today] = await Promise.all([
    readReaders(store, accountId, kind),
    store.db
      .select({ id: webhook.id })
      .from(webhook)
      .where(and(eq(webhook.accountId, accountId), eq(webhook.state, 'active'))),
    daily === null ? false : wasToldToday(store, accountId, daily, now),
  ])
  const readers = today ? [] : all
  try {
    await store.write((db) => [
      ...remember(db),
      ...(daily !== null && readers.length > 0 ? [noteMailed(accountId, daily, now)] : []),
      ...readers.map(({ email, language }) => outbox.queue(db, { ...letter, to: email, language })),
      ...events.flatMap((event) => queueEvent(db, webhooks, event, now)),
    ])
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    if (cause.code === 'already_exists') return null
    // Of the same kind another was mailed between the look and the write.
    if (cause.code === 'changed_meanwhile') return tell(telling, notice, remember)
    throw cause
  }
  return { mails: readers.length, webhooks: webhooks.length }
}

/** Who looks after money and has a confirmed address, but for whom muted the kind. */
async function readReaders({ db }: Store, accountId: string, kind: NoticeKind) {
  const rows = await db
    .select({ email: user.email, language: user.language })
    .from(member)
    .innerJoin(user, eq(user.id, member.userId))
    .where(
      and(
        ...[eq(member.accountId, accountId), inArray(member.role, ['owner', 'admin', 'billing'])],
        mayMail(kind),
      ),
    )
  return rows.flatMap(({ email, language }) => (email === null ? [] : [{ email, language }]))
}

/** Of a user: whether that kind is mailed to her. */
export function mayMail(kind: NoticeKind): SQL {
  return and(
    ...[eq(user.state, 'active'), isNotNull(user.emailVerifiedAt), isNotNull(user.email)],
    sql`NOT EXISTS (SELECT 1 FROM muted WHERE user_id = ${user.id} AND kind = ${kind})`,
  ) as SQL
}

async function wasToldToday({ db }: Store, accountId: string, daily: string, now: number) {
  const [row] = await db
    .select({ at: told.toldAt })
    .from(told)
    .where(and(eq(told.accountId, accountId), eq(told.kind, daily)))
  return row !== undefined && row.at > now - dayMs
}

function noteMailed(accountId: string, daily: string, now: number): Statement {
  return must(
    byHand(sql`INSERT INTO told (account_id, kind, told_at) VALUES (${accountId}, ${daily}, ${now})
      ON CONFLICT (account_id, kind) DO UPDATE SET told_at = ${now}
      WHERE told.told_at <= ${now - dayMs}`),
    'changed_meanwhile',
  )
}
