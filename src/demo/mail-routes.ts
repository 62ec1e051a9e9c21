/** The demo sends no mail: what would have been mailed is shown on a page instead, links and all. */
import { desc } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { AppError } from '../base/error.ts'
import { mail } from '../store/people.ts'
import type { Store } from '../store/store.ts'

export function demoMailRoutes(store: Store, shown: boolean) {
  return new Elysia({ name: 'demo-mail' }).get(
    '/api/demo/mails',
    async ({ set }) => {
      if (!shown) throw new AppError('not_found')
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
