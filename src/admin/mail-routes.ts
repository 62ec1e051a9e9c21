/** What was mailed: to whom, of what kind, and whether it went out. Its text is not shown: it may hold a link that logs in. */
import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { describeRefusals } from '../http/describe.ts'
import { mail } from '../store/people.ts'
import type { Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { contains } from './account-search.ts'
import { adminGuard } from './guard.ts'

const pageSize = 50
const state = t.Union((['queued', 'sent', 'failed'] as const).map((one) => t.Literal(one)))

export function mailRoutes(people: People) {
  return new Elysia({ name: 'admin-mails', prefix: '/api/admin' }).use(adminGuard(people)).get(
    '/mails',
    ({ query: { q = '', state, after } }) => {
      const meant = and(
        q.trim() === '' ? undefined : contains(mail.recipient, q.trim()),
        state && eq(mail.state, state),
      )
      return listMails(people.store, meant, after)
    },
    {
      admin: 'read',
      query: t.Object({
        q: t.Optional(t.String({ maxLength: 200 })),
        state: t.Optional(state),
        after: t.Optional(t.String({ maxLength: 100 })),
      }),
      detail: {
        ...{ summary: 'What was mailed, the newest first', tags: ['Operator'] },
        responses: describeRefusals('not_found', 'role_not_allowed'),
      },
    },
  )
}

async function listMails({ db }: Store, meant: SQL | undefined, after: string | undefined) {
  const { id, kind, recipient, subject, state, attempts, error, createdAt, sentAt } = mail
  const older = sql`(${createdAt}, ${id}) < (SELECT m.created_at, m.id FROM mail m WHERE m.id = ${after})`
  const rows = await db
    .select({ id, kind, recipient, subject, state, attempts, error, createdAt, sentAt })
    .from(mail)
    .where(and(meant, after === undefined ? undefined : older))
    .orderBy(desc(createdAt), desc(id))
    .limit(pageSize + 1)
  const page = rows.slice(0, pageSize)
  const data = page.map(({ createdAt, sentAt, ...row }) => ({
    ...row,
    created_at: new Date(createdAt).toISOString(),
    sent_at: sentAt === null ? null : new Date(sentAt).toISOString(),
  }))
  return { data, next: rows.length > pageSize ? (page.at(-1)?.id ?? null) : null }
}
