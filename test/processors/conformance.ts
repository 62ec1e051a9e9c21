/**
 * One suite for every processor: what the platform relies on, whoever moves the money. A callback is a hint, proven or refused;
 * what was fetched is the truth, the same whatever was called back, how often and in which order. [T3.7]
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { systemClock } from '../../src/base/clock.ts'
import { camel, readSettings } from '../../src/config.ts'
import { openProcessors } from '../../src/processors/list.ts'
import { type Callback, ProcessorError, Refused } from '../../src/processors/processor.ts'
import { type Ability, type Forgery, place, type Suite, type World } from './world.ts'

let world: World

export function testProcessor(suite: Suite): void {
  describe(`the processor ${suite.name}`, () => {
    test.each(suite.off)('is off with %s', (_, settings) => {
      const fields = Object.entries(settings).map(([name, value]) => [camel(name), value])
      const config = { ...readSettings({}, {}).config, ...Object.fromEntries(fields) }
      expect(openProcessors(config, systemClock).has(suite.name)).toBe(false)
    })

    describe('that is on', () => {
      beforeEach(async () => {
        world = await suite.open()
      })
      afterEach(() => world.stop())
      testPayments(suite)
      testCallbacks(suite)
      testOutages(suite)
      testRefunds(suite)
      testDisputes(suite)
      testRecent(suite)
    })
  })
}

/** Registers a case; where the processor lacks what it is about, the reason stands in its name and it is skipped. */
function caseOf({ lacks }: Suite, of: Ability | null, title: string, run: () => Promise<void>) {
  const reason = of === null ? undefined : lacks[of]
  if (reason === undefined) test(title, run)
  else test.skip(`${title} (not here: ${reason})`, run)
}

function testPayments(suite: Suite): void {
  caseOf(suite, null, 'makes one checkout, however often it is asked', async () => {
    const order = world.order()
    const first = await world.processor.checkout(order)
    expect(await world.processor.checkout(order)).toEqual(first)
  })

  caseOf(suite, null, 'leaves an order open that nobody paid', async () => {
    const [, ordered] = await place(world)
    const payment = await world.processor.fetch(ordered)
    expect(payment).toMatchObject({ state: 'open', paymentId: null, refunds: [], disputes: [] })
  })

  caseOf(suite, null, 'says what was paid, exactly', async () => {
    const [order, ordered] = await place(world, { total: 12_300n })
    await world.pay(order)
    const payment = await world.processor.fetch(ordered)
    expect(payment).toMatchObject({ orderId: order.id, state: 'paid', amount: 12_300n })
    expect(payment).toMatchObject({ currency: suite.currency, failure: null, refunds: [] })
    expect(payment.paymentId).toMatch(/./)
  })

  caseOf(suite, null, 'gives each payment an id of its own', async () => {
    const ids = new Set<string | null>()
    for (let made = 0; made < 3; made++) {
      const [order, ordered] = await place(world)
      await world.pay(order)
      ids.add((await world.processor.fetch(ordered)).paymentId)
    }
    expect(ids.size).toBe(3)
  })

  caseOf(suite, null, 'shows that another amount was paid', async () => {
    const [order, ordered] = await place(world, { total: 12_300n })
    await world.payOtherwise(order, { amount: 12_200n })
    expect(await world.processor.fetch(ordered)).toMatchObject({ state: 'paid', amount: 12_200n })
  })

  caseOf(suite, 'currency', 'shows that another currency was paid', async () => {
    const [order, ordered] = await place(world)
    await world.payOtherwise(order, { currency: 'EUR' })
    expect(await world.processor.fetch(ordered)).toMatchObject({ currency: 'EUR' })
  })

  caseOf(suite, null, 'leaves the amount of a currency without decimals as it is', async () => {
    const [order, ordered] = await place(world)
    const { zeroDecimal: currency } = suite
    await world.payOtherwise(order, { amount: 500n, currency })
    expect(await world.processor.fetch(ordered)).toMatchObject({ amount: 500n, currency })
  })

  caseOf(suite, null, 'shows that no real money was paid', async () => {
    const [right, ordered] = await place(world)
    const [wrong, other] = await place(world)
    await world.pay(right)
    await world.payOtherwise(wrong, { live: false })
    expect((await world.processor.fetch(ordered)).live).toBe(true)
    expect((await world.processor.fetch(other)).live).toBe(false)
  })

  caseOf(suite, null, 'does not call a declined payment paid, and says why', async () => {
    const [order, ordered] = await place(world)
    await world.fail(order)
    const { state, failure } = await world.processor.fetch(ordered)
    expect(['open', 'failed']).toContain(state)
    expect(failure).toMatch(/./)
  })

  caseOf(suite, 'again', 'lets an order be paid after a decline', async () => {
    const [order, ordered] = await place(world)
    await world.fail(order)
    await world.pay(order)
    expect(await world.processor.fetch(ordered)).toMatchObject({ state: 'paid', failure: null })
  })

  caseOf(suite, 'late', 'waits for what is paid later', async () => {
    const [order, ordered] = await place(world, { method: suite.late })
    await world.payLate(order)
    expect(await world.processor.fetch(ordered)).toMatchObject({ state: 'pending' })
    await world.settle(order, 'paid')
    const paid = { state: 'paid', amount: order.total, orderId: order.id }
    expect(await world.processor.fetch(ordered)).toMatchObject(paid)
  })

  caseOf(suite, 'late', 'says so when what was promised does not come', async () => {
    const [order, ordered] = await place(world, { method: suite.late })
    await world.payLate(order)
    await world.settle(order, 'failed')
    expect(await world.processor.fetch(ordered)).toMatchObject({ state: 'failed' })
  })

  caseOf(suite, 'expiry', 'tells that the time to pay is over', async () => {
    const [order, ordered] = await place(world)
    await world.expire(order)
    const over = { state: 'expired', paymentId: null }
    expect(await world.processor.fetch(ordered)).toMatchObject(over)
  })

  caseOf(suite, 'fee', 'tells what it keeps for itself', async () => {
    const [order, ordered] = await place(world, { total: 10_000n })
    await world.pay(order)
    const { fee } = await world.processor.fetch(ordered)
    expect(fee).toBeGreaterThan(0n)
    expect(fee).toBeLessThan(1000n)
  })
}

