/** Every job: one file and one line each. */
import { backupDaily } from './backup.ts'
import { dropOldUsage } from './drop-usage.ts'
import { expire } from './expire.ts'
import { expireCredit } from './expire-credit.ts'
import type { Job } from './job.ts'
import { announce, measurePaces, raiseNotices, sendEvents, tellChanges } from './notices.ts'
import { openClosures, payRefunds } from './pay-refunds.ts'
import { recharge, tendSavedMethods } from './recharge.ts'
import { reconcilePayments } from './reconcile-payments.ts'
import { refreshCatalog } from './refresh-catalog.ts'
import { sendInvoices } from './send-invoices.ts'
import { sendMail } from './send-mail.ts'
import { sumCosts } from './sum-channels.ts'
import { sweepHolds } from './sweep-holds.ts'
import { verify } from './verify.ts'

export const jobs: readonly Job[] = [
  sweepHolds,
  refreshCatalog,
  verify,
  sendMail,
  sendInvoices,
  reconcilePayments,
  payRefunds,
  openClosures,
  recharge,
  tendSavedMethods,
  raiseNotices,
  measurePaces,
  tellChanges,
  announce,
  sendEvents,
  expire,
  sumCosts,
  dropOldUsage,
  backupDaily,
  expireCredit,
]
