/** Looks for what accounts must be told, tells everyone what the operator says, and tells webhooks what is due. */
import { raiseAlerts } from '../notice/alert.ts'
import { tellAnnouncements } from '../notice/announcement.ts'
import { tellCalledOff } from '../notice/called-off.ts'
import { tellComing } from '../notice/coming.ts'
import { deliverEvents } from '../notice/deliver.ts'
import { measureRunways } from '../notice/runway.ts'
import type { Job } from './job.ts'

export const raiseNotices: Job = { name: 'raise-notices', everyMs: 10_000, run: raiseAlerts }

/** A week's pace changes slowly. */
export const measurePaces: Job = { name: 'measure-paces', everyMs: 3_600_000, run: measureRunways }

export const tellChanges: Job = {
  name: 'tell-changes',
  everyMs: 60_000,
  run: async (parts) => {
    await tellCalledOff(parts, parts.catalog.current)
    await tellComing(parts, parts.catalog.current)
  },
}

export const announce: Job = { name: 'announce', everyMs: 1_000, run: tellAnnouncements }

export const sendEvents: Job = {
  name: 'send-events',
  everyMs: 1_000,
  run: (parts) => deliverEvents(parts),
}