const forgeries: readonly (readonly [Forgery, title: string, Ability | null])[] = [
  ['unsigned', 'that carries no signature', null],
  ['tampered', 'of which a byte was changed', null],
  ['other-secret', 'signed with another secret', null],
  ['empty-secret', 'signed with an empty secret', null],
  ['garbage', 'that is none', null],
  ['empty', 'without a body', null],
  ['huge', 'of megabytes', null],
  ['stale', 'signed more than five minutes ago', 'timestamp'],
  ['future', 'signed an hour ahead', 'timestamp'],
  ['other-mode', 'of the other mode', 'mode'],
  ['other-account', 'of another account', 'account'],
]

function testCallbacks(suite: Suite): void {
  caseOf(suite, null, 'calls back about the order that was paid, and no other', async () => {
    const [order] = await place(world)
    const [other] = await place(world)
    await world.pay(order)
    const named = await ordersOf(await world.callbacks())
    expect(named).toContain(order.id)
    expect(named).not.toContain(other.id)
  })

  caseOf(suite, null, 'says the same of a callback that comes again', async () => {
    const callback = await paidCallback()
    const hint = await world.processor.readCallback(callback)
    expect(await world.processor.readCallback(callback)).toEqual(hint)
  })

  caseOf(suite, null, 'reads copies in any order, and what is fetched is the same', async () => {
    const [order, ordered] = await place(world)
    world.misdeliver()
    await world.pay(order)
    const callbacks = await world.callbacks()
    const truth = await world.processor.fetch(ordered)
    expect(callbacks.length).toBeGreaterThan(1)
    expect(await ordersOf(callbacks)).toContain(order.id)
    expect(await ordersOf(callbacks.toReversed())).toContain(order.id)
    expect(await world.processor.fetch(ordered)).toEqual(truth)
  })

  caseOf(suite, 'late', 'calls back about a checkout that is done, unpaid', async () => {
    const [order, ordered] = await place(world, { method: suite.late })
    await world.payLate(order)
    expect(await ordersOf(await world.callbacks())).toContain(order.id)
    expect((await world.processor.fetch(ordered)).state).toBe('pending')
  })

  caseOf(suite, 'late', 'calls back once more when the promise was kept', async () => {
    const [order] = await place(world, { method: suite.late })
    await world.payLate(order)
    await world.callbacks()
    await world.settle(order, 'paid')
    expect(await ordersOf(await world.callbacks())).toContain(order.id)
  })

  for (const [how, title, ability] of forgeries) {
    caseOf(suite, ability, `refuses a callback ${title}`, async () => {
      const forged = await world.forge(how, await paidCallback())
      const refused = await world.processor.readCallback(forged).catch((error) => error)
      expect(refused).toBeInstanceOf(Refused)
      expect(refused.message).toBe(`a callback was refused: ${refused.why}`)
    })
  }

  caseOf(suite, null, 'takes the callback that was not forged', async () => {
    const callback = await paidCallback()
    expect((await world.processor.readCallback(callback)).orderId).toMatch(/./)
  })

  caseOf(suite, null, 'is not led to believe in a payment by a callback', async () => {
    const [, ordered] = await place(world)
    await world.processor.readCallback(await world.forge('unknown-order', await paidCallback()))
    expect((await world.processor.fetch(ordered)).state).toBe('open')
  })

  caseOf(suite, null, 'names an order that nobody made, for the platform to drop', async () => {
    const stray = await world.forge('unknown-order', await paidCallback())
    expect((await world.processor.readCallback(stray)).orderId).toBe('top_nobody')
  })

  caseOf(suite, 'unrelated', 'names no order for what concerns none', async () => {
    const other = await world.forge('unrelated', await paidCallback())
    expect((await world.processor.readCallback(other)).orderId).toBeNull()
  })
}

