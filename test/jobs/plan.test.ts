/**
 * What jobs ask every few seconds, and what is asked at every payment, stays quick however much has happened: a table that
 * grows is never read as a whole.
 */
import { expect, spyOn, test } from 'bun:test'
import type { Parts } from '../../src/admin/parts.ts'
import { describeTopUps, findHinted } from '../../src/billing/top-up.ts'
import { openClosures, payRefunds } from '../../src/jobs/pay-refunds.ts'
import { recharge, tendSavedMethods } from '../../src/jobs/recharge.ts'
import { sendInvoices } from '../../src/jobs/send-invoices.ts'
import { deliverDue } from '../../src/mail/deliver.ts'
import { deliverEvents } from '../../src/notice/deliver.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { openTill } from '../helpers/till.ts'

const state = { draining: false, verified: null }
const growing =
  /^(SCAN|SEARCH) (invoice|mail|delivery|refund|refund_request|top_up|transfer|lot|receipt)\b/

test('by an index', async () => {
  const store = (await openTestSqlite()) as WritingSqliteStore
  const { people, ...till } = await openTill(store)
  const order = await till.order(await till.newBuyer('ann'))
  const asked = spyOn(store.connection, 'query')
  for (const job of [sendInvoices, payRefunds, openClosures, recharge, tendSavedMethods]) {
    await job.run(people as unknown as Parts, state)
  }
  await deliverDue(store, people.log, () => Promise.reject(), 'a', people.clock.now())
  await deliverEvents(people)
  await till.payBack(order, 100n)
  await describeTopUps(store, [order])
  await findHinted(store, 'stripe', { orderId: 'a', checkoutId: 'b', paymentId: 'c' })
  const texts = asked.mock.calls.map(([text]) => text)
  asked.mockRestore()
  const steps = texts.flatMap((text) => {
    using plan = store.connection.prepare<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${text}`)
    return plan.all().map(({ detail }) => detail)
  })
  const read = steps.filter((step) => growing.test(step))
  expect(read.length).toBeGreaterThan(8)
  expect(read.filter((step) => !/ USING (COVERING )?INDEX \w+| PRIMARY KEY/.test(step))).toEqual([])
  expect(read.filter((step) => step.endsWith('(processor=?)'))).toEqual([])
})
