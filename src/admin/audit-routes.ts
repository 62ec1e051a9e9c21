/** The audit log over HTTP, also as a file. */
import { Elysia, t } from 'elysia'
import { readTime } from '../base/time.ts'
import { answerCsv } from '../http/csv.ts'
import { describeRefusals } from '../http/describe.ts'
import type { Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { type AuditFilter, auditColumns, listAudit } from './audit-read.ts'
import { adminGuard } from './guard.ts'

const describe = (summary: string) => ({
  ...{ summary, tags: ['Administration'] },
  responses: describeRefusals('session_required', 'not_found', 'invalid_request'),
})

const pageSize = 50
const text = t.Optional(t.String({ maxLength: 200 }))
const filter = { actor: text, account: text, act: text, from: text, to: text }

export function auditRoutes(people: People) {
  const { store } = people
  return new Elysia({ name: 'admin-audit', prefix: '/api/admin' })
    .use(adminGuard(people))
    .get(
      '/audit',
      ({ query: { after, ...asked } }) =>
        listAudit(store, readFilter(asked), {
          limit: pageSize,
          ...(after !== undefined && { after }),
        }),
      {
        admin: 'read',
        query: t.Object({ ...filter, after: text }),
        detail: describe('What admins and commands did, the newest first'),
      },
    )
    .get(
      '/audit.csv',
      ({ query }) => answerCsv('audit.csv', auditColumns, eachPage(store, readFilter(query))),
      {
        admin: 'read',
        query: t.Object(filter),
        detail: describe('The same as a CSV file'),
      },
    )
}

type Asked = { [K in keyof typeof filter]?: string }

function readFilter({ from, to, ...same }: Asked): AuditFilter {
  return {
    ...same,
    ...(from !== undefined && { from: readTime(from, 'from') }),
    ...(to !== undefined && { to: readTime(to, 'to') }),
  }
}

async function* eachPage(store: Store, filter: AuditFilter) {
  let after: string | null | undefined
  while (after !== null) {
    const page: Awaited<ReturnType<typeof listAudit>> = await listAudit(store, filter, {
      limit: 1000,
      ...(after !== undefined && { after }),
    })
    yield page.data
    after = page.next
  }
}
