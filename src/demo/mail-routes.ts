/** The demo sends no mail: what would have been mailed is shown on a page instead, links and all. */
import { desc } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { mail } from '../store/people.ts'
import type { Store } from '../store/store.ts'

export function demoMailRoutes(store: Store) {
  return new Elysia({ name: 'demo-mail' }).get(
    '/api/demo/mails',
    async ({ set }) => {
      set.headers['cache-control'] = 'no-store'
      const rows = await store.db.select().from(mail).orderBy(desc(mail.id)).limit(50)
      return {
        data: rows.map(({ id, recipient, subject, text, createdAt }) => ({
          ...{ id, to: recipient, subject, text: text ?? '' },
          at: new Date(createdAt).toISOString(),
        })),
      }
    },
    { detail: { hide: true } },
  )
}
