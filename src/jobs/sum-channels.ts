/** Sums what calls cost by channel and hour: for the comparison with what providers say and charge. */
import { sumChannels } from '../ledger/channel-sums.ts'
import type { Job } from './job.ts'

export const sumCosts: Job = {
  name: 'sum-channels',
  everyMs: 300_000,
  soon: true,
  run: ({ store, clock }) => sumChannels(store, clock.now()),
}
