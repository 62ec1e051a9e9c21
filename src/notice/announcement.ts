/**
 * What the operator tells everyone [T9]: on every page and by webhook, and by mail where she says so, from its time on. Mails
 * are queued in pages, each in one write with how far it came, so that a crash or another node neither loses nor doubles one;
 * and never more of them than leave soon, so that a link to log in does not wait behind them.
 */
import { and, asc, desc, eq, gt, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { announcement } from '../store/credit.ts'
import { mail, user } from '../store/people.ts'
import { byHand, must, type Statement, type Store, storable } from '../store/store.ts'
import { mayMail, type Telling } from './tell.ts'
import { type Announced, writeEvent } from './webhook.ts'

type Row = typeof announcement.$inferSelect

/** What the operator writes. */
export interface WrittenAnnouncement extends Pick<Announced, 'kind' | 'title' | 'text'> {
  /** Null: at once. */
  showsAt: number | null
  /** Null: until it is withdrawn. */
  endsAt: number | null
  mail: boolean
}

const mailsPerWrite = 100

/** Refuses with `invalid_request` what is empty and what ends before it begins. Answers its id. */
export async function publishAnnouncement(
  { store, clock }: Pick<Telling, 'store' | 'clock'>,
  { kind, title, text, showsAt, endsAt, mail }: WrittenAnnouncement,
  by: string,
): Promise<string> {
  const now = clock.now()
  const from = showsAt ?? now
  const words = {
    ...{ titleEn: clean(title.en), titleZh: clean(title['zh-TW']) },
    ...{ textEn: clean(text.en), textZh: clean(text['zh-TW']) },
  }
  for (const [name, said] of Object.entries(words)) {
    if (said === '') throw invalid(fieldNames[name as keyof typeof words], 'Write it in both.')
  }
  if (endsAt !== null && endsAt <= Math.max(from, now)) {
    throw invalid('ends_at', 'It ends after it begins, in the future.')
  }
  const id = newId('ann_', now)
  await store.write((db) => [
    db.insert(announcement).values({
      ...{ id, kind, ...words, showsAt: from, endsAt, mail },
      ...{ publishedBy: by, createdAt: now },
    }),
  ])
  return id
}

const clean = (text: string) => storable(text.replaceAll('\r\n', '\n').trim())
const fieldNames = {
  ...{ titleEn: 'title_en', titleZh: 'title_zh', textEn: 'text_en', textZh: 'text_zh' },
} as const
const invalid = (param: string, message: string) =>
  new AppError('invalid_request', { param, message })

/** It is shown no more, and what is not mailed yet never is. Again changes nothing. */
export async function withdrawAnnouncement(
  { store, clock }: Pick<Telling, 'store' | 'clock'>,
  id: string,
  by: string,
): Promise<void> {
  const found = await store.db.select().from(announcement).where(eq(announcement.id, id))
  if (found.length === 0) throw new AppError('not_found')
  await store.write((db) => [
    db
      .update(announcement)
      .set({ withdrawnAt: clock.now(), withdrawnBy: by })
      .where(and(eq(announcement.id, id), isNull(announcement.withdrawnAt))),
  ])
}

const shown = (now: number): SQL =>
  and(
    ...[isNull(announcement.withdrawnAt), lte(announcement.showsAt, now)],
    or(isNull(announcement.endsAt), gt(announcement.endsAt, now)),
  ) as SQL

/** What is shown now, the newest first. */
export async function listShown({ db }: Store, now: number): Promise<Announced[]> {
  const rows = await db
    .select()
    .from(announcement)
    .where(shown(now))
    .orderBy(desc(announcement.showsAt), desc(announcement.id))
  return rows.map(describeAnnouncement)
}

const mostListed = 200

/** As the operator sees them. */
export async function listAnnouncements({ db }: Store, now: number) {
  const rows = await db.select().from(announcement).orderBy(desc(announcement.id)).limit(mostListed)
  return rows.map((row) => ({
    ...describeAnnouncement(row),
    state: stateOf(row, now),
    mail: row.mail,
    told_at: iso(row.toldAt),
    published_by: row.publishedBy,
    withdrawn_at: iso(row.withdrawnAt),
  }))
}

function stateOf({ withdrawnAt, showsAt, endsAt }: Row, now: number) {
  if (withdrawnAt !== null) return 'withdrawn' as const
  if (showsAt > now) return 'scheduled' as const
  return endsAt !== null && endsAt <= now ? ('ended' as const) : ('shown' as const)
}

function describeAnnouncement(row: Row): Announced {
  const { id, kind, titleEn, titleZh, textEn, textZh, showsAt, endsAt } = row
  return {
    ...{
      id,
      kind,
      title: { en: titleEn, 'zh-TW': titleZh },
      text: { en: textEn, 'zh-TW': textZh },
    },
    ...{ shows_at: new Date(showsAt).toISOString(), ends_at: iso(endsAt) },
  }
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())

/** One page of each that is shown and not told to all. */
export async function tellAnnouncements(telling: Telling): Promise<void> {
  const { store, clock } = telling
  const now = clock.now()
  const due = await store.db
    .select()
    .from(announcement)
    .where(and(shown(now), isNull(announcement.toldAt)))
    .orderBy(asc(announcement.id))
  for (const row of due) {
    if (row.mail && (await isOutboxFull(store, now))) continue
    await tellPage(telling, row, now).catch((cause) => {
      // Another node came first, or it was withdrawn.
      if (!(cause instanceof AppError && cause.code === 'changed_meanwhile')) throw cause
    })
  }
}

async function isOutboxFull({ db }: Store, now: number): Promise<boolean> {
  const due = await db
    .select({ id: mail.id })
    .from(mail)
    .where(and(eq(mail.state, 'queued'), lte(mail.nextAt, now)))
    .limit(mailsPerWrite / 2)
  return due.length === mailsPerWrite / 2
}

async function tellPage({ store, outbox }: Telling, row: Row, now: number): Promise<void> {
  const { id, kind, toldTo } = row
  const readers = row.mail
    ? await store.db
        .select({ id: user.id, email: user.email, language: user.language })
        .from(user)
        .where(and(mayMail(kind), gt(user.id, toldTo)))
        .orderBy(asc(user.id))
        .limit(mailsPerWrite)
    : []
  const last = readers.at(-1)?.id ?? toldTo
  const toldAt = readers.length < mailsPerWrite ? now : null
  const untold = [isNull(announcement.toldAt), isNull(announcement.withdrawnAt)]
  await store.write((db) => [
    must(
      db
        .update(announcement)
        .set({ toldTo: last, toldAt })
        .where(and(eq(announcement.id, id), eq(announcement.toldTo, toldTo), ...untold)),
      'changed_meanwhile',
    ),
    ...readers.map(({ email, language }) =>
      outbox.queue(db, {
        ...{ kind, path: '/status', to: email ?? '', language },
        title: language === 'en' ? row.titleEn : row.titleZh,
        text: language === 'en' ? row.textEn : row.textZh,
      }),
    ),
    ...(toldAt === null ? [] : [queueForAll(row, now)]),
  ])
}

/** To every webhook of every account, with the last page. */
function queueForAll(row: Row, now: number): Statement {
  const body = writeEvent({ type: 'announcement', data: describeAnnouncement(row) }, now)
  return byHand(sql`INSERT INTO delivery (id, webhook_id, kind, body, next_at, created_at)
    SELECT ${`${row.id}:`} || id, id, 'announcement', ${body}, ${now}, ${now} FROM webhook
    WHERE state = 'active'`)
}
