/** What providers say and charge against what we reckon: by the hour from the calls' records, by the month with invoices. */
import { describe, expect, test } from 'bun:test'
import { count } from 'drizzle-orm'
import { reportRoutes } from '../../src/admin/report-routes.ts'
import { newId } from '../../src/base/id.ts'
import {
  listDifferences,
  readDifferences,
  readMonthOfChannels,
  readProviderCosts,
} from '../../src/billing/report-provider.ts'
import { sumChannels } from '../../src/ledger/channel-sums.ts'
import { dropUsage } from '../../src/ledger/retention.ts'
import { channel, channelHour, providerBill } from '../../src/store/schema.ts'
import { openAdmin } from '../helpers/admins.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { openPeople } from '../helpers/people.ts'
import { draft, newHold, newPerson, newWorld, settlement, type World } from '../ledger/world.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const milli = 1_000_000n

/** `ago`: when it began; `cost` and `said` in thousandths of a dollar. */
interface Made {
  channelId?: string | null
  ago?: number
  cost?: number
  said?: number | null
}

async function openCalls(store: TestStore) {
  const world = await newWorld(store)
  const ann = await newPerson(world, 0n)
  await store.write((db) =>
    ['or', 'plain'].map((id) =>
      db.insert(channel).values({ id, provider: 'openrouter', baseUrl: 'u', createdAt: now }),
    ),
  )
  const call = (made: Made) => makeCall(world, ann, made)
  return { world, call, sum: (at = now) => sumChannels(store, at) }
}

async function makeCall({ ledger }: World, account: string, made: Made): Promise<void> {
  const { channelId = 'or', ago = 0, cost = 1000, said = null } = made
  const createdAt = now - ago
  const id = newId('gen-', createdAt)
  await ledger.open(newHold(account, 0n, { id }), createdAt)
  const costs = {
    buyCost: BigInt(cost) * milli,
    reportedCost: said === null ? null : BigInt(said) * milli,
  }
  const more = { ...costs, draft: { ...draft, createdAt }, channelId }
  await ledger.resolve(settlement(id, 0n, more), createdAt + 1)
}

