/** What an account's credit is made of, what each lot of it was used for, and redeeming a voucher. */
import { Elysia, t } from 'elysia'
import { readAccount } from '../account/account.ts'
import { accountGuard, requireActive } from '../account/guard.ts'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { AnyServer } from '../http/address.ts'
import { describeRefusals } from '../http/describe.ts'
import { type OpenLot, readLot, readLots, readLotUses } from '../ledger/lot.ts'
import { originOf } from '../user/routes.ts'
import { countTry, forgetTries, voucherLimits } from '../user/throttle.ts'
import type { Billing } from './billing.ts'
import { redeemVoucher } from './voucher.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  detail: { summary, tags: ['Credit'], responses: describeRefusals('not_found', ...codes) },
})

const mostUses = 200

export function lotRoutes(billing: Billing) {
  const { store, clock } = billing
  return new Elysia({ name: 'lots', prefix: '/api/accounts/:account' })
    .use(accountGuard(billing))
    .get(
      '/lots',
      async ({ member }) => ({
        data: (await readLots(store, member.accountId)).map(showLot),
        next: null,
      }),
      { may: 'read', ...describe('What credit is left, in the order that it is spent') },
    )
    .get(
      '/lots/:lot',
      async ({ member, params }) => {
        const lot = await readLot(store, member.accountId, params.lot)
        if (lot === null) throw new AppError('not_found')
        const uses = await readLotUses(store, {
          ...{ accountId: member.accountId, lotId: lot.id, limit: mostUses },
        })
        return {
          ...showLot(lot),
          /** The latest first; a day's calls are one. */
          uses: uses.map(({ code, amount, createdAt }) => ({
            ...{ code, amount: formatUsd(amount), at: iso(createdAt) },
          })),
        }
      },
      { may: 'read', ...describe('What a lot of credit was used for') },
    )
    .post(
      '/vouchers',
      async ({ member, visitor, body, request, server }) => {
        requireActive(member)
        const { accountId } = member
        const { address } = originOf(billing, request, server as AnyServer)
        const limits = voucherLimits(accountId, address)
        await countTry(store, limits, clock.now())
        const wanted = { accountId, userId: visitor.userId, code: body.code }
        const { credit, expiresAt } = await redeemVoucher(billing, wanted)
        await forgetTries(store, limits[0].subject)
        const { creditsPosted, debitsPosted } = await readAccount(store, accountId)
        return {
          ...{ credit: formatUsd(credit), balance: formatUsd(creditsPosted - debitsPosted) },
          expires_at: expiresAt === null ? null : iso(expiresAt),
        }
      },
      {
        may: 'bill',
        parse: 'strict',
        body: t.Object({ code: t.String({ maxLength: 100 }) }),
        ...describe(
          'Redeem a voucher',
          ...(['invalid_voucher', 'role_not_allowed', 'account_suspended'] as const),
          'too_many_attempts',
        ),
      },
    )
}

const iso = (at: number) => new Date(at).toISOString()

function showLot({ id, kind, amount, spent, expiresAt, createdAt, code, reason }: OpenLot) {
  return {
    ...{ id, kind, code, reason },
    amount: formatUsd(amount),
    left: formatUsd(amount - spent),
    expires_at: expiresAt === null ? null : iso(expiresAt),
    created_at: iso(createdAt),
  }
}
