/**
 * The documents that a customer agrees to, by version, and who agreed to which [T0.1, T0.2, TP]. A version never changes; a
 * material one must be agreed to anew, and from its effective time on calls are refused without it.
 */
import { and, desc, eq, lte, sql } from 'drizzle-orm'
import { newId } from '../base/id.ts'
import { sha256 } from '../base/secret.ts'
import { acceptance, document } from '../store/people.ts'
import type { Query, Statement, Store } from '../store/store.ts'
import { texts } from './text.ts'

export const documentKinds = ['terms', 'privacy', 'refunds'] as const
export type DocumentKind = (typeof documentKinds)[number]
export type DocumentRow = typeof document.$inferSelect

export interface DocumentFacts {
  id: string
  kind: DocumentKind
  version: string
  effectiveAt: number
}

const facts = {
  id: document.id,
  kind: document.kind,
  version: document.version,
  effectiveAt: document.effectiveAt,
}

/** The version of each kind that is in force. */
export async function currentDocuments(store: Store, now: number): Promise<DocumentFacts[]> {
  const rows = await store.db
    .select(facts)
    .from(document)
    .where(lte(document.effectiveAt, now))
    .orderBy(desc(document.effectiveAt), desc(document.createdAt))
  return documentKinds.flatMap((kind) => rows.find((row) => row.kind === kind) ?? [])
}

/** Material versions, in force or to come, that the user has not agreed to; a later version of the kind counts. */
export function documentsToAccept(store: Store, userId: string): Promise<DocumentFacts[]> {
  const accepted = sql`EXISTS (SELECT 1 FROM acceptance a JOIN document later ON later.id = a.document_id
    WHERE a.user_id = ${userId} AND later.kind = ${document.kind} AND later.effective_at >= ${document.effectiveAt})`
  return store.db
    .select(facts)
    .from(document)
    .where(and(eq(document.material, true), sql`NOT ${accepted}`))
    .orderBy(document.effectiveAt)
}

export interface Acceptance {
  userId: string
  documentId: string
  addressHash: string | null
  agent: string | null
}

/** Agreeing twice changes nothing: the first time counts. */
export function insertAcceptance(db: Query, accepted: Acceptance, now: number): Statement {
  return db
    .insert(acceptance)
    .values({ ...accepted, acceptedAt: now })
    .onConflictDoNothing()
}

/** Recognises an address later without keeping it. */
export function hashAddress(address: string, sealingKey: string): string {
  return sha256(`address:${sealingKey}:${address}`)
}

export interface NewDocument {
  kind: DocumentKind
  version: string
  material: boolean
  textEn: string
  textZh: string
  summaryEn: string
  summaryZh: string
  effectiveAt: number
  publishedBy: string
}

export function insertDocument(db: Query, row: NewDocument, now: number) {
  return db.insert(document).values({ ...row, id: newId('doc_', now), createdAt: now })
}

/** The platform's own first version of each kind, where there is none yet. */
export async function seedDocuments(store: Store, now: number): Promise<void> {
  const [any] = await store.db.select({ id: document.id }).from(document).limit(1)
  if (any) return
  const first = {
    version: '2026-03-10',
    material: true,
    effectiveAt: Date.UTC(2026, 2, 10),
    publishedBy: 'platform',
  }
  await store.write((db) =>
    documentKinds.map((kind) =>
      insertDocument(db, { kind, ...first, ...texts[kind] }, now).onConflictDoNothing(),
    ),
  )
}
