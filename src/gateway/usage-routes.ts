/** What an account used, for its members: overview, series, calls, and the same as files. */
import { Elysia, t } from 'elysia'
import { accountGuard } from '../account/guard.ts'
import { readTime } from '../base/time.ts'
import type { CatalogBook } from '../catalog/book.ts'
import { answerCsv } from '../http/csv.ts'
import { describeRefusals } from '../http/describe.ts'
import type { People } from '../user/people.ts'
import type { Bodies } from './body.ts'
import { showOverview } from './usage-overview.ts'
import { readRange } from './usage-range.ts'
import { showRequest } from './usage-record.ts'
import {
  eachRequest,
  listEnded,
  listRequests,
  type RequestFilter,
  readPosition,
} from './usage-requests.ts'
import { readSeries } from './usage-series.ts'

const text = t.Optional(t.String({ maxLength: 200 }))
const timeZone = { time_zone: text }
const requestFilter = {
  ...{ model: text, key: text, from: text, to: text },
  status: t.Optional(t.Union([t.Literal('ok'), t.Literal('failed')])),
}
const limit = t.Optional(t.Numeric({ minimum: 1, maximum: 200 }))

const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  ...{ summary, tags: ['Usage'] },
  responses: describeRefusals('session_required', 'not_found', ...codes),
})

export function usageRoutes(people: People, catalog: CatalogBook, bodies: Bodies) {
  const { store, clock } = people
  return new Elysia({ name: 'usage', prefix: '/api/accounts/:account' })
    .use(accountGuard(people))
    .get(
      '/overview',
      ({ member, query }) =>
        showOverview(store, catalog.current, member.accountId, {
          ...(query.time_zone !== undefined && { timeZone: query.time_zone }),
          now: clock.now(),
        }),
      { may: 'read', query: t.Object(timeZone), detail: describe('Balance, spending and notices') },
    )
    .get(
      '/usage',
      ({ member, query: { by = 'model', model, key, member: maker, ...range } }) =>
        readSeries(store, member.accountId, readRange(given(range), clock.now()), by, {
          ...given({ model, key, member: maker }),
        }),
      {
        may: 'read',
        query: t.Object({
          range: t.Optional(
            t.Union([
              t.Literal('24h'),
              t.Literal('7d'),
              t.Literal('30d'),
              t.Literal('month'),
              t.Literal('custom'),
            ]),
          ),
          by: t.Optional(t.Union([t.Literal('model'), t.Literal('key'), t.Literal('member')])),
          ...{ from: text, to: text, model: text, key: text, member: text, ...timeZone },
        }),
        detail: describe('Usage over time', 'invalid_request'),
      },
    )
    .get(
      '/requests',
      async ({ member, query: { after, newer, limit = 50, ...filter } }) => {
        const at = new Date(clock.now()).toISOString()
        const wanted = readFilter(filter)
        const { accountId } = member
        const page =
          newer === undefined
            ? await listRequests(store, accountId, wanted, {
                after: after === undefined ? null : readPosition(after),
                limit,
              })
            : await listEnded(store, accountId, wanted, { time: readTime(newer, 'newer'), limit })
        /** `at`: what to give as `newer` to see what has ended since. */
        return { ...page, at }
      },
      {
        may: 'read',
        query: t.Object({ ...requestFilter, after: text, newer: text, limit }),
        detail: describe('Calls, the newest first', 'invalid_request'),
      },
    )
    .get(
      '/requests/:id',
      async ({ member: { accountId }, params }) => ({
        ...(await showRequest(store, accountId, params.id)),
        body: await bodies.read(accountId, params.id, clock.now()),
      }),
      { may: 'read', detail: describe('One call: units × price = charge, and its transfers') },
    )
    .get(
      '/requests.csv',
      ({ member, query }) =>
        answerCsv(
          `requests-${day(clock.now())}.csv`,
          requestColumns,
          eachRequest(store, member.accountId, readFilter(query)),
        ),
      {
        may: 'read',
        query: t.Object(requestFilter),
        detail: describe('Calls as a CSV file', 'invalid_request'),
      },
    )
}

const requestColumns = [
  ...(['id', 'created_at', 'model', 'key_id', 'key_name', 'status', 'outcome'] as const),
  ...(['prompt_tokens', 'cached_tokens', 'completion_tokens', 'cost', 'first_token_ms'] as const),
  ...(['duration_ms', 'streamed', 'app'] as const),
]

type Given<T> = { [name in keyof T]?: Exclude<T[name], undefined> }

/** Without what was left out. */
function given<T extends object>(some: T): Given<T> {
  return Object.fromEntries(
    Object.entries(some).filter(([, value]) => value !== undefined),
  ) as Given<T>
}

function readFilter({
  from,
  to,
  ...rest
}: Partial<Record<'from' | 'to' | 'model' | 'key', string | undefined>> & {
  status?: 'ok' | 'failed' | undefined
}): RequestFilter {
  return {
    ...given(rest),
    ...(from !== undefined && { from: readTime(from, 'from') }),
    ...(to !== undefined && { to: readTime(to, 'to') }),
  }
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10)
