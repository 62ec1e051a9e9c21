/** What the operator gives away: batches of voucher codes, and credit granted to one account with a reason. */
import { Elysia, t } from 'elysia'
import { formatUsd, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { parseTime } from '../base/time.ts'
import type { Billing } from '../billing/billing.ts'
import { grantCredit } from '../billing/grant.ts'
import { createBatch, disableBatch, listBatches, readBatch } from '../billing/voucher-batch.ts'
import { describeRefusals } from '../http/describe.ts'
import { adminGuard, written } from './guard.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  detail: { summary, tags: ['Admin'], responses: describeRefusals('not_found', ...codes) },
})
const changes = ['role_not_allowed', 'recent_login_required', 'invalid_amount'] as const

const pageSize = 50
const whole = (maximum: number) => t.Number({ minimum: 1, maximum, multipleOf: 1 })
const text = written(200)
const time = t.Optional(t.Nullable(t.String({ maxLength: 40 })))
const batch = t.Object({
  name: text,
  credit: t.String({ maxLength: 40, description: 'Of each code, in USD.' }),
  count: whole(10_000),
  per_account: t.Optional(whole(10_000)),
  expires_at: time,
  credit_days: t.Optional(t.Nullable(whole(3650))),
})

export function voucherRoutes(billing: Billing) {
  const { store, clock, log } = billing
  return new Elysia({ name: 'admin-vouchers', prefix: '/api/admin' })
    .use(adminGuard(billing))
    .get(
      '/vouchers',
      ({ query: { after } }) =>
        listBatches(store, { limit: pageSize, ...(after !== undefined && { after }) }),
      {
        admin: 'read',
        query: t.Object({ after: t.Optional(t.String({ maxLength: 100 })) }),
        ...describe('Batches of vouchers'),
      },
    )
    .post(
      '/vouchers',
      async ({ visitor, body }) => {
        const { name, count, per_account = 1, credit_days = null } = body
        return createBatch(billing, {
          ...{ name, count, perAccount: per_account, creditDays: credit_days },
          credit: readAmount(body.credit, 'credit'),
          expiresAt: readFuture(body.expires_at ?? null, clock.now()),
          createdBy: visitor.userId,
        })
      },
      {
        admin: 'money',
        parse: 'strict',
        body: batch,
        ...describe('Make vouchers: the answer is the only place of their codes', ...changes),
      },
    )
    .get('/vouchers/:batch', ({ params }) => readBatch(store, params.batch), {
      admin: 'read',
      ...describe('A batch of vouchers, and who redeemed them'),
    })
    .post(
      '/vouchers/:batch/disable',
      async ({ visitor, params }) => {
        await disableBatch(billing, params.batch)
        log.info('voucher.disabled', { batch: params.batch, by: visitor.userId })
        return { ok: true }
      },
      { admin: 'money', ...describe('Take no more of its codes', ...changes) },
    )
    .post(
      '/grants',
      async ({ visitor, body: { account, amount, reason, expires_at, once } }) => {
        const nano = readAmount(amount, 'amount')
        const transfer = await grantCredit(billing, {
          ...{ accountId: account, amount: nano, reason, actor: visitor.userId },
          expiresAt: readFuture(expires_at ?? null, clock.now()),
          reference: once ?? null,
        })
        return { transfer, amount: formatUsd(nano) }
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({
          ...{ account: text, amount: t.String({ maxLength: 40 }), reason: text },
          expires_at: time,
          once: t.Optional(text),
        }),
        ...describe('Give an account credit', ...changes),
      },
    )
}

function readAmount(written: string, param: string): bigint {
  const nano = parseUsd(written, param)
  if (nano > 0n) return nano
  throw new AppError('invalid_amount', { param, message: 'Give an amount above zero.' })
}

function readFuture(written: string | null, now: number): number | null {
  if (written === null) return null
  const at = parseTime(written)
  if (at !== null && at > now) return at
  throw new AppError('invalid_request', {
    param: 'expires_at',
    message: 'It expires in the future, at a time such as 2027-01-31T00:00:00Z.',
  })
}
