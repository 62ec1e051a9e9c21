/**
 * Refunds as the processor tells of them: those that we asked for are resolved, those that were made at the processor by
 * hand are booked.
 */
import type { OutsideRefund } from '../processors/processor.ts'
import type { topUp } from '../store/credit.ts'
import type { Billing } from './billing.ts'

export async function settleRefunds(
  _billing: Billing,
  _topUp: typeof topUp.$inferSelect,
  refunds: readonly OutsideRefund[],
): Promise<void> {
  if (refunds.length > 0) throw new Error('refunds are not booked yet')
}
