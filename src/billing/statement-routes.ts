/** What moved an account's balance, for its members: all of it, or a month (UTC) from its opening to its closing, also as a file. */
import { Elysia, t } from 'elysia'
import { accountGuard } from '../account/guard.ts'
import { formatUsd } from '../base/amount.ts'
import { answerCsv } from '../http/csv.ts'
import { describeRefusals } from '../http/describe.ts'
import { readStatement, type StatementRow } from '../ledger/statement.ts'
import type { People } from '../user/people.ts'
import { eachMovement, findMonth, listMoves, monthPattern, sumMonth } from './statement-month.ts'

const page = {
  after: t.Optional(t.Numeric({ minimum: 1 })),
  limit: t.Optional(t.Numeric({ minimum: 1, maximum: 200 })),
}
const month = t.String({ pattern: monthPattern })

const describe = (summary: string) => ({
  ...{ summary, tags: ['Billing'] },
  responses: describeRefusals('session_required', 'not_found', 'invalid_request'),
})

export function statementRoutes(people: People) {
  const { store, clock } = people
  return new Elysia({ name: 'statements', prefix: '/api/accounts/:account' })
    .use(accountGuard(people))
    .get(
      '/statement',
      async ({ member, query: { after, limit = 50 } }) => {
        const wanted = { limit: limit + 1, ...(after !== undefined && { after }) }
        const rows = await readStatement(store, member.accountId, wanted)
        const data = rows.slice(0, limit).map(describeMovement)
        const next = rows.length > limit ? String(data.at(-1)?.seq) : null
        return { data, next }
      },
      {
        may: 'read',
        query: t.Object(page),
        detail: describe('Every movement of the balance, the newest first'),
      },
    )
    .get(
      '/statement.csv',
      ({ member, query }) =>
        answerCsv(
          `statement-${query.month ?? new Date(clock.now()).toISOString().slice(0, 10)}.csv`,
          columns,
          describeEach(eachMovement(store, member.accountId, query.month)),
        ),
      {
        may: 'read',
        query: t.Object({ month: t.Optional(month) }),
        detail: describe('The statement of a month (UTC), or all of it, as a CSV file'),
      },
    )
    .get(
      '/statements/:month',
      async ({ member: { accountId }, params, query: { after, limit = 50 } }) => {
        const span = await findMonth(store, accountId, params.month)
        const [{ opening, closing, sums, calls }, { rows, next }] = await Promise.all([
          sumMonth(store, accountId, span),
          listMoves(store, accountId, span, { limit, ...(after !== undefined && { after }) }),
        ])
        return {
          ...{ month: params.month, opening: formatUsd(opening), closing: formatUsd(closing) },
          sums: sums.map((row) => ({ ...row, amount: formatUsd(row.amount) })),
          calls: calls.map((row) => ({ ...row, amount: formatUsd(row.amount) })),
          data: rows.map(({ correctsId, createdAt, ...row }) => ({
            ...{ ...row, amount: formatUsd(row.amount), corrects_id: correctsId },
            at: new Date(createdAt).toISOString(),
          })),
          next,
        }
      },
      {
        may: 'read',
        params: t.Object({ account: t.String(), month }),
        query: t.Object(page),
        detail: describe(
          'A month (UTC): opening + movements = closing. Calls by the day, the rest one by one',
        ),
      },
    )
}

const columns = [
  ...(['seq', 'id', 'at', 'code', 'amount', 'balance', 'call_id', 'reason'] as const),
]

function describeMovement(row: StatementRow) {
  return {
    ...{ seq: row.seq, id: row.id, code: row.code },
    at: new Date(row.createdAt).toISOString(),
    amount: formatUsd(row.amount),
    balance: formatUsd(row.balance),
    ...{ call_id: row.callId, corrects_id: row.correctsId, reason: row.reason },
  }
}

async function* describeEach(pages: AsyncGenerator<StatementRow[]>) {
  for await (const rows of pages) yield rows.map(describeMovement)
}
