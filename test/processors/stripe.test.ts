/** Stripe: what the official package signs, answers that are lost on the way, saved cards, and what the simulator is strict about. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import Stripe from 'stripe'
import { type Callback, ProcessorError } from '../../src/processors/processor.ts'
import { testProcessor } from './conformance.ts'
import { openWorld, type StripeWorld, secretKey, suite, webhookSecret } from './stripe-world.ts'
import { place } from './world.ts'

testProcessor(suite)

let world: StripeWorld
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.stop())

/** As the official package signs it. */
async function signed(event: object, secondsAhead = 0, scheme = 'v1'): Promise<Callback> {
  const payload = JSON.stringify(event)
  const timestamp = Math.floor(world.now() / 1000) + secondsAhead
  const options = { payload, secret: webhookSecret, timestamp, scheme }
  const header = await new Stripe('sk_test_x').webhooks.generateTestHeaderStringAsync(options)
  const headers = new Headers({ 'stripe-signature': header })
  return { body: new TextEncoder().encode(payload), headers, now: world.now() }
}

const session = { id: 'cs_1', object: 'checkout.session', mode: 'payment', payment_intent: 'pi_1' }
const event = {
  ...{ id: 'evt_1', object: 'event', livemode: true, account: 'acct_ours' },
  ...{ type: 'checkout.session.completed' },
  data: { object: { ...session, client_reference_id: 'top_1' } },
}
const whyRefused = (callback: Callback) =>
  world.processor.readCallback(callback).then(
    () => null,
    ({ why }) => why,
  )

describe('a callback that the official package signs', () => {
  test.each([
    // seconds ahead, refused for
    [0, null],
    [-300, null],
    [300, null],
    [-301, 'stale'],
    [301, 'stale'],
    [3600, 'stale'],
  ])('%d s ahead of us is refused for %p', async (ahead, why) => {
    expect(await whyRefused(await signed(event, ahead))).toBe(why)
  })

  test('names the order, its checkout and its payment', async () => {
    const hint = { orderId: 'top_1', checkoutId: 'cs_1', paymentId: 'pi_1' }
    expect(await world.processor.readCallback(await signed(event))).toEqual(hint)
  })

  test('is refused once a byte is another', async () => {
    const callback = await signed(event)
    const at = callback.body.indexOf('1'.charCodeAt(0))
    callback.body[at] = '2'.charCodeAt(0)
    expect(await whyRefused(callback)).toBe('signature')
  })

  test.each([
    ['another scheme', async () => signed(event, 0, 'v0'), 'signature'],
    ['another account', async () => signed({ ...event, account: 'acct_x' }), 'account'],
    ['no account', async () => signed({ ...event, account: undefined }), 'account'],
    ['no object', async () => signed({ ...event, data: null }), 'shape'],
    ['no event', async () => signed([]), 'shape'],
    ['a thin event', async () => signed({ object: 'v2.core.event' }), 'shape'],
  ])('with %s is refused', async (_, made, why) => {
    expect(await whyRefused(await made())).toBe(why)
  })

  test('with two times is refused, whichever of them was signed', async () => {
    const callback = await signed(event)
    const header = callback.headers.get('stripe-signature')
    for (const two of [`t=1,${header}`, `${header},t=${Math.floor(world.now() / 1000)}`]) {
      const headers = new Headers({ 'stripe-signature': two })
      expect(await whyRefused({ ...callback, headers })).toBe('signature')
    }
  })

  test('of an account counts where none is named', async () => {
    const any = world.open({ stripe_account: 'acct_x' })
    const callback = await signed({ ...event, account: 'acct_x' })
    expect(await any.readCallback(callback)).toMatchObject({ orderId: 'top_1' })
  })
})

describe('events', () => {
  const charge = { id: 'ch_1', object: 'charge', payment_intent: 'pi_1', metadata: {} }
  test.each([
    // type, object, order, payment
    ['payment_intent.succeeded', { id: 'pi_1', metadata: { order_id: 'top_1' } }, 'top_1', 'pi_1'],
    ['charge.refunded', { ...charge, metadata: { order_id: 'top_1' } }, 'top_1', 'pi_1'],
    ['refund.updated', { id: 're_1', object: 'refund', payment_intent: 'pi_1' }, null, 'pi_1'],
    ['charge.dispute.created', { ...charge, object: 'dispute' }, null, 'pi_1'],
    ['charge.dispute.closed', { payment_intent: { id: 'pi_1' } }, null, 'pi_1'],
    ['checkout.session.completed', { ...session, mode: 'setup' }, null, undefined],
    ['invoice.paid', { metadata: { order_id: 'top_1' } }, null, undefined],
  ])('of %s name the order or the payment', async (type, object, orderId, paymentId) => {
    const whole = { object: type.split('.', 1)[0], ...object }
    const callback = await signed({ ...event, type, data: { object: whole } })
    const hint = await world.processor.readCallback(callback)
    expect([hint.orderId, hint.paymentId]).toEqual([orderId, paymentId])
  })
})

