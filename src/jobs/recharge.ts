/** Charges what accounts agreed to once their balance is low; and follows how ways to pay are saved and forgotten. */
import { tendMethods } from '../billing/recharge.ts'
import { chargeDue } from '../billing/recharge-charge.ts'
import type { Job } from './job.ts'

export const recharge: Job = { name: 'recharge', everyMs: 2_000, run: chargeDue }

export const tendSavedMethods: Job = {
  name: 'tend-saved-methods',
  everyMs: 30_000,
  run: tendMethods,
}
