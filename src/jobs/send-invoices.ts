/** Has e-invoices issued that are due. Without an issuer nothing is queued. */
import { sendDueInvoices } from '../billing/invoice-outbox.ts'
import type { Job } from './job.ts'

export const sendInvoices: Job = {
  name: 'send-invoices',
  everyMs: 2_000,
  run: sendDueInvoices,
}
