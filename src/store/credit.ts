/** Tables of credit: see `migrations/0005_credit.sql` for what their columns mean. */
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { amount, flag, integer, json } from './column.ts'

/** Who is billed: what a receipt prints of her. */
export interface Buyer {
  name?: string
  address?: string
  email?: string | null
  taxId?: string | null
  country?: string | null
}

/** Where an order is paid: at an address, by a form that the browser posts there, or by what is told to do. */
export type Checkout =
  | { kind: 'redirect'; url: string }
  | { kind: 'form'; action: string; fields: Record<string, string> }
  | { kind: 'instructions' }

export const lot = sqliteTable('lot', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  kind: text('kind', { enum: ['paid', 'promotional'] }).notNull(),
  amount: amount('amount').notNull(),
  spent: amount('spent').notNull().default(0n),
  expiresAt: integer('expires_at'),
  createdAt: integer('created_at').notNull(),
})

export const lotUse = sqliteTable(
  'lot_use',
  {
    lotId: text('lot_id').notNull(),
    fromSeq: integer('from_seq').notNull(),
    toSeq: integer('to_seq').notNull(),
    code: text('code').notNull(),
    amount: amount('amount').notNull(),
  },
  (column) => [primaryKey({ columns: [column.lotId, column.fromSeq] })],
)

export const topUp = sqliteTable('top_up', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  userId: text('user_id'),
  origin: text('origin', { enum: ['customer', 'recharge'] }).notNull(),
  processor: text('processor').notNull(),
  method: text('method'),
  state: text('state', { enum: ['open', 'pending', 'paid', 'failed', 'expired'] })
    .notNull()
    .default('open'),
  credit: amount('credit').notNull(),
  currency: text('currency', { enum: ['USD', 'TWD'] }).notNull(),
  price: amount('price').notNull(),
  fee: amount('fee').notNull(),
  tax: amount('tax').notNull(),
  total: amount('total').notNull(),
  taxRate: integer('tax_rate'),
  taxCountry: text('tax_country'),
  taxCalculation: text('tax_calculation'),
  taxTransaction: text('tax_transaction'),
  taxRecordedAt: integer('tax_recorded_at'),
  exchangeRate: amount('exchange_rate'),
  buyer: json<Buyer>('buyer').notNull().default({}),
  checkoutId: text('checkout_id'),
  checkout: json<Checkout>('checkout'),
  payAt: json<Record<string, string>>('pay_at'),
  paymentId: text('payment_id'),
  processorFee: amount('processor_fee'),
  transferId: text('transfer_id'),
  failure: text('failure'),
  once: text('once'),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  checkedAt: integer('checked_at'),
  paidAt: integer('paid_at'),
})

export const refund = sqliteTable('refund', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  topUpId: text('top_up_id').notNull(),
  requestId: text('request_id'),
  state: text('state', { enum: ['asked', 'approved', 'paid', 'refused', 'withdrawn', 'failed'] })
    .notNull()
    .default('asked'),
  amount: amount('amount').notNull(),
  approved: amount('approved'),
  total: amount('total'),
  reason: text('reason').notNull().default(''),
  askedBy: text('asked_by').notNull(),
  decidedBy: text('decided_by'),
  decision: text('decision'),
  pendingId: text('pending_id'),
  transferId: text('transfer_id'),
  externalId: text('external_id'),
  failure: text('failure'),
  attempts: integer('attempts').notNull().default(0),
  nextAt: integer('next_at').notNull().default(0),
  askingAt: integer('asking_at'),
  taxReversedAt: integer('tax_reversed_at'),
  once: text('once'),
  createdAt: integer('created_at').notNull(),
  decidedAt: integer('decided_at'),
  paidAt: integer('paid_at'),
})

export const dispute = sqliteTable('dispute', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  topUpId: text('top_up_id').notNull(),
  state: text('state', { enum: ['open', 'won', 'lost'] }).notNull(),
  amount: amount('amount').notNull(),
  reason: text('reason'),
  transferId: text('transfer_id').notNull(),
  wonId: text('won_id'),
  createdAt: integer('created_at').notNull(),
  closedAt: integer('closed_at'),
})

