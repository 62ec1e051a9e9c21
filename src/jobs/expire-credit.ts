/** Ends promotional credit whose time is over, and tells a week before. */
import { expireCredit as endCredit } from '../billing/expire.ts'
import { tellExpiring } from '../notice/expiring.ts'
import type { Job } from './job.ts'

export const expireCredit: Job = {
  name: 'expire-credit',
  everyMs: 3_600_000,
  run: async (parts) => {
    await endCredit(parts)
    await tellExpiring(parts)
  },
}
