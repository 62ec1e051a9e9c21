/** Which lot of credit each debit is paid from: by examples, and for any chain that a ledger can book. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  bySpending,
  type Divisible,
  type Division,
  divide,
  type Lot,
  undivided,
} from '../../src/ledger/division.ts'

const dayMs = 24 * 60 * 60_000

/** A chain that grows as a ledger would let it: `free` is what it may freeze. */
function newChain() {
  const transfers: Divisible[] = []
  const lots: Lot[] = []
  const frozen = new Map<string, bigint>()
  let [balance, time] = [0n, 0]
  const append = (code: string, amount: bigint, more: Partial<Divisible> = {}) => {
    const seq = transfers.length + 1
    const id = `t${seq}`
    const plain = { phase: 'single', pendingId: null, correctsId: null, debitId: 'ann' }
    transfers.push({
      ...{ ...plain, id, accountId: 'ann', seq, amount, code, createdAt: time, ...more },
    })
    return id
  }
  const debit = (code: string, amount: bigint, correctsId: string | null = null) => {
    balance -= amount
    return append(code, amount, { correctsId })
  }
  const chain = {
    ...{ transfers, lots, frozen },
    balance: () => balance,
    frozenSum: () => [...frozen.values()].reduce((sum, amount) => sum + amount, 0n),
    later: (ms: number) => {
      time += ms
    },
    credit: (kind: Lot['kind'], amount: bigint, expiresAt: number | null = null) => {
      balance += amount
      const code = kind === 'paid' ? 'topup' : 'grant'
      const id = append(code, amount, { debitId: 'house' })
      lots.push({ id, kind, amount, spent: 0n, expiresAt, seq: transfers.length })
      return id
    },
    debit,
    call: (cost: bigint) => {
      append('usage', cost + 5n, { phase: 'pending' })
      balance -= cost
      append('usage', cost, { phase: 'post', pendingId: `t${transfers.length}` })
      append('usage_excess', 3n, { debitId: 'writeoff' })
    },
    ask: (amount: bigint, correctsId: string) => {
      const id = append('refund', amount, { phase: 'pending', correctsId })
      frozen.set(id, amount)
      return id
    },
    answer: (pendingId: string, charged: bigint) => {
      frozen.delete(pendingId)
      balance -= charged
      append('refund', charged, { phase: charged === 0n ? 'void' : 'post', pendingId })
    },
    divided: (cuts: number[] = []) => {
      const ends = [...new Set(cuts.map((cut) => cut % (transfers.length + 1)))]
      let [division, from]: [Division, number] = [{ ...undivided, lots }, 0]
      for (const to of [...ends.toSorted((a, b) => a - b), transfers.length]) {
        division = divide(division, transfers.slice(from, to))
        from = to
      }
      return division
    },
    /** What of each lot is spent, by its id. */
    spent: () => Object.fromEntries(chain.divided().lots.map(({ id, spent }) => [id, spent])),
  }
  return chain
}

describe('a debit is paid', () => {
  test('from promotional credit first, then by expiry, then by age', () => {
    const chain = newChain()
    const old = chain.credit('paid', 10n)
    const young = chain.credit('paid', 10n)
    const lasting = chain.credit('promotional', 10n)
    const late = chain.credit('promotional', 10n, 2 * dayMs)
    const soon = chain.credit('promotional', 10n, dayMs)
    const order = [soon, late, lasting, old, young]
    for (const at of order.keys()) {
      chain.call(4n)
      chain.debit('adjustment', 6n)
      const spent = order.map((_, other) => (other <= at ? 10n : 0n))
      expect(order.map((id) => chain.spent()[id])).toEqual(spent)
    }
  })

  test('never from credit that came after it: that repays what was spent beyond', () => {
    const chain = newChain()
    const first = chain.credit('paid', 10n)
    chain.call(14n)
    expect(chain.divided()).toMatchObject({ debt: 4n, lots: [{ id: first, spent: 10n }] })
    const second = chain.credit('promotional', 3n)
    const third = chain.credit('paid', 10n)
    expect(chain.divided().debt).toBe(0n)
    expect(chain.spent()).toEqual({ [first]: 10n, [second]: 3n, [third]: 1n })
  })

  test('from the lot that it corrects, and only the rest from others', () => {
    const chain = newChain()
    const gift = chain.credit('promotional', 10n)
    const bought = chain.credit('paid', 10n)
    chain.debit('dispute', 12n, bought)
    expect(chain.spent()).toEqual({ [gift]: 2n, [bought]: 10n })
  })
})

