/** Statements by month: what a month opens with and everything in it is what it closes with, whatever happened when. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatUsd, parseUsd } from '../../src/base/amount.ts'
import { boundsOf, eachMovement, findMonth, sumMonth } from '../../src/billing/statement-month.ts'
import { statementRoutes } from '../../src/billing/statement-routes.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { addMember, openDashboard } from '../helpers/members.ts'
import { movement, newHold, newPerson, newWorld, settlement, type World } from '../ledger/world.ts'

fc.configureGlobal({ seed: 7 })

/** Two milliseconds at each end of a month, and its middle. */
const moments = [0, 1, 15 * 86_400_000, 31 * 86_400_000 - 2, 31 * 86_400_000 - 1]
const months = ['2025-12', '2026-01', '2026-02', '2026-03', '2026-04']

async function call({ ledger }: World, account: string, cost: bigint, at: number) {
  const hold = newHold(account, cost)
  await ledger.open(hold, at)
  await ledger.resolve(settlement(hold.id, cost), at)
}

async function play(world: World, account: string, steps: readonly Step[]) {
  for (const { kind, amount, at } of steps) {
    if (kind === 'call') await call(world, account, amount, at)
    else await world.ledger.transfer(movement(account, 'grant', amount), at)
  }
}

interface Step {
  kind: 'call' | 'grant'
  amount: bigint
  at: number
}

const step = fc.record({
  kind: fc.constantFrom('call' as const, 'call', 'grant'),
  amount: fc.bigInt(1n, 50n),
  at: fc
    .tuple(fc.constantFrom('2026-01', '2026-03'), fc.constantFrom(...moments))
    .map(([month, offset]) => boundsOf(month).from + offset),
})
const steps = fc.array(step, { maxLength: 12 }).map((some) => some.sort((a, b) => a.at - b.at))

async function movementsIn({ store }: World, account: string, month: string) {
  const rows = []
  for await (const page of eachMovement(store, account, month)) rows.push(...page)
  return rows
}

describe.each(databases)('on %s', (_, open) => {
  test('opening + movements = closing, each month opens as the one before closed, and nothing is in two', async () => {
    const world = await newWorld(await open())
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        const account = await newPerson(world, 1000n)
        await play(world, account, some)
        // What she was given first is of January, before or after the rest.
        let expected = 0n
        let seen = 0
        for (const month of months) {
          const span = await findMonth(world.store, account, month)
          const { opening, closing, sums, calls } = await sumMonth(world.store, account, span)
          const rows = await movementsIn(world, account, month)
          const total = rows.reduce((sum, { amount }) => sum + amount, 0n)
          expect(opening).toBe(expected)
          expect(closing).toBe(opening + total)
          expect(sums.reduce((sum, { count }) => sum + count, 0)).toBe(rows.length)
          const usage = sums.find(({ code }) => code === 'usage')
          expect(calls.reduce((sum, { amount }) => sum + amount, 0n)).toBe(usage?.amount ?? 0n)
          if (rows.length > 0) expect(rows[0]?.balance).toBe(closing)
          expected = closing
          seen += rows.length
        }
        expect(seen).toBe(some.length + 1)
      }),
      { numRuns: 15 },
    )
  })

  test('a movement is of the month in which it was booked, to the millisecond', async () => {
    const world = await newWorld(await open())
    const account = await newPerson(world, 0n)
    const { from, to } = boundsOf('2026-02')
    const at = [from - 1, from, to - 1, to]
    for (const time of at) await world.ledger.transfer(movement(account, 'grant', 1n), time)
    const rows = await movementsIn(world, account, '2026-02')
    expect(rows.map(({ createdAt }) => createdAt)).toEqual([to - 1, from])
  })

  test('the page and the file say the same; calls are summed by the day', async () => {
    const { world, account, get, text } = await openShop(await open())
    for (let at = 1; at <= 5; at++) await call(world, account, 10n, now + at)
    await world.ledger.transfer(movement(account, 'grant', 7n, { reason: '=SUM(A1)' }), now + 9)
    const month = await get('/statements/2026-01?limit=1')
    expect(month).toMatchObject({
      ...{ month: '2026-01', opening: '0.00', closing: formatUsd(100_000n - 50n + 7n) },
      calls: [{ day: '2026-01-15', count: 5, amount: formatUsd(-50n) }],
      data: [{ code: 'grant', amount: formatUsd(7n), reason: '=SUM(A1)' }],
    })
    expect(await get(`/statements/2026-01?limit=1&after=${month.next}`)).toMatchObject({
      ...{ data: [{ amount: formatUsd(100_000n) }], next: null },
    })
    const lines = (await text('bob', '/statement.csv?month=2026-01')).trim().split('\r\n')
    expect(lines[1]).toEndWith(",'=SUM(A1)")
    const cells = lines.slice(1).map((line) => line.split(','))
    const sum = cells.reduce((total, row) => total + signed(row[4] ?? ''), 0n)
    expect(formatUsd(sum)).toBe(month.closing)
    expect(cells[0]?.[5]).toBe(month.closing)
    const none = await text('bob', '/statement.csv?month=2025-12')
    expect(none.trim().split('\r\n')).toHaveLength(1)
  })

  test('without a month every movement is listed with the balance after it', async () => {
    const { world, account, get } = await openShop(await open())
    for (let at = 0; at < 5; at++) await call(world, account, 10n, now + at)
    const first = await get('/statement?limit=4')
    const second = await get(`/statement?limit=4&after=${first.next}`)
    const rows = [...first.data, ...second.data]
    expect(second.next).toBeNull()
    expect(rows.map(({ amount }) => amount)).toEqual([
      ...Array.from({ length: 5 }, () => '-0.00000001'),
      '0.0001',
    ])
    expect(rows.map(({ balance }) => balance)).toEqual(
      [99_950n, 99_960n, 99_970n, 99_980n, 99_990n, 100_000n].map(formatUsd),
    )
  })

  test('who is no member finds no statement; what is no month is refused', async () => {
    const { ask, base, get } = await openShop(await open())
    expect((await ask('carol', 'GET', `${base}/statements/2026-01`)).status).toBe(404)
    for (const path of ['/statements/2026-13', '/statements/1', '/statement.csv?month=2026-1'])
      expect((await get(path)).error).toMatchObject({ code: 'invalid_request', param: 'month' })
  })
})

const signed = (text: string) => (text.startsWith('-') ? -parseUsd(text.slice(1)) : parseUsd(text))

async function openShop(store: TestStore) {
  const world = await newWorld(store)
  const account = await newPerson(world, 100_000n)
  await addMember(store, account, 'bob', 'read-only')
  const { ask, text } = openDashboard(store, (http, people) => http.use(statementRoutes(people)))
  const base = `/api/accounts/${account}`
  return {
    ...{ world, account, base, ask },
    get: async (path: string) => (await ask('bob', 'GET', base + path)).body,
    text: (who: string, path: string) => text(who, base + path),
  }
}
