/** The documents that customers accept, as those who run the platform see and publish them: by version, with who accepted each. */
import { count, desc, eq, sql } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import { readTime } from '../base/time.ts'
import { describeRefusals } from '../http/describe.ts'
import { publishDocument } from '../legal/publish.ts'
import { acceptance, document, user } from '../store/people.ts'
import type { Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { adminGuard } from './guard.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Operator'] },
  responses: describeRefusals('not_found', 'role_not_allowed', ...codes),
})
const kind = t.Union([t.Literal('terms'), t.Literal('privacy'), t.Literal('refunds')])
const text = t.String({ maxLength: 50_000 })
const summary = t.String({ maxLength: 1000 })

export function documentRoutes(people: People) {
  const { store } = people
  return new Elysia({ name: 'admin-documents', prefix: '/api/admin/documents' })
    .use(adminGuard(people))
    .get('', () => listDocuments(store), {
      admin: 'read',
      detail: describe('Every version, the newest first, and how many users accepted it'),
    })
    .get('/:document', ({ params }) => readTexts(store, params.document), {
      admin: 'read',
      detail: describe('A version’s texts with their placeholders: to write the next one from'),
    })
    .post(
      '',
      async ({ visitor, body }) => {
        const effectiveAt = body.effective_at ?? null
        const mailed = await publishDocument(people, {
          ...{ kind: body.kind, version: body.version, material: body.material },
          ...{ textEn: body.text_en, textZh: body.text_zh },
          ...{ summaryEn: body.summary_en, summaryZh: body.summary_zh },
          effectiveAt: effectiveAt === null ? null : readTime(effectiveAt, 'effective_at'),
          publishedBy: visitor.userId,
        })
        return { mailed }
      },
      {
        admin: 'run',
        parse: 'strict',
        body: t.Object({
          ...{ kind, version: t.String({ maxLength: 40 }), material: t.Boolean() },
          ...{ text_en: text, text_zh: text, summary_en: summary, summary_zh: summary },
          effective_at: t.Optional(t.Nullable(t.String({ maxLength: 40 }))),
        }),
        detail: describe(
          'Publish a version; a material one is mailed to every user, who must accept it',
          ...(['invalid_request', 'already_exists'] as const),
        ),
      },
    )
}

/** `users`: who could have accepted it. */
async function listDocuments({ db }: Store) {
  const accepted = sql`(SELECT COUNT(*) FROM ${acceptance} WHERE ${acceptance.documentId} = ${document.id})`
  const { id, kind, version, material, effectiveAt, publishedBy, summaryEn, summaryZh } = document
  const rows = await db
    .select({
      ...{ id, kind, version, material, effectiveAt, publishedBy, summaryEn, summaryZh },
      accepted: accepted.mapWith(Number),
    })
    .from(document)
    .orderBy(desc(document.effectiveAt), desc(document.createdAt))
  const [users] = await db.select({ count: count() }).from(user).where(eq(user.state, 'active'))
  const data = rows.map(({ effectiveAt, publishedBy, summaryEn, summaryZh, ...row }) => ({
    ...row,
    effective_at: new Date(effectiveAt).toISOString(),
    published_by: publishedBy,
    summary: { en: summaryEn, 'zh-TW': summaryZh },
  }))
  return { data, users: users?.count ?? 0, next: null }
}

/** Refuses with `not_found`. */
async function readTexts({ db }: Store, id: string) {
  const [row] = await db.select().from(document).where(eq(document.id, id))
  if (!row) throw new AppError('not_found')
  return { kind: row.kind, version: row.version, text: { en: row.textEn, 'zh-TW': row.textZh } }
}
