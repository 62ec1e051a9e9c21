/** What the operator tells everyone: listed, published, withdrawn. */
import { Elysia, t } from 'elysia'
import { readTime } from '../base/time.ts'
import { describeRefusals } from '../http/describe.ts'
import {
  listAnnouncements,
  publishAnnouncement,
  withdrawAnnouncement,
} from '../notice/announcement.ts'
import type { People } from '../user/people.ts'
import { adminGuard } from './guard.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  detail: {
    ...{ summary, tags: ['Operator'] },
    responses: describeRefusals('not_found', 'role_not_allowed', ...codes),
  },
})
const text = (most: number) => t.String({ maxLength: most })
const time = t.Optional(t.Nullable(t.String({ maxLength: 40 })))

export function announcementRoutes(people: People) {
  const { store, clock } = people
  return new Elysia({ name: 'announcement', prefix: '/api/admin/announcements' })
    .use(adminGuard(people))
    .get('', async () => ({ data: await listAnnouncements(store, clock.now()), next: null }), {
      admin: 'read',
      ...describe('Announcements, the newest first'),
    })
    .post(
      '',
      async ({ visitor, body: { kind, mail, shows_at = null, ends_at = null, ...words } }) => {
        const written = {
          ...{ kind, mail },
          title: { en: words.title_en, 'zh-TW': words.title_zh },
          text: { en: words.text_en, 'zh-TW': words.text_zh },
          showsAt: shows_at === null ? null : readTime(shows_at, 'shows_at'),
          endsAt: ends_at === null ? null : readTime(ends_at, 'ends_at'),
        }
        return { id: await publishAnnouncement(people, written, visitor.userId) }
      },
      {
        admin: 'run',
        parse: 'strict',
        body: t.Object({
          kind: t.Union([t.Literal('announcement'), t.Literal('maintenance')]),
          title_en: text(200),
          title_zh: text(200),
          text_en: text(5000),
          text_zh: text(5000),
          shows_at: time,
          ends_at: time,
          mail: t.Boolean(),
        }),
        ...describe('Tell everyone', 'invalid_request'),
      },
    )
    .post(
      '/:id/withdraw',
      async ({ visitor, params }) => {
        await withdrawAnnouncement(people, params.id, visitor.userId)
        return { ok: true }
      },
      { admin: 'run', ...describe('Show and mail it no more') },
    )
}
