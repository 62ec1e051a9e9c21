/** Who an account is billed as, and what was printed of its payments, for its members. */
import { Elysia, t } from 'elysia'
import { accountGuard, requireActive } from '../account/guard.ts'
import { describeRefusals } from '../http/describe.ts'
import type { People } from '../user/people.ts'
import { changeBuyer, readBuyer } from './buyer.ts'
import { listReceipts, readReceipt } from './receipt-view.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Billing'] },
  responses: describeRefusals('session_required', 'not_found', ...codes),
})

export function receiptRoutes(people: People) {
  const { store } = people
  return new Elysia({ name: 'receipts', prefix: '/api/accounts/:account' })
    .use(accountGuard(people))
    .get('/buyer', ({ member }) => readBuyer(store, member.accountId), {
      may: 'read',
      detail: describe('Who receipts are made out to'),
    })
    .put(
      '/buyer',
      async ({ member, body }) => {
        requireActive(member)
        await changeBuyer(store, member.accountId, body)
        return readBuyer(store, member.accountId)
      },
      {
        may: 'bill',
        parse: 'strict',
        body: t.Object({
          name: t.String({ maxLength: 200 }),
          address: t.String({ maxLength: 500 }),
          email: t.Nullable(t.String({ maxLength: 300 })),
          tax_id: t.Nullable(t.String({ maxLength: 60 })),
        }),
        detail: describe(
          'Change who receipts are made out to',
          ...(['role_not_allowed', 'invalid_request', 'invalid_email'] as const),
        ),
      },
    )
    .get(
      '/receipts',
      ({ member, query: { after, limit = 50 } }) =>
        listReceipts(store, member.accountId, { after, limit }),
      {
        may: 'read',
        query: t.Object({
          after: t.Optional(t.String({ pattern: '^\\d{1,15}$' })),
          limit: t.Optional(t.Numeric({ minimum: 1, maximum: 200 })),
        }),
        detail: describe('Receipts and credit notes, the newest first'),
      },
    )
    .get(
      '/receipts/:number',
      ({ member, params }) => readReceipt(store, member.accountId, params.number),
      {
        may: 'read',
        params: t.Object({ account: t.String(), number: t.Numeric({ minimum: 1 }) }),
        detail: describe('A receipt or credit note, as it was printed'),
      },
    )
}
