/** What every page asks first: who is signed in, her accounts, what is to be accepted; and accepting it. */
import { and, eq, inArray, ne } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import { describeRefusals } from '../http/describe.ts'
import { strictBodies } from '../http/strict.ts'
import { documentsToAccept, hashAddress, insertAcceptance } from '../legal/document.ts'
import { document, member } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { recentMs, userGuard } from '../user/guard.ts'
import { offeredProviders } from '../user/oauth.ts'
import type { People } from '../user/people.ts'
import { originOf } from '../user/routes.ts'
import type { Visitor } from '../user/session.ts'

export function sessionRoutes(people: People, { demoMails }: { demoMails: boolean }) {
  const { store, sessions, business, config, clock, sealingKey } = people

  async function showVisitor(visitor: Visitor) {
    const { userId: id, email, name, language, verified, adminRole } = visitor
    const [accounts, documents] = await Promise.all([
      listAccounts(people, id),
      documentsToAccept(store, id),
    ])
    return {
      ...{ id, email, name, language, verified, admin_role: adminRole, accounts },
      recent: clock.now() - visitor.recentAt < recentMs,
      documents_to_accept: documents.map(({ effectiveAt, ...one }) => ({
        ...one,
        effective_at: new Date(effectiveAt).toISOString(),
      })),
    }
  }

  return new Elysia({ name: 'session' })
    .use(strictBodies)
    .use(userGuard(people))
    .get(
      '/api/session',
      async ({ request }) => {
        const visitor = await sessions.find(request)
        const { platform, company, contact, jurisdiction, openRegistration } = business.current
        return {
          visitor: visitor === null ? null : await showVisitor(visitor),
          registration: { open: openRegistration, providers: offeredProviders(config) },
          brand: { platform, company, contact, jurisdiction },
          demo: { mails: demoMails },
        }
      },
      { open: true, detail: { summary: 'Who is signed in', tags: ['People'] } },
    )
    .post(
      '/api/documents/accept',
      async ({ visitor, body, request, server }) => {
        const meant = inArray(document.id, body.documents)
        const known = await store.db.select({ id: document.id }).from(document).where(meant)
        if (known.length < new Set(body.documents).size) {
          throw new AppError('not_affirmed', { param: 'documents' })
        }
        const { address, agent } = originOf(people, request, server)
        const facts = {
          userId: visitor.userId,
          addressHash: hashAddress(address, sealingKey),
          agent: agent?.slice(0, 300) ?? null,
        }
        await store.write((db) =>
          body.documents.map((documentId) =>
            insertAcceptance(db, { ...facts, documentId }, clock.now()),
          ),
        )
        people.forgetKeys()
        return { ok: true }
      },
      {
        user: 'any',
        parse: 'strict',
        body: t.Object({
          documents: t.Array(t.String({ maxLength: 64 }), { minItems: 1, maxItems: 20 }),
        }),
        detail: {
          summary: 'Accept new versions of the documents',
          tags: ['People'],
          responses: describeRefusals('not_affirmed', 'session_required'),
        },
      },
    )
}

/** The open accounts of a user, by age. */
export async function listAccounts({ store }: Pick<People, 'store'>, userId: string) {
  const rows = await store.db
    .select({
      id: account.id,
      name: account.name,
      email: account.email,
      kind: account.kind,
      role: member.role,
      state: account.state,
    })
    .from(member)
    .innerJoin(account, eq(account.id, member.accountId))
    .where(and(eq(member.userId, userId), ne(account.state, 'closed')))
    .orderBy(account.createdAt, account.id)
  return rows.map(({ email, name, kind, state, ...row }) => ({
    ...row,
    name: name || email || row.id,
    kind: kind === 'entity' ? ('entity' as const) : ('person' as const),
    state: state === 'suspended' ? ('suspended' as const) : ('active' as const),
  }))
}
