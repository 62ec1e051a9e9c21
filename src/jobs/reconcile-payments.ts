/** Asks payment processors for what their callbacks missed, from the start on; the server does not wait for it. */
import { reconcile } from '../billing/reconcile.ts'
import type { Job } from './job.ts'

export const reconcilePayments: Job = {
  name: 'reconcile-payments',
  everyMs: 3_600_000,
  soon: true,
  run: async (parts) => {
    const { asked, failed } = await reconcile(parts)
    if (asked > 0) parts.log.info('payments.reconciled', { asked, failed })
  },
}