describe('a checkout', () => {
  test('asks for exactly what was ordered', async () => {
    const order = world.order({ language: 'zh-TW' })
    await world.processor.checkout(order)
    const [asked] = world.simulator.journal
    expect(asked).toMatchObject({ path: 'checkout/sessions', key: order.id })
    expect(asked?.form).toMatchObject({
      ...{ mode: 'payment', client_reference_id: order.id, locale: 'zh-TW' },
      ...{ customer_email: 'ann@example.com', success_url: order.returnUrl },
      cancel_url: `${order.returnUrl}?canceled=1`,
      line_items: { 0: { quantity: '1', price_data: { currency: 'usd', unit_amount: '2500' } } },
    })
  })

  test.each([
    // ends after, Stripe is asked for (minutes)
    [5, 31],
    [60, 60],
    [72 * 60, 24 * 60 - 1],
  ])('that is to end after %d minutes ends after %d', async (wanted, got) => {
    const expiresAt = world.now() + wanted * 60_000
    await world.processor.checkout(world.order({ expiresAt }))
    const seconds = Number(world.simulator.journal[0]?.form.expires_at) - world.now() / 1000
    expect(seconds).toBe(got * 60)
  })

  test('whose answer was lost is made once', async () => {
    const order = world.order()
    world.simulator.control.health({ lost: 1 })
    const { checkoutId } = await world.processor.checkout(order)
    const asked = world.simulator.journal.map(({ status, replayed }) => [status, replayed])
    expect(asked).toEqual([
      [200, false],
      [200, true],
    ])
    expect(checkoutId).toStartWith('cs_live_')
  })

  test('is paid, declined, paid later or left by its buttons', async () => {
    const [, ordered] = await place(world)
    const made = await world.processor.checkout(world.order({ id: 'top_page', language: 'zh-TW' }))
    const { url } = made.checkout as { url: string }
    const press = (act: string) =>
      fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ act }) })
    expect(await (await fetch(url)).text()).toContain(
      '<button name="act" value="pay">付款</button>',
    )
    expect(await (await press('fail')).text()).toContain('role="alert"')
    expect((await press('cancel')).headers.get('location')).toEndWith('?canceled=1')
    const there = { ...ordered, checkoutId: made.checkoutId }
    expect((await world.processor.fetch(there)).state).toBe('open')
    expect((await press('later')).status).toBe(303)
    expect((await world.processor.fetch(there)).state).toBe('pending')
    expect(await (await press('pay')).text()).toContain('role="status"')
  })
})

describe('a saved card', () => {
  const saved = () => world.processor.saved!
  const setup = { id: 'set_1', customerId: null, email: 'ann@example.com', language: 'en' } as const

  async function saveCard() {
    const { setupId } = await saved().setup({ ...setup, returnUrl: 'https://ai.example.com/r' })
    expect(await saved().find(setupId)).toBeNull()
    world.simulator.control.pay({ order: setupId })
    const method = await saved().find(setupId)
    expect(method?.label).toBe('Visa •••• 4242')
    return method!
  }

  test('is charged once by the order’s id, and the payment is found without a checkout', async () => {
    const method = await saveCard()
    const order = world.order()
    const payment = await saved().charge(order, method)
    expect(payment).toMatchObject({ state: 'paid', orderId: order.id, amount: 2500n, fee: 103n })
    expect(await saved().charge(order, method)).toEqual(payment)
    const ordered = { ...order, checkoutId: null, paymentId: payment.paymentId }
    expect(await world.processor.fetch(ordered)).toEqual(payment)
    expect(await world.processor.fetch({ ...ordered, paymentId: null })).toEqual(payment)
  })

  test('whose charge was lost with its order is an open payment', async () => {
    const ordered = { ...world.order(), checkoutId: null, paymentId: null }
    expect(await world.processor.fetch(ordered)).toMatchObject({ state: 'open', paymentId: null })
  })

  test('that is declined is a payment that failed, with the bank’s words', async () => {
    const method = await saveCard()
    world.simulator.control.declineNext({ method: method.methodId, times: 1 })
    const failed = { state: 'failed', failure: 'Your card was declined.' }
    const order = world.order()
    expect(await saved().charge(order, method)).toMatchObject(failed)
    expect(await saved().charge(order, method)).toMatchObject(failed)
    expect(await saved().charge(world.order(), method)).toMatchObject({ state: 'paid' })
  })

  test('cannot be charged while Stripe is down: it may be tried again', async () => {
    const method = await saveCard()
    world.down()
    const error = await saved()
      .charge(world.order(), method)
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ProcessorError)
    expect(error.retry).toBe(true)
  })

  test('is forgotten, twice if need be, and never charged again', async () => {
    const method = await saveCard()
    await saved().forget(method)
    await saved().forget(method)
    const error = await saved()
      .charge(world.order(), method)
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ retry: false })
  })

  test('of a customer that is known is saved to her', async () => {
    const { customerId } = await saveCard()
    const again = { ...setup, id: 'set_2', customerId, returnUrl: 'https://ai.example.com/r' }
    const { setupId } = await saved().setup(again)
    world.simulator.control.pay({ order: setupId })
    expect((await saved().find(setupId))?.customerId).toBe(customerId)
  })
})

