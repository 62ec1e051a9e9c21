/**
 * A refund that an operator is about to approve, and what became of it: at the simulated Stripe, in the database's file. Two
 * minutes that an attempt without an answer is left alone pass at once.
 */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { openParts } from '../../src/app.ts'
import { silentLog } from '../../src/base/log.ts'
import { askRefund } from '../../src/billing/refund.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { readTopUp } from '../../src/billing/top-up.ts'
import { readSettings } from '../../src/config.ts'
import type { StripeSimulator } from '../../src/demo/payments/stripe.ts'
import { textsOf } from '../../src/demo/payments/stripe-form.ts'
import { user } from '../../src/store/people.ts'
import { openFile } from './process.ts'

export interface Approving {
  id: string
  approve(url: string): void
}

/** Of an order that is paid first. Made while no server runs. */
export async function askBack(
  data: string,
  settings: Record<string, string>,
  { control }: StripeSimulator,
  order: string,
): Promise<Approving> {
  control.pay({ order })
  const parts = await openParts(readSettings({ data, ...settings }, {}).config, silentLog)
  const { store, sessions } = parts
  await syncTopUp(parts, order)
  const { accountId } = await readTopUp(store, order)
  const { id } = await askRefund(parts, {
    ...{ accountId, topUpId: order, amount: null, reason: '', once: order, askedBy: 'test' },
  })
  const operator = {
    ...{ id: `for-${order}`, email: `${order}@example.com`, emailVerifiedAt: 0, createdAt: 0 },
    adminRole: 'owner' as const,
  }
  await store.write((db) => [db.insert(user).values(operator)])
  const cookie = await sessions.open(operator.id, { address: '127.0.0.1', agent: null })
  await parts.close()
  return {
    id,
    approve: (url) => {
      const headers = { cookie: cookie.split(';')[0] ?? '', 'content-type': 'application/json' }
      const asked = { method: 'POST', headers, body: '{}' }
      // Whoever approves it sees the process die.
      fetch(`${url}/api/admin/refunds/${id}/approve`, asked).catch(() => {})
    },
  }
}

export function letTimePass(data: string): void {
  const file = new Database(join(data, 'kkai.db'), { readwrite: true })
  file.run("UPDATE refund SET next_at = 0 WHERE state = 'approved'")
  file.close()
}

/** Each time that Stripe paid it back. */
export const paidBackAt = ({ journal }: StripeSimulator, id: string) =>
  journal.filter(
    ({ method, path, status, replayed, form }) =>
      method === 'POST' &&
      path === 'refunds' &&
      status === 200 &&
      !replayed &&
      textsOf(form, 'metadata').refund_id === id,
  )

export function countBooked(data: string, id: string): number {
  const file = openFile(data)
  const booked = file
    .query(`SELECT t.id FROM refund r JOIN transfer t ON t.pending_id = r.pending_id
      WHERE r.id = ? AND r.state = 'paid' AND t.phase = 'post'`)
    .all(id).length
  file.close()
  return booked
}
