/** Looks for what accounts must be told, and tells their webhooks what is due. */
import { raiseAlerts } from '../notice/alert.ts'
import { deliverEvents } from '../notice/deliver.ts'
import type { Job } from './job.ts'

export const raiseNotices: Job = { name: 'raise-notices', everyMs: 10_000, run: raiseAlerts }

export const sendEvents: Job = {
  name: 'send-events',
  everyMs: 1_000,
  run: (parts) => deliverEvents(parts),
}