describe('money that goes back', () => {
  async function paidOrder() {
    const [order, ordered] = await place(world)
    await world.pay(order)
    const { paymentId } = await world.processor.fetch(ordered)
    return [order, { ...ordered, paymentId }] as const
  }
  const ask = { id: 'ref_1', amount: 700n, currency: 'USD' } as const

  test('once, though the answer was lost and Stripe forgot the key', async () => {
    const [, ordered] = await paidOrder()
    const first = await world.processor.refund!(ordered, ask)
    const before = world.simulator.journal.length
    expect(await world.processor.refund!(ordered, ask)).toEqual(first)
    const posted = world.simulator.journal.slice(before).filter(({ method }) => method === 'POST')
    expect(posted).toEqual([])
  })

  test.each([
    ['succeeded', 'paid'],
    ['failed', 'failed'],
  ] as const)('slowly is pending until it %s', async (how, state) => {
    const [order, ordered] = await paidOrder()
    const { control } = world.simulator
    control.refundAs({ status: 'pending' })
    expect(await world.processor.refund!(ordered, ask)).toMatchObject({ state: 'pending' })
    control.settleRefund({ order: order.id, how })
    const [refund] = (await world.processor.fetch(ordered)).refunds
    expect(refund).toMatchObject({ state, ours: 'ref_1' })
  })

  test('after a chargeback is refused for good', async () => {
    const [order, ordered] = await paidOrder()
    await world.dispute(order, order.total)
    expect(world.processor.refund!(ordered, ask)).rejects.toMatchObject({ retry: false })
  })

  test('is not asked back by an inquiry', async () => {
    const [order, ordered] = await paidOrder()
    world.simulator.control.dispute({ order: order.id, amount: 2500, inquiry: true })
    expect((await world.processor.fetch(ordered)).disputes).toEqual([])
  })

  test('in many parts is all listed, page by page', async () => {
    const [order, ordered] = await paidOrder()
    for (let part = 0; part < 120; part++) await world.refund(order, 1n)
    expect((await world.processor.fetch(ordered)).refunds).toHaveLength(120)
  })
})

test('a key that is not taken is an error for good, which names no secret', async () => {
  const wrong = world.open({ stripe_secret_key: 'sk_live_wrong' })
  const error = await wrong.checkout(world.order()).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(ProcessorError)
  expect(error.retry).toBe(false)
  expect(error.message).toStartWith('stripe: checkout: StripeAuthenticationError 401')
  expect(error.message + error.stack + String(error.cause)).not.toContain('sk_live_')
})

test('a disputed order is found among the recent, though its event names no order', async () => {
  const [order] = await place(world)
  await world.pay(order)
  world.move(60_000)
  const since = world.now()
  await world.dispute(order, order.total)
  expect(await world.processor.recent!(since)).toEqual([order.id])
})

test('what steers the simulator does so over HTTP', async () => {
  const [order, ordered] = await place(world)
  const steer = (act: string, ask: object) =>
    fetch(`${world.simulator.url}/control/${act}`, { method: 'POST', body: JSON.stringify(ask) })
  expect((await steer('pay', { order: order.id })).status).toBe(200)
  expect((await world.processor.fetch(ordered)).state).toBe('paid')
  expect((await steer('constructor', {})).status).toBe(404)
  expect((await steer('pay', { order: 'top_none' })).status).toBe(400)
})

describe('the simulated API refuses', () => {
  const post = (path: string, form: Record<string, string>, key = secretKey, once = '') =>
    fetch(`${world.simulator.url}/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: {
        ...{ authorization: `Bearer ${key}`, 'stripe-account': 'acct_ours' },
        ...(once !== '' && { 'idempotency-key': once }),
      },
    })
  test.each([
    ['a wrong key', 401, () => post('customers', {}, 'sk_live_wrong')],
    ['a parameter it does not know', 400, () => post('customers', { colour: 'red' })],
    ['an address it does not know', 404, () => post('coupons', {})],
    ['a payment it does not know', 404, () => post('refunds', { payment_intent: 'pi_none' })],
  ])('%s', async (_, status, ask) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expect(await answer.json()).toHaveProperty('error.message')
  })

  test('a key that was used for something else', async () => {
    await post('customers', { email: 'a@example.com' }, secretKey, 'once')
    const other = await post('customers', { email: 'b@example.com' }, secretKey, 'once')
    expect(other.status).toBe(400)
    expect(await other.json()).toHaveProperty('error.type', 'idempotency_error')
  })
})
