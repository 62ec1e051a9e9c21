/** Which notices a user has by mail. Pages and webhooks show each in any case. */
import { and, eq } from 'drizzle-orm'
import { muted } from '../store/credit.ts'
import type { Store } from '../store/store.ts'
import { type NoticeKind, noticeKinds } from './tell.ts'

export type Preferences = Record<NoticeKind, boolean>

export async function readPreferences({ db }: Store, userId: string): Promise<Preferences> {
  const rows = await db.select().from(muted).where(eq(muted.userId, userId))
  const off = new Set(rows.map(({ kind }) => kind))
  return Object.fromEntries(noticeKinds.map((kind) => [kind, !off.has(kind)])) as Preferences
}

/** Left out: as it is. */
export async function changePreferences(
  store: Store,
  userId: string,
  some: Partial<Preferences>,
): Promise<void> {
  const given = noticeKinds.filter((kind) => some[kind] !== undefined)
  await store.write((db) =>
    given.map((kind) =>
      some[kind]
        ? db.delete(muted).where(and(eq(muted.userId, userId), eq(muted.kind, kind)))
        : db.insert(muted).values({ userId, kind }).onConflictDoNothing(),
    ),
  )
}
