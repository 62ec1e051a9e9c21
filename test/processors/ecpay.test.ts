/** ECPay: what the payer is sent with, what is believed of a callback, and what is asked. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { isTestShop, tradeNoOf } from '../../src/processors/ecpay.ts'
import { isSigned, readForm, sign } from '../../src/processors/ecpay-mac.ts'
import {
  type Order,
  type Ordered,
  type Payment,
  ProcessorError,
} from '../../src/processors/processor.ts'
import { testProcessor } from './conformance.ts'
import { type EcpayWorld, openWorld, shop, suite } from './ecpay-world.ts'
import { place } from './world.ts'

testProcessor(suite)

let world: EcpayWorld
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.stop())

async function formOf(order: Order): Promise<Record<string, string>> {
  const { checkout } = await world.processor.checkout(order)
  return checkout.kind === 'form' ? checkout.fields : {}
}

async function failure(act: Promise<unknown> | undefined): Promise<ProcessorError> {
  const error = await act?.then(
    () => null,
    (cause) => cause,
  )
  expect(error).toBeInstanceOf(ProcessorError)
  return error
}

describe('the form', () => {
  test('is signed, and says all of the order', async () => {
    const order = world.order({ id: 'top_1' })
    const fields = await formOf(order)
    expect(isSigned(fields, shop)).toBe(true)
    expect(fields).toMatchObject({
      ...{ MerchantID: '3999999', MerchantTradeNo: tradeNoOf('top_1'), PaymentType: 'aio' },
      ...{ MerchantTradeDate: '2026/11/24 20:00:00', TotalAmount: '3250', EncryptType: '1' },
      ...{ ItemName: 'Credit of US$100.00', TradeDesc: 'Credit of US$100.00' },
      ...{ CustomField1: 'top_1', ChoosePayment: 'Credit', NeedExtraPaidInfo: 'Y' },
      ...{ ReturnURL: order.callbackUrl, ClientBackURL: order.returnUrl, Language: 'ENG' },
    })
    expect(fields).not.toHaveProperty('PaymentInfoURL')
  })

  test.each([
    // method, lasts for     what it says of it
    ['atm', 3 * 86_400_000, { ChoosePayment: 'ATM', ExpireDate: '3' }],
    ['atm', 3_600_000, { ChoosePayment: 'ATM', ExpireDate: '1' }],
    ['atm', 90 * 86_400_000, { ChoosePayment: 'ATM', ExpireDate: '60' }],
    ['cvs', 3_600_000, { ChoosePayment: 'CVS', StoreExpireDate: '60' }],
    ['cvs', 90 * 86_400_000, { ChoosePayment: 'CVS', StoreExpireDate: '43200' }],
  ])(
    'for %s within %d ms asks for a number that lasts as long',
    async (method, lasts, expected) => {
      const fields = await formOf(world.order({ method, expiresAt: world.now() + lasts }))
      expect(fields).toMatchObject({ ...expected, PaymentInfoURL: world.inbox })
    },
  )

  test('in Chinese names no language, for that is the one it has', async () => {
    expect(await formOf(world.order({ language: 'zh-TW' }))).not.toHaveProperty('Language')
  })

  test('has no markup in its words, for the firewall before ECPay refuses it', async () => {
    const fields = await formOf(world.order({ description: '儲值 <b>US$5</b> #1 & more' }))
    expect(fields.ItemName).toBe('儲值  b US$5  b   1   more')
  })

  test('for a method that ECPay does not have is an error', async () => {
    const error = await failure(world.processor.checkout(world.order({ method: 'transfer' })))
    expect(error.retry).toBe(false)
  })

  test('has the same number for the same order, and another for each other', () => {
    const numbers = Array.from({ length: 2000 }, (_, at) => tradeNoOf(`top_${at}`))
    expect(new Set(numbers).size).toBe(2000)
    expect(numbers.every((number) => /^[0-9A-Z]{20}$/.test(number))).toBe(true)
    expect(tradeNoOf('top_7')).toBe(numbers[7] ?? '')
  })
})

describe('a number that is paid later', () => {
  test.each([
    ['atm', ['account', 'bank', 'expires']],
    ['cvs', ['code', 'expires']],
  ])('by %s is told by the callback, and again by the query', async (method, told) => {
    const [order, ordered] = await place(world, { method })
    await world.visit(order)
    world.simulator.payLate(tradeNoOf(order.id))
    const [callback] = await world.callbacks()
    if (!callback) throw new Error('none came')
    const hint = await world.processor.readCallback(callback)
    expect(Object.keys(hint.payAt ?? {}).sort()).toEqual(told)
    const payment = await world.processor.fetch(ordered)
    expect(payment).toMatchObject({ state: 'pending', paymentId: null, fee: null })
    expect(payment.payAt).toEqual(hint.payAt ?? {})
  })

  test('lasts until the day in Taipei', async () => {
    const [order, ordered] = await place(world, { method: 'atm' })
    await world.payLate(order)
    expect((await world.processor.fetch(ordered)).payAt?.expires).toBe('2026/11/27')
  })
})

describe('a simulated payment', () => {
  test('is no payment: a live platform refuses the callback, and the order stays unpaid', async () => {
    const [order, ordered] = await place(world)
    await world.visit(order)
    world.simulator.simulatePaid(tradeNoOf(order.id))
    const [callback] = await world.callbacks()
    if (!callback) throw new Error('none came')
    await expect(world.processor.readCallback(callback)).rejects.toMatchObject({ why: 'mode' })
    const hint = await world.open({ payments: 'test' }).readCallback(callback)
    expect(hint.orderId).toBe(order.id)
    expect((await world.processor.fetch(ordered)).state).toBe('open')
  })

  test('that the query itself tells moved no money', async () => {
    const [order, ordered] = await place(world)
    await world.payOtherwise(order, { live: false })
    expect(await world.processor.fetch(ordered)).toMatchObject({ state: 'paid', live: false })
  })
})

test.each([
  ['3002607', 'https://payment.ecpay.com.tw', true],
  ['2000132', 'http://127.0.0.1:4000', true],
  ['3999999', 'https://payment-stage.ecpay.com.tw', true],
  ['3999999', 'https://payment.ecpay.com.tw', false],
])('the merchant %s at %s is for tests: %p', (merchantId, url, expected) => {
  expect(isTestShop(url, merchantId)).toBe(expected)
})

/** The processor, and an ECPay that answers this and nothing else. */
async function fetchFrom(text: string, order: Ordered): Promise<Payment> {
  const fetch = () => new Response(text)
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, development: false, fetch })
  const processor = world.open({ ecpay_url: server.url.origin })
  return processor.fetch(order).finally(() => server.stop(true))
}