/** Of the callbacks of one payment, the first that names it. */
async function paidCallback(): Promise<Callback> {
  const [order] = await place(world)
  await world.pay(order)
  for (const callback of await world.callbacks()) {
    const { orderId } = await world.processor.readCallback(callback)
    if (orderId === order.id) return callback
  }
  throw new Error('no callback names the order')
}

async function ordersOf(callbacks: readonly Callback[]): Promise<(string | null)[]> {
  const hints = await Promise.all(callbacks.map((one) => world.processor.readCallback(one)))
  return hints.map(({ orderId }) => orderId)
}

async function failureOf(asked: Promise<unknown>): Promise<ProcessorError> {
  const error = await asked.then(
    () => null,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(ProcessorError)
  return error
}

function testOutages(suite: Suite): void {
  caseOf(suite, null, 'may be asked again when it was down', async () => {
    const [order, ordered] = await place(world)
    await world.pay(order)
    world.down()
    expect((await failureOf(world.processor.fetch(ordered))).retry).toBe(true)
    world.up()
    expect((await world.processor.fetch(ordered)).state).toBe('paid')
  })

  caseOf(suite, null, 'reads callbacks without asking it anything', async () => {
    const callback = await paidCallback()
    world.down()
    expect((await world.processor.readCallback(callback)).orderId).toMatch(/./)
  })

  caseOf(suite, null, 'needs no callback at all', async () => {
    const [order, ordered] = await place(world)
    world.mute()
    await world.pay(order)
    expect(await world.callbacks()).toEqual([])
    expect((await world.processor.fetch(ordered)).state).toBe('paid')
  })

  caseOf(
    suite,
    'refund',
    'moves nothing back while it is down, and once it is up, once',
    async () => {
      const [order, ordered] = await place(world)
      await world.pay(order)
      const { paymentId } = await world.processor.fetch(ordered)
      world.down()
      const ask = { id: 'ref_1', amount: 600n, currency: suite.currency }
      const { retry } = await failureOf(world.processor.refund!({ ...ordered, paymentId }, ask))
      // Where nobody can tell whether it was carried out, a person looks first.
      expect(retry).toBe(world.processor.forgetsRefunds !== true)
      world.up()
      await refund(ordered, 'ref_1', 600n)
      await refund(ordered, 'ref_2', order.total - 600n)
      await failureOf(refund(ordered, 'ref_3', 1n))
    },
  )
}

type Known = Awaited<ReturnType<typeof place>>[1]

async function refund(ordered: Known, id: string, amount: bigint) {
  const known = { ...ordered, paymentId: (await world.processor.fetch(ordered)).paymentId }
  return await world.processor.refund!(known, { id, amount, currency: ordered.currency })
}

async function paidOrder(total = 1000n) {
  const placed = await place(world, { total })
  await world.pay(placed[0])
  return placed
}

function testRefunds(suite: Suite): void {
  caseOf(suite, 'refund', 'pays all of it back; the payment stays paid', async () => {
    const [, ordered] = await paidOrder()
    expect(await refund(ordered, 'ref_1', 1000n)).toMatchObject({ amount: 1000n })
    expect((await world.processor.fetch(ordered)).state).toBe('paid')
  })

  caseOf(suite, 'refund', 'pays back once, however often one refund is asked for', async () => {
    const [, ordered] = await paidOrder()
    const first = await refund(ordered, 'ref_1', 600n)
    expect(await refund(ordered, 'ref_1', 600n)).toEqual(first)
    expect(await refund(ordered, 'ref_2', 400n)).toMatchObject({ amount: 400n })
  })

  caseOf(suite, 'partial', 'pays parts back, until nothing is left', async () => {
    const [, ordered] = await paidOrder()
    await refund(ordered, 'ref_1', 300n)
    await refund(ordered, 'ref_2', 700n)
    await failureOf(refund(ordered, 'ref_3', 1n))
  })

  caseOf(suite, 'refund', 'refuses to pay back more than was paid', async () => {
    const [, ordered] = await paidOrder()
    await failureOf(refund(ordered, 'ref_1', 1001n))
    expect(await refund(ordered, 'ref_2', 1000n)).toMatchObject({ amount: 1000n })
  })

  caseOf(suite, 'refund', 'refuses to pay back what was not paid', async () => {
    const [, ordered] = await place(world)
    expect((await failureOf(refund(ordered, 'ref_1', 1n))).retry).toBe(false)
  })

  caseOf(suite, 'dashboard', 'knows what we paid back by our id', async () => {
    const [, ordered] = await paidOrder()
    const { id } = await refund(ordered, 'ref_1', 300n)
    const known = { id, amount: 300n, ours: 'ref_1', state: 'paid' }
    expect(await world.processor.fetch(ordered)).toMatchObject({ refunds: [known] })
  })

  caseOf(suite, 'dashboard', 'sees what was paid back without us', async () => {
    const [order, ordered] = await paidOrder()
    await world.refund(order, 400n)
    const { refunds } = await world.processor.fetch(ordered)
    expect(refunds).toMatchObject([{ amount: 400n, ours: null, state: 'paid' }])
  })
}

function testDisputes(suite: Suite): void {
  for (const how of ['won', 'lost'] as const) {
    caseOf(suite, 'dispute', `tells of a dispute, and that it was ${how}`, async () => {
      const [order, ordered] = await paidOrder()
      await world.dispute(order, 1000n)
      const open = (await world.processor.fetch(ordered)).disputes
      expect(open).toMatchObject([{ amount: 1000n, state: 'open' }])
      await world.closeDispute(order, how)
      const closed = await world.processor.fetch(ordered)
      expect(closed).toMatchObject({ state: 'paid', disputes: [{ id: open[0]!.id, state: how }] })
    })
  }
}

function testRecent(suite: Suite): void {
  caseOf(suite, 'recent', 'names the orders that something happened to', async () => {
    const [before] = await paidOrder()
    const [old] = await paidOrder()
    world.move(10_000)
    const since = world.now()
    const [paid] = await paidOrder()
    await world.refund(old, 100n)
    await place(world)
    const named = await world.processor.recent!(since)
    expect(named.sort()).toEqual([old.id, paid.id].sort())
    expect(named).not.toContain(before.id)
  })
}