describe('a refund that is asked for', () => {
  test.each([
    ['freezes its lot at once', null, 8n],
    ['gives all back when it is refused', 0n, 0n],
    ['gives back what is not granted', 5n, 5n],
    ['takes all when it is granted', 8n, 8n],
  ])('%s', (_, charged, spent) => {
    const chain = newChain()
    const other = chain.credit('promotional', 10n)
    const lot = chain.credit('paid', 10n)
    const asked = chain.ask(8n, lot)
    if (charged !== null) chain.answer(asked, charged)
    expect(chain.spent()).toEqual({ [other]: 0n, [lot]: spent })
  })

  test('what it gives back repays a debt first', () => {
    const chain = newChain()
    const lot = chain.credit('paid', 10n)
    const asked = chain.ask(10n, lot)
    chain.call(4n)
    expect(chain.divided().debt).toBe(4n)
    chain.answer(asked, 0n)
    expect(chain.divided()).toMatchObject({ debt: 0n, lots: [{ spent: 4n }] })
  })
})

describe('what a lot was used for', () => {
  test('a day’s calls are one line, another day’s the next', () => {
    const chain = newChain()
    const lot = chain.credit('paid', 100n)
    chain.call(1n)
    chain.call(2n)
    chain.later(dayMs)
    chain.call(4n)
    chain.debit('adjustment', 8n)
    chain.call(16n)
    const lines = chain.divided().uses.map(({ createdAt: _, ...use }) => use)
    expect(lines).toEqual([
      { lotId: lot, fromSeq: 3, toSeq: 6, code: 'usage', amount: 3n },
      { lotId: lot, fromSeq: 9, toSeq: 9, code: 'usage', amount: 4n },
      { lotId: lot, fromSeq: 11, toSeq: 11, code: 'adjustment', amount: 8n },
      { lotId: lot, fromSeq: 13, toSeq: 13, code: 'usage', amount: 16n },
    ])
  })
})

/** One step of any chain: what it does, with numbers that it bends to what is possible. */
const step = fc.record({
  what: fc.constantFrom('pay', 'give', 'call', 'call', 'ask', 'answer', 'dispute', 'take', 'wait'),
  amount: fc.bigInt(1n, 50n),
  which: fc.nat(99),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function play(steps: readonly Step[], each: (chain: ReturnType<typeof newChain>) => void) {
  const chain = newChain()
  for (const { what, amount, which } of steps) {
    const lot = chain.lots[which % Math.max(1, chain.lots.length)]
    const asked = [...chain.frozen][which % Math.max(1, chain.frozen.size)]
    const free = chain.balance() - chain.frozenSum()
    if (what === 'pay') chain.credit('paid', amount)
    if (what === 'give') chain.credit('promotional', amount, which % 2 ? which : null)
    if (what === 'call') chain.call(amount)
    if (what === 'take') chain.debit('adjustment', amount)
    if (what === 'dispute' && lot) chain.debit('dispute', amount, lot.id)
    if (what === 'ask' && lot && amount <= free) chain.ask(amount, lot.id)
    if (what === 'answer' && asked) {
      chain.answer(asked[0], which % 3 === 0 ? 0n : 1n + (amount % asked[1]))
    }
    if (what === 'wait') chain.later(amount > 25n ? dayMs : 1)
    each(chain)
  }
  return chain
}

describe('in any chain', () => {
  test('what the lots have left, less the debt, is the balance less what is frozen', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        play(steps, (chain) => {
          const { lots, debt, uses } = chain.divided()
          const left = lots.reduce((sum, { amount, spent }) => sum + amount - spent, 0n)
          expect(left - debt).toBe(chain.balance() - chain.frozenSum())
          for (const { id, amount, spent } of lots) {
            expect(spent >= 0n && spent <= amount).toBe(true)
            const used = uses.filter(({ lotId }) => lotId === id)
            expect(used.reduce((sum, use) => sum + use.amount, 0n)).toBe(spent)
          }
          if (debt > 0n) expect(left).toBe(0n)
        })
      }),
      { numRuns: 500 },
    )
  })

  test('it does not matter how it is cut into stretches', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 9 }),
        (steps, cuts) => {
          const chain = play(steps, () => {})
          expect(chain.divided(cuts)).toEqual(chain.divided())
        },
      ),
      { numRuns: 500 },
    )
  })

  test('spending is an order', () => {
    const lots = ([3, null, 1] as const).flatMap((expiresAt, at) =>
      (['paid', 'promotional'] as const).map((kind, way) => ({
        ...{ id: `${at}${way}`, kind, amount: 1n, spent: 0n, expiresAt, seq: at * 2 + way },
      })),
    )
    const ids = lots.toSorted(bySpending).map(({ id }) => id)
    expect(ids).toEqual(['21', '01', '11', '20', '00', '10'])
    expect(
      lots
        .toReversed()
        .toSorted(bySpending)
        .map(({ id }) => id),
    ).toEqual(ids)
  })
})