describe('an answer', () => {
  const said = {
    ...{ MerchantID: shop.merchantId, MerchantTradeNo: tradeNoOf('top_1'), TradeNo: '1' },
    ...{ TradeStatus: '1', TradeAmt: '3250', CustomField1: 'top_1', HandlingCharge: '89' },
  }
  const ordered = {
    ...{ id: 'top_1', total: 3250n, currency: 'TWD' as const, method: 'card', createdAt: 0 },
    ...{ checkoutId: tradeNoOf('top_1'), paymentId: null },
  }

  test.each([
    ['unsigned', new URLSearchParams(said).toString()],
    ['signed for less', new URLSearchParams({ ...sign(said, shop), TradeAmt: '1' }).toString()],
    ['of another order', form({ ...said, MerchantTradeNo: tradeNoOf('top_2') })],
    ['without an amount', form({ ...said, TradeAmt: '' })],
    ['with an amount that is none', form({ ...said, TradeAmt: '1e3' })],
    ['that is a page', '<!doctype html><p>Maintenance</p>'],
  ])('%s is not believed', async (_, text) => {
    expect((await failure(fetchFrom(text, ordered))).retry).toBe(true)
  })

  test.each([
    ['1', 'paid', null],
    ['0', 'open', null],
    ['10200095', 'failed', 'TradeStatus 10200095'],
    ['10200047', 'open', null],
  ])('with the status %s says that it is %s', async (TradeStatus, state, why) => {
    const payment = await fetchFrom(form({ ...said, TradeStatus }), ordered)
    expect(payment).toMatchObject({ state, failure: why })
  })

  test.each([
    ['89', 89n],
    ['89.2', 90n],
    ['0', 0n],
    ['', null],
    ['free', null],
    ['-1', null],
  ])('with the charge "%s" says the fee %p', async (HandlingCharge, fee) => {
    expect((await fetchFrom(form({ ...said, HandlingCharge }), ordered)).fee).toBe(fee)
  })
})

