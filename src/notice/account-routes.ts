/** What people are told: the notices of an account, a test of its alert, what the operator says, and what each has by mail. */
import { Elysia, t } from 'elysia'
import { readAccount } from '../account/account.ts'
import { accountGuard, requireActive } from '../account/guard.ts'
import type { CatalogBook } from '../catalog/book.ts'
import { describeRefusals } from '../http/describe.ts'
import type { People } from '../user/people.ts'
import { countTry } from '../user/throttle.ts'
import { lowBalanceNotice } from './alert.ts'
import { listShown } from './announcement.ts'
import { listNotices } from './current.ts'
import { changePreferences, readPreferences } from './preference.ts'
import { spendPerDay } from './runway.ts'
import { tell } from './tell.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  detail: { summary, tags: ['Notices'], responses: describeRefusals(...codes) },
})
const mailed = t.Optional(t.Boolean())
const testsPerHour = 3
const hourMs = 3_600_000

export function accountNoticeRoutes(people: People, catalog: CatalogBook) {
  const { store, clock } = people
  return new Elysia({ name: 'account-notice' })
    .use(accountGuard(people))
    .get(
      '/api/accounts/:account/notices',
      async ({ member }) => {
        const now = clock.now()
        const owner = await readAccount(store, member.accountId)
        const [data, announcements] = await Promise.all([
          listNotices(store, catalog.current, owner, now),
          listShown(store, now),
        ])
        return { data, next: null, announcements }
      },
      { may: 'read', ...describe('What its members should know now', 'not_found') },
    )
    .post(
      '/api/accounts/:account/notices/test',
      async ({ member }) => {
        requireActive(member)
        const now = clock.now()
        const id = member.accountId
        const limit = { subject: `notice:${id}`, most: testsPerHour, windowMs: hourMs }
        await countTry(store, [limit], now)
        const pace = await spendPerDay(store, id, now)
        const notice = lowBalanceNotice(await readAccount(store, id), pace, true)
        return tell(people, { ...notice, daily: null })
      },
      {
        may: 'bill',
        ...describe(
          'Send the alert of a low balance as a test',
          ...(['not_found', 'role_not_allowed', 'too_many_attempts'] as const),
        ),
      },
    )
    .get('/api/announcements', async () => ({ data: await listShown(store, clock.now()) }), {
      open: true,
      ...describe('What the operator says now'),
    })
    .get('/api/me/notices', ({ visitor }) => readPreferences(store, visitor.userId), {
      user: 'any',
      ...describe('Which notices are mailed to her', 'session_required'),
    })
    .put(
      '/api/me/notices',
      async ({ visitor, body }) => {
        await changePreferences(store, visitor.userId, body)
        return { ok: true }
      },
      {
        user: 'any',
        parse: 'strict',
        body: t.Object({
          low_balance: mailed,
          key_budget: mailed,
          price_rise: mailed,
          model_retires: mailed,
          recharge: mailed,
          announcement: mailed,
          maintenance: mailed,
        }),
        ...describe('Have notices by mail, or not; what is left out stays', 'session_required'),
      },
    )
}