export const voucherBatch = sqliteTable('voucher_batch', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  credit: amount('credit').notNull(),
  count: integer('count').notNull(),
  perAccount: integer('per_account').notNull().default(1),
  expiresAt: integer('expires_at'),
  creditDays: integer('credit_days'),
  state: text('state', { enum: ['active', 'disabled'] })
    .notNull()
    .default('active'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
})

export const voucher = sqliteTable('voucher', {
  hash: text('hash').primaryKey(),
  suffix: text('suffix').notNull(),
  batchId: text('batch_id').notNull(),
  accountId: text('account_id'),
  nth: integer('nth'),
  redeemedBy: text('redeemed_by'),
  redeemedAt: integer('redeemed_at'),
  transferId: text('transfer_id'),
})

export const buyer = sqliteTable('buyer', {
  accountId: text('account_id').primaryKey(),
  name: text('name').notNull().default(''),
  address: text('address').notNull().default(''),
  email: text('email'),
  taxId: text('tax_id'),
})

export const receiptNumber = sqliteTable('receipt_number', {
  id: integer('id').primaryKey(),
  last: integer('last').notNull(),
})

export const receipt = sqliteTable('receipt', {
  number: integer('number').primaryKey(),
  kind: text('kind', { enum: ['receipt', 'credit_note'] }).notNull(),
  accountId: text('account_id').notNull(),
  topUpId: text('top_up_id').notNull(),
  refundId: text('refund_id'),
  total: amount('total').notNull(),
  tax: amount('tax').notNull(),
  facts: json<unknown>('facts').notNull(),
  createdAt: integer('created_at').notNull(),
})

export const invoice = sqliteTable('invoice', {
  /** Of its receipt. */
  id: integer('receipt_number').primaryKey(),
  issuer: text('issuer').notNull(),
  state: text('state', { enum: ['queued', 'sent', 'failed'] })
    .notNull()
    .default('queued'),
  attempts: integer('attempts').notNull().default(0),
  nextAt: integer('next_at').notNull(),
  number: text('number'),
  random: text('random'),
  error: text('error'),
  createdAt: integer('created_at').notNull(),
  sentAt: integer('sent_at'),
})

export const recharge = sqliteTable('recharge', {
  accountId: text('account_id').primaryKey(),
  processor: text('processor').notNull(),
  customerId: text('customer_id'),
  methodId: text('method_id'),
  methodLabel: text('method_label'),
  state: text('state', { enum: ['setup', 'on', 'off'] }).notNull(),
  threshold: amount('threshold').notNull(),
  credit: amount('credit').notNull(),
  monthlyCap: amount('monthly_cap').notNull(),
  underWay: text('under_way'),
  failures: integer('failures').notNull().default(0),
  nextAt: integer('next_at').notNull().default(0),
  failure: text('failure'),
  setupId: text('setup_id'),
  setupUntil: integer('setup_until').notNull().default(0),
  agreedBy: text('agreed_by').notNull(),
  agreedAt: integer('agreed_at').notNull(),
})

export const announcement = sqliteTable('announcement', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: ['announcement', 'maintenance'] }).notNull(),
  titleEn: text('title_en').notNull(),
  titleZh: text('title_zh').notNull(),
  textEn: text('text_en').notNull(),
  textZh: text('text_zh').notNull(),
  showsAt: integer('shows_at').notNull(),
  endsAt: integer('ends_at'),
  mail: flag('mail').notNull(),
  toldTo: text('told_to').notNull().default(''),
  toldAt: integer('told_at'),
  publishedBy: text('published_by').notNull(),
  withdrawnAt: integer('withdrawn_at'),
  withdrawnBy: text('withdrawn_by'),
  createdAt: integer('created_at').notNull(),
})

export const muted = sqliteTable(
  'muted',
  {
    userId: text('user_id').notNull(),
    kind: text('kind').notNull(),
  },
  (column) => [primaryKey({ columns: [column.userId, column.kind] })],
)

export const told = sqliteTable(
  'told',
  {
    accountId: text('account_id').notNull(),
    kind: text('kind').notNull(),
    toldAt: integer('told_at').notNull(),
  },
  (column) => [primaryKey({ columns: [column.accountId, column.kind] })],
)