const form = (fields: Record<string, string>) => new URLSearchParams(sign(fields, shop)).toString()

describe('a refund', () => {
  /** An order that was paid, as the ledger knows it. */
  async function paid(method = 'card') {
    const [order, ordered] = await place(world, { method })
    if (method !== 'card') await world.payLate(order)
    await world.pay(order)
    const { paymentId } = await world.processor.fetch(ordered)
    return { ...ordered, paymentId }
  }
  const ask = (id: string, amount: bigint) => ({ id, amount, currency: 'TWD' as const })

  test('of a card is paid at once, under our id', async () => {
    const order = await paid()
    const refund = await world.processor.refund?.(order, ask('ref_1', 1000n))
    expect(refund).toEqual({
      ...{ id: `${order.paymentId}:ref_1`, amount: 1000n, state: 'paid', ours: 'ref_1' },
    })
    expect(world.simulator.refunded(order.checkoutId ?? '')).toBe(1000)
  })

  test('is paid once though it is asked for twice at once and once more', async () => {
    const order = await paid()
    const twice = [1, 2].map(() => world.processor.refund?.(order, ask('ref_1', 1000n)))
    const [first, second] = await Promise.all(twice)
    expect(second).toEqual(first)
    await world.processor.refund?.(order, ask('ref_1', 1000n))
    expect(world.simulator.refunded(order.checkoutId ?? '')).toBe(1000)
  })

  test('is refused beyond what was paid, and may be asked for again', async () => {
    const order = await paid()
    await world.processor.refund?.(order, ask('ref_1', 3000n))
    const error = await failure(world.processor.refund?.(order, ask('ref_2', 251n)))
    expect(error.retry).toBe(true)
    await world.processor.refund?.(order, ask('ref_2', 250n))
    expect(world.simulator.refunded(order.checkoutId ?? '')).toBe(3250)
  })

  test('whose answer is lost is for somebody to look up, who may have it paid after all', async () => {
    const order = await paid()
    world.down()
    const error = await failure(world.processor.refund?.(order, ask('ref_1', 1000n)))
    expect(error).toMatchObject({ retry: false, message: expect.stringContaining('dashboard') })
    world.up()
    await world.processor.refund?.(order, ask('ref_1', 1000n))
    expect(world.simulator.refunded(order.checkoutId ?? '')).toBe(1000)
  })

  test('that never left is asked for again', async () => {
    const order = await paid()
    const nowhere = world.open({ ecpay_url: 'http://127.0.0.1:1' })
    expect((await failure(nowhere.refund?.(order, ask('ref_1', 1000n)))).retry).toBe(true)
  })

  test.each(['atm', 'cvs'])('of %s is paid by hand', async (method) => {
    const error = await failure(world.processor.refund?.(await paid(method), ask('ref_1', 1000n)))
    expect(error).toMatchObject({ retry: false, message: expect.stringContaining('by hand') })
  })
})

