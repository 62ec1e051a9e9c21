/** Reports for those who run the platform, each also as a file; and trying again an e-invoice that was given up. */
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import type { Billing } from '../billing/billing.ts'
import { retryInvoice } from '../billing/invoice-outbox.ts'
import { readFees, readRevenue, readTax } from '../billing/report.ts'
import { listLiability, sumLiability } from '../billing/report-liability.ts'
import { enterBill, readProviderCosts } from '../billing/report-provider.ts'
import { readUnreconciled } from '../billing/report-unreconciled.ts'
import { answerCsv } from '../http/csv.ts'
import { describeRefusals } from '../http/describe.ts'
import type { Store } from '../store/store.ts'
import { adminGuard, reason } from './guard.ts'

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Administration'] },
  responses: describeRefusals('session_required', 'not_found', 'role_not_allowed', ...codes),
})

const asPage = <Row>(data: Row[]) => ({ data, next: null as string | null })

export function reportRoutes(billing: Billing) {
  const { store, clock } = billing
  return new Elysia({ name: 'admin-reports', prefix: '/api/admin' })
    .use(adminGuard(billing))
    .get(
      '/reports/liability',
      async ({ query: { after, limit = 50 } }) => {
        const now = clock.now()
        const [sums, page] = await Promise.all([
          sumLiability(store, now),
          listLiability(store, now, { after, limit }),
        ])
        return { ...sums, ...page }
      },
      {
        admin: 'read',
        query: t.Object({
          after: t.Optional(t.String({ maxLength: 64 })),
          limit: t.Optional(t.Numeric({ minimum: 1, maximum: 200 })),
        }),
        detail: describe('What is owed to customers, and what credit they bought in six months'),
      },
    )
    .get('/reports/revenue', async () => asPage(await readRevenue(store)), {
      admin: 'read',
      detail: describe('What calls earned and cost, by month (UTC)'),
    })
    .get('/reports/tax', async () => asPage(await readTax(store)), {
      admin: 'read',
      detail: describe('Tax collected and given back, by month (UTC), country and rate'),
    })
    .get('/reports/fees', async () => asPage(await readFees(store)), {
      admin: 'read',
      detail: describe('What processors kept, by month (UTC)'),
    })
    .get('/reports/unreconciled', async () => asPage(await readUnreconciled(store, clock.now())), {
      admin: 'read',
      detail: describe('Payments, refunds and e-invoices to look into'),
    })
    .get('/reports/providers', async () => asPage(await readProviderCosts(store)), {
      admin: 'read',
      detail: describe('What providers say and charge against what we reckon, by month (UTC)'),
    })
    .post(
      '/reports/providers/invoices',
      async ({ body, visitor, change }) => {
        change.before = { amount: await enterBill(store, body, visitor.userId, clock.now()) }
        change.after = { amount: body.amount }
        return { ok: true }
      },
      {
        admin: 'money',
        parse: 'strict',
        body: t.Object({
          channel: t.String({ minLength: 1, maxLength: 200 }),
          month: t.String({ maxLength: 7 }),
          amount: t.Nullable(t.String({ maxLength: 40 })),
          reason,
          revision: t.Number({ minimum: 0, maximum: 2 ** 31 - 1, multipleOf: 1 }),
        }),
        detail: describe(
          'Say what a provider’s invoice has for a channel and a month',
          ...(['invalid_request', 'invalid_amount', 'changed_meanwhile'] as const),
        ),
      },
    )
    .use(fileRoutes(billing))
    .post(
      '/invoices/:receipt/retry',
      async ({ params }) => {
        if (!/^\d{1,9}$/.test(params.receipt)) throw new AppError('not_found')
        await retryInvoice(store, Number(params.receipt), clock.now())
        return { ok: true }
      },
      {
        admin: 'money',
        detail: describe('Ask the issuer again for an e-invoice that was given up'),
      },
    )
}

type Row = Record<string, unknown>
type Pages = AsyncGenerator<readonly Row[]>

/** Each report as a file: its columns, and its rows page by page. */
const files: Record<string, { columns: string[]; read(store: Store, now: number): Pages }> = {
  liability: {
    columns: ['account', 'name', 'state', 'balance', 'bought_six_months'],
    read: eachLiability,
  },
  revenue: {
    columns: ['month', 'calls', 'charged', 'written_off', 'buy_cost', 'margin'],
    read: (store) => once(readRevenue(store)),
  },
  tax: {
    columns: [
      ...['month', 'country', 'rate', 'currency', 'taxable', 'collected', 'given_back', 'due'],
    ],
    read: (store) => once(readTax(store)),
  },
  fees: {
    columns: ['month', 'processor', 'currency', 'payments', 'total', 'fee', 'unknown'],
    read: (store) => once(readFees(store)),
  },
  providers: {
    columns: [
      ...['month', 'channel', 'calls', 'buy_cost', 'reported_calls', 'reported', 'reckoned'],
      ...['difference', 'invoice', 'invoice_difference'],
    ],
    read: (store) => once(readProviderCosts(store)),
  },
  unreconciled: {
    columns: ['kind', 'id', 'account', 'processor', 'currency', 'total', 'why', 'created_at'],
    read: (store, now) => once(readUnreconciled(store, now)),
  },
}

function fileRoutes(billing: Billing) {
  const { store, clock } = billing
  const app = new Elysia({ name: 'admin-report-files' }).use(adminGuard(billing))
  for (const [name, { columns, read }] of Object.entries(files)) {
    app.get(
      `/reports/${name}.csv`,
      () => {
        const day = new Date(clock.now()).toISOString().slice(0, 10)
        return answerCsv(`${name}-${day}.csv`, columns, read(store, clock.now()))
      },
      { admin: 'read', detail: describe(`The report of ${name} as a CSV file`) },
    )
  }
  return app
}

async function* once(rows: Promise<readonly unknown[]>): Pages {
  yield (await rows) as readonly Row[]
}

async function* eachLiability(store: Store, now: number): Pages {
  let after: string | null = ''
  while (after !== null) {
    const page: Awaited<ReturnType<typeof listLiability>> = await listLiability(store, now, {
      ...{ after, limit: 1000 },
    })
    yield page.data
    after = page.next
  }
}