describe.each(databases)('on %s', (_, open) => {
  test('only calls of which something was said are compared; all of them are reckoned', async () => {
    const store = await open()
    const { call, sum } = await openCalls(store)
    await call({ cost: 1000, said: 1030 })
    await call({ cost: 1000, said: 1030, ago: 3 * dayMs })
    await call({ cost: 5000 })
    await call({ cost: 7000, channelId: 'plain' })
    await call({ cost: 9000, channelId: null })
    await sum()
    const month = await readMonthOfChannels(store, now)
    expect(Object.fromEntries(month)).toEqual({
      or: {
        ...{ calls: 3, buy_cost: '7.00', reported_calls: 2, reported: '2.06', reckoned: '2.00' },
        difference: '2.9126',
      },
      plain: {
        ...{ calls: 1, buy_cost: '7.00', reported_calls: 0, reported: null, reckoned: null },
        difference: null,
      },
    })
    expect((await readMonthOfChannels(store, now + 29 * dayMs)).get('or')?.calls).toBe(2)
  })

  test('summed again is the same; a call that ends late is still counted in its hour', async () => {
    const store = await open()
    const { call, sum } = await openCalls(store)
    await sum()
    // In one hour, read in two pieces.
    await call({ said: 1000, ago: 2 * dayMs })
    await call({ said: 1000, ago: 2 * dayMs - hourMs / 2 })
    await call({ said: 1000 })
    for (const at of [now, now, now + hourMs]) await sum(at)
    await call({ said: 1000 })
    for (const at of [now + 2 * hourMs, now + 9 * hourMs]) await sum(at)
    expect((await readMonthOfChannels(store, now)).get('or')).toMatchObject({
      ...{ calls: 4, reported_calls: 4, reported: '4.00', reckoned: '4.00', difference: '0' },
    })
    expect((await store.db.select({ n: count() }).from(channelHour))[0]?.n).toBe(2)
  })

  test('the sums stay when the records are dropped', async () => {
    const store = await open()
    const { call, sum } = await openCalls(store)
    await call({ said: 1000, ago: 3 * dayMs })
    await sum()
    await dropUsage(store, now, 9)
    await sum(now + dayMs)
    expect((await readMonthOfChannels(store, now)).get('or')?.reported).toBe('1.00')
  })

  // biome-ignore format: a table is read by its rows
  test.each<[string, Made[], [string, string][], number | undefined]>([
    ['1 % is no difference', [{ cost: 990, said: 1000 }], [], 0.01],
    ['more is', [{ cost: 980, said: 1000 }], [['2026-01-15', '2']], 0.02],
    ['less is, too', [{ cost: 1000, said: 900 }], [['2026-01-15', '-10']], -0.1],
    ['a model without a buy price shows', [{ cost: 0, said: 1000 }], [['2026-01-15', '100']], 1],
    ['what is free there shows', [{ cost: 1000, said: 0 }], [['2026-01-15', '-100']], -1],
    ['under a dollar in a day nothing is judged', [{ cost: 1, said: 999 }], [], undefined],
    ['the sum of a day is judged', [{ cost: 1, said: 500 }, { cost: 999, said: 500 }], [], 0],
    ['who says nothing differs in nothing', [{ cost: 5000 }], [], undefined],
    ['yesterday is told, the day before no more', [{ cost: 2000, said: 1000, ago: dayMs }, { cost: 3000, said: 1000, ago: 2 * dayMs }], [['2026-01-14', '-50']], -0.5],
    ['each day for itself, the metric has the larger', [{ cost: 2000, said: 1000, ago: dayMs }, { cost: 1000, said: 1100 }], [['2026-01-14', '-50'], ['2026-01-15', '9.0909']], -0.5],
  ])('%s', async (_, calls, differences, gauge) => {
    const store = await open()
    const { call, sum } = await openCalls(store)
    for (const made of calls) await call(made)
    await sum()
    const told = await listDifferences(store, now)
    expect(told.map(({ day, difference }) => [day, difference]).sort()).toEqual(differences)
    expect((await readDifferences(store, now)).get('or')).toBe(gauge)
    await store.close()
  })

  test('an invoice is typed, corrected and taken back by who handles money, each with its reason', async () => {
    const store = await open()
    const { call, sum } = await openCalls(store)
    await call({ channelId: 'plain', cost: 2000 })
    await sum()
    const people = await openPeople(store)
    const { ask, refused, acts } = await openAdmin(people, (http) => http.use(reportRoutes(people)))
    const path = '/reports/providers/invoices'
    const bill = {
      channel: 'plain',
      month: '2026-01',
      amount: '2.10',
      reason: 'no. 7',
      revision: 0,
    }
    const shown = async () => (await ask('auditor', 'GET', '/reports/providers')).body.data

    expect(await refused('operator', 'POST', path, bill)).toEqual(['role_not_allowed', null])
    // biome-ignore format: a table is read by its rows
    for (const [wrong, code, param] of [
      [{ month: '2026-02' }, 'invalid_request', 'month'], [{ month: '2026-13' }, 'invalid_request', 'month'],
      [{ month: 'January' }, 'invalid_request', 'month'], [{ channel: 'none' }, 'invalid_request', 'channel'],
      [{ amount: '-1' }, 'invalid_amount', 'amount'], [{ amount: '1e3' }, 'invalid_amount', 'amount'],
      [{ amount: 5 }, 'invalid_request', 'amount'], [{ reason: '' }, 'invalid_request', 'reason'],
      [{ revision: 1 }, 'changed_meanwhile', null], [{ revision: -1 }, 'invalid_request', 'revision'],
    ] as const) {
      expect(await refused('finance', 'POST', path, { ...bill, ...wrong })).toEqual([code, param])
    }
    expect(await store.db.select().from(providerBill)).toEqual([])

    const both = await Promise.all(
      ['2.10', '2.20'].map((amount) => ask('finance', 'POST', path, { ...bill, amount })),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    const right = { ...bill, amount: '2.00', reason: 'misread', revision: 1 }
    expect((await ask('finance', 'POST', path, right)).status).toBe(200)
    expect(await shown()).toMatchObject([
      {
        ...{ month: '2026-01', channel: 'plain', buy_cost: '2.00', reported: null },
        ...{ invoice: '2.00', invoice_difference: '0', revision: 2 },
        history: [
          { amount: '2.00', reason: 'misread', by: 'finance' },
          { amount: expect.stringMatching(/^2\.[12]0$/), reason: 'no. 7', by: 'finance' },
        ],
      },
    ])
    const gone = { ...bill, amount: null, reason: 'of another channel', revision: 2 }
    expect((await ask('owner', 'POST', path, gone)).status).toBe(200)
    expect(await shown()).toMatchObject([{ invoice: null, invoice_difference: null, revision: 3 }])
    const done = (await acts(`POST /api/admin${path}`)).filter(({ outcome }) => outcome === 'done')
    expect(done.map(({ before, after }) => [before, after]).slice(1)).toEqual([
      [expect.stringMatching(/"2\.[12]0"/), '{"amount":"2.00"}'],
      ['{"amount":"2.00"}', '{"amount":null}'],
    ])
  })

  test('a month that has only an invoice is listed, and all of it is a file', async () => {
    const store = await open()
    const { call, sum } = await openCalls(store)
    await call({ cost: 980, said: 1000 })
    await sum()
    const people = await openPeople(store)
    const { ask } = await openAdmin(people, (http) => http.use(reportRoutes(people)))
    const bill = { channel: 'plain', month: '2025-12', amount: '3', reason: 'x', revision: 0 }
    await ask('finance', 'POST', '/reports/providers/invoices', bill)
    const costs = await readProviderCosts(store)
    expect(costs.map((row) => [row.month, row.channel, row.calls])).toEqual([
      ['2026-01', 'or', 1],
      ['2025-12', 'plain', 0],
    ])
    expect((await ask('auditor', 'GET', '/reports/providers.csv')).body.trim()).toBe(
      [
        'month,channel,calls,buy_cost,reported_calls,reported,reckoned,difference,invoice,invoice_difference',
        '2026-01,or,1,0.98,1,1.00,0.98,2,,',
        '2025-12,plain,0,0.00,0,,,,3.00,100',
      ].join('\r\n'),
    )
  })
})
