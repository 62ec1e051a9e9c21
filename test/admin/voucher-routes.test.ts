/** Vouchers and grants over HTTP: made by who looks after money, redeemed by who looks after an account's, refused clearly. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { newCode } from '../../src/billing/voucher.ts'
import { newTeam, newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

const { parts, server } = await startTestServer()
const dayMs = 24 * 60 * 60_000

beforeAll(async () => {
  await newTeam(parts, 'acme', { ann: 'owner', dev: 'developer' })
  await newTeam(parts, 'beta', { bob: 'billing' })
  await newUser(parts, 'fin', { adminRole: 'finance' })
})

const cookies = new Map<string, string>()
async function ask(who: string, method: string, path: string, body?: unknown) {
  const from = { address: '127.0.0.1', agent: null }
  if (!cookies.has(who))
    cookies.set(who, (await parts.sessions.open(who, from)).split(';')[0] ?? '')
  const response = await fetch(`${server.url}/api${path}`, {
    method,
    headers: { cookie: cookies.get(who) ?? '', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

const batch = { name: 'Spring', credit: '2.50', count: 3 }
const makeCodes = async (more = {}): Promise<string[]> =>
  (await ask('fin', 'POST', '/admin/vouchers', { ...batch, ...more })).body.codes
const redeem = (who: string, account: string, code: unknown) =>
  ask(who, 'POST', `/accounts/${account}/vouchers`, { code })

test('a code is worth its credit at once; the lot that it makes says where it came from', async () => {
  const [code] = await makeCodes({ credit_days: 10 })
  const { status, body } = await redeem('ann', 'acme', ` ${code?.toLowerCase()} `)
  expect(status).toBe(200)
  expect(body).toMatchObject({ credit: '2.50', balance: '2.50' })
  const { data } = (await ask('dev', 'GET', '/accounts/acme/lots')).body
  expect(data).toMatchObject([
    { kind: 'promotional', code: 'voucher', reason: 'Spring', amount: '2.50', left: '2.50' },
  ])
  expect(data[0].expires_at).toBe(body.expires_at)
  const lot = await ask('dev', 'GET', `/accounts/acme/lots/${data[0].id}`)
  expect(lot.body).toMatchObject({ id: data[0].id, uses: [] })
  expect((await ask('bob', 'GET', `/accounts/beta/lots/${data[0].id}`)).status).toBe(404)
})

test('a batch tells who redeemed how many, and is ended at once', async () => {
  const [first, second] = await makeCodes({ per_account: 3 })
  await redeem('bob', 'beta', first)
  const { id } = (await ask('fin', 'GET', '/admin/vouchers')).body.data[0]
  expect((await ask('fin', 'GET', `/admin/vouchers/${id}`)).body).toMatchObject({
    ...{ redeemed: 1, count: 3, state: 'active' },
    vouchers: [{ account: 'beta', redeemed_by: 'bob', suffix: first?.slice(-4) }],
  })
  await ask('fin', 'POST', `/admin/vouchers/${id}/disable`)
  expect(await redeem('bob', 'beta', second)).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid_voucher', param: 'code' } },
  })
})

describe('what is written wrong is refused', () => {
  test.each([
    ['no credit', { credit: '0' }, 'credit'],
    ['a number', { credit: 10 }, 'credit'],
    ['a negative amount', { credit: '-1' }, 'credit'],
    ['an exponent', { credit: '1e400' }, 'credit'],
    ['too many decimals', { credit: '10.0000000001' }, 'credit'],
    ['none', { count: 0 }, 'count'],
    ['too many', { count: 10_001 }, 'count'],
    ['half a code', { count: 1.5 }, 'count'],
    ['yesterday', { expires_at: new Date(Date.now() - dayMs).toISOString() }, 'expires_at'],
    ['no time', { expires_at: 'soon' }, 'expires_at'],
    ['no days', { credit_days: 0 }, 'credit_days'],
    ['no name', { name: '' }, 'name'],
  ])('a batch of %s', async (_, wrong, param) => {
    const { status, body } = await ask('fin', 'POST', '/admin/vouchers', { ...batch, ...wrong })
    expect(status).toBe(400)
    expect(body.error.param).toBe(param)
  })

  test.each([
    ['a zero', { amount: '0' }, 'amount'],
    ['a blank reason', { reason: '  ' }, 'reason'],
    ['yesterday', { expires_at: '2020-01-01' }, 'expires_at'],
  ])('a grant with %s', async (_, wrong, param) => {
    const grant = { account: 'beta', amount: '1', reason: 'sorry', ...wrong }
    const { status, body } = await ask('fin', 'POST', '/admin/grants', grant)
    expect(status).toBe(400)
    expect(body.error.param).toBe(param)
  })
})

test('a grant is given once for each form, with its reason and its end', async () => {
  const expires_at = new Date(Date.now() + dayMs).toISOString()
  const grant = { account: 'beta', amount: '7.00', reason: 'sorry', expires_at, once: 'form-1' }
  expect((await ask('fin', 'POST', '/admin/grants', grant)).body.transfer).toStartWith('tfr_')
  expect((await ask('fin', 'POST', '/admin/grants', grant)).body.transfer).toBeNull()
  const { data } = (await ask('bob', 'GET', '/accounts/beta/lots')).body
  expect(data.filter((lot: { code: string }) => lot.code === 'grant')).toMatchObject([
    { amount: '7.00', reason: 'sorry', expires_at, kind: 'promotional' },
  ])
  const nobody = await ask('fin', 'POST', '/admin/grants', { ...grant, account: 'acc_none' })
  expect(nobody.status).toBe(404)
})

test('who guesses is stopped; who was right before is not', async () => {
  const codes = await makeCodes({ count: 12, per_account: 12 })
  for (const code of codes) expect((await redeem('bob', 'beta', code)).status).toBe(200)
  const tries = []
  for (let guess = 0; guess < 12; guess++) {
    tries.push((await redeem('bob', 'beta', newCode())).body.error.code)
  }
  expect(tries.slice(0, 10)).toEqual(Array(10).fill('invalid_voucher'))
  expect(tries.slice(10)).toEqual(['too_many_attempts', 'too_many_attempts'])
})
