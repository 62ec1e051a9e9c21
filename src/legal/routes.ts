/** The documents for everyone: in force and to come, every version, and a version's text beside the one before it. */
import { and, asc, desc, eq, lt } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/error.ts'
import { describeRefusals } from '../http/describe.ts'
import { document } from '../store/people.ts'
import type { Store } from '../store/store.ts'
import type { Business } from './business.ts'
import { type DocumentKind, type DocumentRow, documentKinds } from './document.ts'

interface Library {
  store: Store
  business: Business
  clock: Clock
}

export function legalRoutes({ store, business, clock }: Library) {
  const tag = (summary: string) => ({
    detail: { summary, tags: ['Documents'], responses: describeRefusals('not_found') },
  })

  const versionsOf = (kind: DocumentKind) =>
    store.db
      .select()
      .from(document)
      .where(eq(document.kind, kind))
      .orderBy(desc(document.effectiveAt), desc(document.createdAt))

  /** Names are the operator's of today: who runs the platform is a fact, not a part of the version. */
  function fill(text: string): string {
    const facts: Record<string, string> = {
      platform: business.current.platform,
      company: business.current.company,
      contact: business.current.contact,
      jurisdiction: business.current.jurisdiction,
    }
    return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => facts[name] ?? whole)
  }

  const show = (row: DocumentRow) => ({
    id: row.id,
    kind: row.kind,
    version: row.version,
    material: row.material,
    effective_at: new Date(row.effectiveAt).toISOString(),
    summary: { en: row.summaryEn, 'zh-TW': row.summaryZh },
  })
  const textOf = (row: DocumentRow, language: string | undefined) =>
    fill(language === 'zh-TW' ? row.textZh : row.textEn)

  return new Elysia({ name: 'legal' })
    .get(
      '/api/documents',
      async ({ set }) => {
        set.headers['cache-control'] = 'no-cache'
        const rows = await store.db.select().from(document).orderBy(asc(document.effectiveAt))
        const now = clock.now()
        return {
          current: documentKinds.flatMap((kind) => {
            const row = rows.findLast((one) => one.kind === kind && one.effectiveAt <= now)
            return row ? [show(row)] : []
          }),
          upcoming: rows.filter(({ effectiveAt }) => effectiveAt > now).map(show),
        }
      },
      tag('The documents in force, and those to come'),
    )
    .get(
      '/api/documents/:kind',
      async ({ params }) => {
        const rows = await versionsOf(kindOf(params.kind))
        return { data: rows.map(show), next: null }
      },
      tag('Every version of a document'),
    )
    .get(
      '/api/documents/:kind/:version',
      async ({ params, query }) => {
        const kind = kindOf(params.kind)
        const [row] = await store.db
          .select()
          .from(document)
          .where(and(eq(document.kind, kind), eq(document.version, params.version)))
        if (!row) throw new AppError('not_found')
        const [before] = await store.db
          .select()
          .from(document)
          .where(and(eq(document.kind, kind), lt(document.effectiveAt, row.effectiveAt)))
          .orderBy(desc(document.effectiveAt))
          .limit(1)
        return {
          ...show(row),
          text: textOf(row, query.language),
          previous: before
            ? { version: before.version, text: textOf(before, query.language) }
            : null,
        }
      },
      {
        query: t.Object({ language: t.Optional(t.String({ maxLength: 10 })) }),
        ...tag('A version of a document, with the one before it'),
      },
    )
}

function kindOf(text: string): DocumentKind {
  const kind = documentKinds.find((one) => one === text)
  if (!kind) throw new AppError('not_found')
  return kind
}
