/** Pays the refunds that are approved and due, and opens those that closed accounts leave. */
import { openClosureRefunds } from '../billing/refund-closure.ts'
import { payDueRefunds } from '../billing/refund-pay.ts'
import type { Job } from './job.ts'

export const payRefunds: Job = {
  name: 'pay-refunds',
  everyMs: 10_000,
  soon: true,
  run: payDueRefunds,
}

export const openClosures: Job = {
  name: 'open-closures',
  everyMs: 10_000,
  run: openClosureRefunds,
}
