/** Buying credit over HTTP: what it costs, orders, bad input, and the page that hands a form over. */
import { describe, expect, test } from 'bun:test'
import { syncTopUp } from '../../src/billing/sync.ts'
import type { Processor } from '../../src/processors/processor.ts'
import { newTeam, newUser } from '../helpers/people.ts'
import { scriptedProcessor } from '../helpers/processor.ts'
import { startTestServer } from '../helpers/server.ts'

const { parts, server } = await startTestServer({ manual_payment: 'Bank 812, account 123' })
const processors = parts.processors as Map<string, Processor>
const scripted = scriptedProcessor()
processors.set('scripted', scripted)
processors.set('form', {
  ...scriptedProcessor('form', 'TWD'),
  checkout: async () => ({
    checkoutId: null,
    checkout: {
      ...{ kind: 'form', action: 'https://pay.example.com/checkout?a=1' },
      fields: { Name: '"><script>alert(1)</script>' },
    },
  }),
})
await newTeam(parts, 'acme', { ann: 'owner', rita: 'read-only' })
await newUser(parts, 'olga', { adminRole: 'finance' })
await newUser(parts, 'otto', { adminRole: 'owner' })

async function ask(who: string, method: string, path: string, body?: unknown) {
  const cookie = (await parts.sessions.open(who, { address: '127.0.0.1', agent: null })).split(';')
  const response = await fetch(`${server.url}/api${path}`, {
    ...{ method, redirect: 'manual' },
    headers: { cookie: cookie[0] ?? '', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const shown = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, headers: response.headers, text, body: shown }
}
const ours = '/accounts/acme/top-ups'
const order = (more: object = {}) =>
  ask('ann', 'POST', ours, {
    ...{ credit: '25.00', processor: 'scripted', method: 'card', once: crypto.randomUUID() },
    ...more,
  })

test('who looks sees the ways to pay, the amounts, and what it costs', async () => {
  const { body } = await ask('rita', 'GET', `${ours}/options`)
  expect(body).toMatchObject({ presets: ['10', '25', '50', '100'], min: '5', max: '1000' })
  expect(body.processors.map(({ name }: { name: string }) => name)).toEqual([
    ...['manual', 'scripted', 'form'],
  ])
  const cost = await ask('rita', 'GET', `${ours}/quote?credit=25&processor=form`)
  expect(cost.body).toMatchObject({ currency: 'TWD', price: '813', total: '813' })
  expect((await ask('rita', 'GET', `${ours}/quote?credit=25&processor=x`)).status).toBe(400)
})

test.each([
  ...['0', '0.00', '-1', '1e400', '10.001', '4.99', '1000.01', '', ' 25', '25,00', '٢٥', 'NaN'],
  ...[10, 0, -1, null, [['25']], { amount: '25' }, true, undefined],
])('%p is no amount: refused at its field, and nothing is made', async (credit) => {
  const before = (await ask('ann', 'GET', ours)).body.data.length
  const { status, body } = await order({ credit })
  expect([status, body.error.param]).toEqual([400, 'credit'])
  expect((await ask('ann', 'GET', ours)).body.data).toHaveLength(before)
})

test.each([
  [{ processor: 'stripe' }, 'processor'],
  [{ method: 'cash' }, 'method'],
  [{ method: 7 }, 'method'],
  [{ once: '' }, 'once'],
])('with %p nothing is ordered', async (more, param) => {
  const { status, body } = await order(more)
  expect([status, body.error.param]).toEqual([400, param])
})

test('fields that are the server’s are not taken from a client', async () => {
  const { body } = await order({ price: '0.01', tax: '0', currency: 'TWD', state: 'paid' })
  expect(body).toMatchObject({ state: 'open', total: '25.00', currency: 'USD' })
})

test('where the price has changed since it was shown, nothing is ordered', async () => {
  expect((await order({ total: '24.00' })).body.error).toMatchObject({
    ...{ code: 'changed_meanwhile', param: 'total' },
  })
  expect((await order({ total: '25.00' })).status).toBe(200)
})

test('an order is followed until it is credited, and names its receipt', async () => {
  const { body: made } = await order()
  expect(made.checkout.url).toBe(`https://pay.example.com/${made.id}`)
  scripted.say(made.id, { state: 'paid' })
  expect((await ask('rita', 'POST', `${ours}/${made.id}/check`)).status).toBe(403)
  const { body } = await ask('ann', 'POST', `${ours}/${made.id}/check`)
  expect(body).toMatchObject({ state: 'paid', credit: '25.00', receipt: 1, disputes: [] })
  expect((await ask('rita', 'GET', `${ours}/${made.id}`)).body).toEqual(body)
})

test.each(['open', 'won', 'lost'] as const)(
  'an order shows a dispute that is %s',
  async (state) => {
    await newTeam(parts, `team-${state}`, { [`owner-${state}`]: 'owner' })
    const where = `/accounts/team-${state}/top-ups`
    const wanted = { credit: '25.00', processor: 'scripted', method: 'card', once: state }
    const { body: made } = await ask(`owner-${state}`, 'POST', where, wanted)
    const disputed = { id: `dp_${state}`, amount: 1000n, state, reason: null }
    scripted.say(made.id, { state: 'paid', disputes: [disputed] })
    await syncTopUp(parts, made.id)
    const { body } = await ask(`owner-${state}`, 'GET', `${where}/${made.id}`)
    expect(body).toMatchObject({ state: 'paid', disputes: [{ state, amount: '10.00' }] })
  },
)

test('a page that asks again at once is answered from what is known', async () => {
  const { body: made } = await order()
  await ask('ann', 'POST', `${ours}/${made.id}/check`)
  scripted.say(made.id, { state: 'paid' })
  expect((await ask('ann', 'POST', `${ours}/${made.id}/check`)).body.state).toBe('open')
})

describe('a checkout that is a form', () => {
  const form = { processor: 'form', method: 'atm' }

  test('is handed over by a page that may post to that origin alone', async () => {
    const { body: made } = await order(form)
    expect(made.checkout).toEqual({
      ...{ kind: 'form', url: `/api/accounts/acme/top-ups/${made.id}/checkout` },
    })
    const page = await ask('ann', 'GET', `${ours}/${made.id}/checkout`)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'sha256-")
    expect(policy).toContain('form-action https://pay.example.com;')
    expect(page.text).toContain('action="https://pay.example.com/checkout?a=1"')
    expect(page.text).not.toContain('<script>alert')
  })

  test('is not handed over for an order that has no form', async () => {
    const { body: made } = await order()
    const page = await ask('ann', 'GET', `${ours}/${made.id}/checkout`)
    expect([page.status, page.headers.get('location')]).toEqual([
      ...[303, `/accounts/acme/top-ups/${made.id}`],
    ])
  })
})

describe('a transfer', () => {
  const transfer = { processor: 'manual', method: 'transfer' }
  const confirm = (id: string, reference: string, amount: string, who = 'olga') =>
    ask(who, 'POST', `/admin/payments/${id}/confirm`, { reference, amount })

  test('says where to, and is credited when an operator has seen its exact total', async () => {
    const { body: made } = await order(transfer)
    const { body } = await ask('ann', 'POST', `${ours}/${made.id}/check`)
    expect(body).toMatchObject({
      ...{ state: 'pending', pay_at: { instructions: 'Bank 812, account 123' } },
    })
    expect((await confirm(made.id, 'B-1', '24.99')).body.error.param).toBe('amount')
    expect((await confirm(made.id, ' ', '25.00')).body.error.param).toBe('reference')
    expect((await confirm(made.id, 'B-1', '25.00')).body.state).toBe('paid')
    expect((await confirm(made.id, 'B-1', '25.00')).body.state).toBe('paid')
    expect((await confirm(made.id, 'B-2', '25.00')).body.error.code).toBe('already_exists')
    const { body: other } = await order(transfer)
    expect((await confirm(other.id, 'B-1', '25.00')).body.error.code).toBe('already_exists')
    const shown = await ask('ann', 'GET', `${ours}/${other.id}`)
    expect(shown.body).toMatchObject({ state: 'open', failure: null })
  })

  test('is confirmed for no other processor', async () => {
    const { body: made } = await order()
    expect((await confirm(made.id, 'B-3', '25.00')).status).toBe(400)
  })
})

describe('operators', () => {
  test('see what does not reconcile, and ask again', async () => {
    const { body: made } = await order()
    scripted.say(made.id, { state: 'paid', amount: 1n })
    const asked = await ask('olga', 'POST', `/admin/payments/${made.id}/check`)
    expect(asked.body).toMatchObject({ state: 'open', failure: 'amount_mismatch' })
    const list = await ask('olga', 'GET', '/admin/payments?unreconciled=true')
    expect(list.body.data).toMatchObject([{ id: made.id, account: { id: 'acme', name: 'acme' } }])
    const paid = await ask('olga', 'GET', '/admin/payments?state=paid&processor=manual')
    expect(paid.body.data).toHaveLength(1)
  })

  const terms = {
    ...{ presets: ['50', '20'], min: '10', max: '500', fee_percent: '2.5', twd_per_usd: '31.25' },
    ...{ taxes: { TW: '5', '*': '0' }, seller_address: '', seller_tax_id: '10458575' },
  }

  test('set amounts, fee and tax, which orders are made by from then on', async () => {
    const { body: shown } = await ask('otto', 'GET', '/admin/payment-settings')
    const saved = await ask('otto', 'PUT', '/admin/payment-settings', { ...terms, shown })
    expect(saved.body).toMatchObject({
      presets: ['20.00', '50.00'],
      min: '10.00',
      taxes: { TW: '5' },
    })
    expect((await ask('otto', 'GET', '/admin/payment-settings')).body).toEqual(saved.body)
    expect((await order({ credit: '9.99' })).status).toBe(400)
    expect((await order()).body).toMatchObject({ price: '25.00', fee: '0.63', total: '25.63' })
  })

  test.each([
    [{ min: '600' }, 'max'],
    [{ max: '1000000.01' }, 'max'],
    [{ presets: ['5'] }, 'presets'],
    [{ presets: [] }, 'presets'],
    [{ presets: ['20.005'] }, 'presets'],
    [{ min: '0' }, 'min'],
    [{ fee_percent: '101' }, 'fee_percent'],
    [{ twd_per_usd: '0' }, 'twd_per_usd'],
    [{ taxes: { TW: '5%' } }, 'taxes'],
  ])('cannot set %p', async (wrong, param) => {
    const { status, body } = await ask('otto', 'PUT', '/admin/payment-settings', {
      ...{ ...terms, ...wrong, shown: terms },
    })
    expect([status, body.error.param]).toEqual([400, param])
  })
})