describe('the simulated checkout', () => {
  async function page(order: Order): Promise<[string, string]> {
    const location = (await world.visit(order)).headers.get('location') ?? ''
    const url = new URL(location, world.simulator.url).href
    return [url, await (await fetch(url)).text()]
  }
  const press = async (url: string, act: string) =>
    (await fetch(url, { method: 'POST', body: new URLSearchParams({ act }) })).text()

  test.each([
    ['en', 'card', 'pay', 'Pay by card', 'Paid', 'paid'],
    ['zh-TW', 'card', 'pay', '以信用卡付款', '付款成功', 'paid'],
    ['en', 'card', 'fail', 'Decline the card', 'Payment failed', 'failed'],
    ['zh-TW', 'atm', 'number', '取得 ATM 虛擬帳號', '繳費期限', 'pending'],
    ['en', 'cvs', 'number', 'Get a store payment code', 'Payment code', 'pending'],
  ] as const)('in %s, %s: %s', async (language, method, act, button, after, state) => {
    const [order, ordered] = await place(world, { language, method })
    const [url, html] = await page(order)
    expect(html).toContain(button)
    expect(html).toContain(order.returnUrl)
    expect(await press(url, act)).toContain(after)
    expect((await world.processor.fetch(ordered)).state).toBe(state)
  })

  test('takes a number first and money later', async () => {
    const [order, ordered] = await place(world, { method: 'atm' })
    const [url] = await page(order)
    expect(await press(url, 'number')).toContain('Simulate the ATM transfer')
    expect(await press(url, 'pay')).toContain('Paid')
    expect((await world.processor.fetch(ordered)).state).toBe('paid')
  })

  test('shows what it was sent as text, never as markup', async () => {
    const order = world.order()
    const fields = { ...(await formOf(order)), ItemName: '<script>alert(1)</script>' }
    const body = new URLSearchParams(sign(fields, shop))
    const url = `${world.simulator.url}/Cashier/AioCheckOut/V5`
    expect(await (await fetch(url, { method: 'POST', body })).text()).toContain('&#60;script')
  })

  test('takes a form once, and none that is not signed', async () => {
    const order = world.order()
    expect((await world.visit(order)).status).toBe(303)
    expect((await world.visit(order)).status).toBe(400)
    const body = new URLSearchParams({ ...(await formOf(world.order())), TotalAmount: '1' })
    const url = `${world.simulator.url}/Cashier/AioCheckOut/V5`
    expect(await (await fetch(url, { method: 'POST', body })).text()).toContain('CheckMacValue')
  })

  test.each([
    [-179_000, true],
    [-181_000, false],
    [181_000, false],
  ])('is asked by a clock that is %d ms wrong, and answers: %p', async (ms, answers) => {
    const [order, ordered] = await place(world)
    await world.visit(order)
    const asked = world.open({}, ms).fetch(ordered)
    expect(await asked.then(() => true).catch(() => false)).toBe(answers)
  })
})

describe('a callback comes', () => {
  const count = async (faults: Parameters<EcpayWorld['simulator']['setFaults']>[0]) => {
    world.simulator.setFaults(faults)
    const [first, second] = [world.order(), world.order()]
    await world.pay(first)
    await world.pay(second)
    const came = await world.callbacks()
    const ids = came.map(({ body }) => readForm(new TextDecoder().decode(body))?.CustomField1)
    return { came, order: ids.map((id) => [first.id, second.id].indexOf(id ?? '') + 1) }
  }

  test.each([
    [[], [1, 2]],
    [['duplicate'], [1, 1, 1, 2, 2, 2]],
    [['reorder'], [2, 1]],
    [['delay'], [1, 2]],
    [['never'], []],
  ] as const)('with %j as %j', async (faults, expected) => {
    const { order } = await count(faults)
    const sorted = faults.includes('duplicate' as never) ? order.toSorted() : order
    expect(sorted).toEqual([...expected])
  })

  test('wrongly signed with that fault', async () => {
    const { came } = await count(['wrongSignature'])
    expect(came).toHaveLength(2)
    for (const callback of came)
      await expect(world.processor.readCallback(callback)).rejects.toMatchObject({
        why: 'signature',
      })
  })
})
