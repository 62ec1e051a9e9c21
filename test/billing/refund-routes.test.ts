/** Refunds over HTTP: asking by the dashboard, deciding by the operator, and what each of them is shown. */
import { beforeAll, expect, test } from 'bun:test'
import { adminRefundRoutes } from '../../src/admin/refund-routes.ts'
import { refundRoutes } from '../../src/billing/refund-routes.ts'
import type { TopUpRow } from '../../src/billing/top-up.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { newUser } from '../helpers/people.ts'
import { open } from '../http/open.ts'
import { lost, openShop, type Shop } from './refund-world.ts'

let shop: Shop
let accountId: string
let order: TopUpRow
let send: (as: string, method: string, path: string, body?: object) => Promise<Answer>
// biome-ignore lint/suspicious/noExplicitAny: what a client reads
type Answer = { status: number; json: any }

beforeAll(async () => {
  shop = await openShop(await openTestSqlite())
  const { people } = shop
  accountId = await shop.newBuyer()
  order = await shop.buy(accountId, 25n, '5')
  await newUser(people, 'olga', { adminRole: 'finance' })
  const { url } = open((http) => http.use(refundRoutes(people)).use(adminRefundRoutes(people)))
  send = async (as, method, path, body) => {
    const from = { address: '127.0.0.1', agent: null }
    const [cookie] = (await people.sessions.open(as, from)).split(';')
    const headers = { cookie: cookie ?? '', 'content-type': 'application/json' }
    const sent = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const answer = await fetch(url + path, sent)
    return { status: answer.status, json: await answer.json() }
  }
})

const owner = () => `${accountId}-owner`
const ofOrder = () => `/api/accounts/${accountId}/top-ups/${order.id}/refund`

test('what can go back, without the fee for a part and with it for all', async () => {
  const { json } = await send(owner(), 'GET', ofOrder())
  expect(json).toEqual({
    ...{ credit: '25.00', currency: 'USD', left: '25.00', free: '25.00', most: '25.00' },
    ...{ total: '26.25', by_hand: false },
  })
})

test.each(['0', '25.01', '1e3', '-1', '0.001'])('%p is not asked back', async (part) => {
  const { status, json } = await send(owner(), 'POST', ofOrder(), { part, reason: '', once: part })
  expect(status).toBe(400)
  expect(json.error.param).toBe('part')
})

test('asked, decided in part, and shown: that it could not be paid is the operator’s to mend', async () => {
  const asked = { part: '10', reason: 'too much', once: 'form' }
  const { json: made } = await send(owner(), 'POST', ofOrder(), asked)
  expect(made).toMatchObject({ state: 'asked', amount: '10.00', approved: null, total: null })
  expect((await send(owner(), 'POST', ofOrder(), asked)).json.id).toBe(made.id)
  const { json: waiting } = await send('olga', 'GET', '/api/admin/refunds')
  expect(waiting.data).toMatchObject([
    { id: made.id, state: 'asked', reason: 'too much', left: '15.00', order_credit: '25.00' },
  ])

  shop.bank.before = () => lost(false)
  const act = (what: string, body: object) =>
    send('olga', 'POST', `/api/admin/refunds/${made.id}/${what}`, body)
  const { json: decided } = await act('approve', { part: '8', reason: 'all we can' })
  expect(decided).toMatchObject({ state: 'failed', failure: 'no answer', approved: '8.00' })
  const list = `/api/accounts/${accountId}/refunds?top_up=${order.id}`
  expect((await send(owner(), 'GET', list)).json.data).toMatchObject([
    { state: 'approved', approved: '8.00', total: '8.00', decision: 'all we can' },
  ])
  const withdrawn = await send(owner(), 'DELETE', `/api/accounts/${accountId}/refunds/${made.id}`)
  expect(withdrawn.json.error.code).toBe('changed_meanwhile')
  expect((await act('paid', { reference: 'bank 7' })).json).toMatchObject({
    ...{ state: 'paid', reference: 'bank 7' },
  })
  expect((await act('refuse', { reason: 'no' })).json.error.code).toBe('changed_meanwhile')
  expect((await send('olga', 'GET', '/api/admin/refunds?state=paid')).json.data).toHaveLength(1)
  expect((await send('olga', 'GET', '/api/admin/refunds')).json.data).toEqual([])
  expect((await send('olga', 'GET', '/api/admin/refund-requests')).json.data).toEqual([])
  expect((await send('olga', 'GET', '/api/admin/disputes')).json.data).toEqual([])
  expect(await shop.wrong()).toEqual([])
})
