/** Drops usage records that are older than the setting `usage_days`, a few at a time: each step holds others up for little. */
import { dropUsage } from '../ledger/retention.ts'
import type { Job } from './job.ts'

const dayMs = 86_400_000
const mostPages = 200

export const dropOldUsage: Job = {
  name: 'drop-usage',
  everyMs: 300_000,
  run: async ({ store, config, clock, log }) => {
    if (config.usageDays === 0) return
    const dropped = await dropUsage(store, clock.now() - config.usageDays * dayMs, mostPages)
    if (dropped > 0) log.info('usage.dropped', { records: dropped })
  },
}
