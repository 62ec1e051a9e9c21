/**
 * A processor's callbacks come in any order, several times and at once. Whatever the order, the account ends as if each had come
 * once and in its turn: every permutation of five events, three copies each, both when all has happened before the first
 * callback arrives and when the callbacks overtake each other while it happens.
 */
import { beforeAll, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { callbackRoutes } from '../../src/billing/callback-routes.ts'
import { createTopUp, type TopUpRow } from '../../src/billing/top-up.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import type { Payment } from '../../src/processors/processor.ts'
import { account, transfer } from '../../src/store/schema.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { type Scripted, scriptedProcessor } from '../helpers/processor.ts'

const usd = 1_000_000_000n

/** What the processor knows after each event, in the order in which they happen. */
const truth = (id: string): readonly Partial<Payment>[] => {
  const refunds = [{ id: `re_${id}`, amount: 1000n, state: 'paid' as const, ours: null }]
  const disputed = { id: `dp_${id}`, amount: 1500n, reason: 'fraudulent' }
  return [
    { state: 'pending' },
    { state: 'paid', fee: 103n },
    { refunds },
    { disputes: [{ ...disputed, state: 'open' }] },
    { disputes: [{ ...disputed, state: 'won' }] },
  ]
}
/** completed, async succeeded, refunded, dispute created, dispute closed: each names the order as Stripe's do. */
const hints: readonly ((row: TopUpRow) => object)[] = [
  ({ id }) => ({ orderId: id }),
  ({ checkoutId }) => ({ checkoutId }),
  ({ id }) => ({ orderId: id, paymentId: `pay_${id}` }),
  ({ id }) => ({ orderId: id, paymentId: `pay_${id}` }),
  ({ id }) => ({ paymentId: `pay_${id}`, orderId: id }),
]

let people: TestPeople
let processor: Scripted
let call: (row: TopUpRow, event: number) => Promise<unknown>
let count = 0

beforeAll(async () => {
  processor = scriptedProcessor()
  people = {
    ...(await openPeople(await openTestSqlite())),
    processors: new Map([['scripted', processor]]),
  }
  const routes = callbackRoutes(people, { callbackRefused: () => {} })
  call = async (row, event) => {
    const answer = await routes.handle(processor.callback((hints[event] as (typeof hints)[0])(row)))
    expect(answer.status).toBe(200)
  }
})

async function run(order: readonly number[], beforehand: boolean) {
  const accountId = await newTeam(people, `acc_${++count}`, {})
  const row = await createTopUp(people, {
    ...{ accountId, userId: null, origin: 'customer', processor: 'scripted', method: 'card' },
    ...{ credit: 25n * usd, once: 'form' },
  })
  const steps = truth(row.id)
  if (beforehand) for (const step of steps) processor.say(row.id, step)
  for (const [at, event] of order.entries()) {
    if (!beforehand) processor.say(row.id, steps[at] as Partial<Payment>)
    await Promise.all([0, 1, 2].map(() => call(row, event)))
  }
  const { db } = people.store
  const [end] = await db.select().from(account).where(eq(account.id, accountId))
  const moves = await db.select().from(transfer).where(eq(transfer.accountId, accountId))
  return {
    state: end?.state,
    balance: (end?.creditsPosted ?? 0n) - (end?.debitsPosted ?? 0n),
    pending: end?.debitsPending,
    moves: moves.map(({ code, amount }) => `${code} ${amount}`).sort(),
  }
}

const permutations = (some: number[]): number[][] =>
  some.length < 2
    ? [some]
    : some.flatMap((one) =>
        permutations(some.filter((other) => other !== one)).map((rest) => [one, ...rest]),
      )

const inTurn = [0, 1, 2, 3, 4]

test('in their turn: bought 25, paid back 10, disputed 15 and won', async () => {
  expect(await run(inTurn, false)).toEqual({
    ...{ state: 'active', balance: 15n * usd, pending: 0n },
    moves: [
      'dispute 15000000000',
      'dispute_won 15000000000',
      'refund 10000000000',
      'topup 25000000000',
    ],
  })
})

test.each([
  ['when all has happened before', true],
  ['while it happens', false],
])(
  'in every order, thrice each, %s',
  async (_, beforehand) => {
    const expected = await run(inTurn, false)
    for (const order of permutations(inTurn)) {
      expect([order, await run(order, beforehand)]).toEqual([order, expected])
    }
  },
  120_000,
)

test('and the ledger is in order', async () => {
  const { checks } = await verifyLedger(people.store)
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
})
