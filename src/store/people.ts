/**
 * Every table of people: who signs in, members, what was agreed to, mails, webhooks, the operator's settings; declared
 * once, as `migrations/` makes it. How columns and queries work: `schema.ts`.
 */
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { amount, flag, integer, json } from './column.ts'

export const user = sqliteTable('user', {
  id: text('id').primaryKey(),
  email: text('email'),
  emailVerifiedAt: integer('email_verified_at'),
  name: text('name').notNull().default(''),
  passwordHash: text('password_hash'),
  language: text('language', { enum: ['en', 'zh-TW'] })
    .notNull()
    .default('en'),
  state: text('state', { enum: ['active', 'suspended', 'closed'] })
    .notNull()
    .default('active'),
  adminRole: text('admin_role', { enum: ['owner', 'operator', 'support', 'finance', 'auditor'] }),
  totpSecret: text('totp_secret'),
  totpConfirmedAt: integer('totp_confirmed_at'),
  totpStep: integer('totp_step').notNull().default(0),
  affirmedAt: integer('affirmed_at'),
  loggedInAt: integer('logged_in_at'),
  createdAt: integer('created_at').notNull(),
})

export const identity = sqliteTable(
  'identity',
  {
    provider: text('provider').notNull(),
    subject: text('subject').notNull(),
    userId: text('user_id').notNull(),
    email: text('email'),
    createdAt: integer('created_at').notNull(),
  },
  (column) => [primaryKey({ columns: [column.provider, column.subject] })],
)

export const session = sqliteTable('session', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  endsAt: integer('ends_at').notNull(),
  recentAt: integer('recent_at').notNull(),
  seenAt: integer('seen_at').notNull(),
  address: text('address'),
  agent: text('agent'),
})

export const ticket = sqliteTable('ticket', {
  id: text('id').primaryKey(),
  kind: text('kind', {
    enum: ['verify', 'reset', 'change', 'second', 'oauth', 'link', 'passkey', 'setup'],
  }).notNull(),
  userId: text('user_id'),
  data: json<Record<string, unknown>>('data').notNull().default({}),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

export const attempt = sqliteTable('attempt', {
  subject: text('subject').primaryKey(),
  count: integer('count').notNull(),
  windowStart: integer('window_start').notNull(),
})

export const spent = sqliteTable('spent', {
  id: text('id').primaryKey(),
  expiresAt: integer('expires_at').notNull(),
})

export const passkey = sqliteTable('passkey', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  publicKey: text('public_key').notNull(),
  counter: integer('counter').notNull(),
  transports: json<string[]>('transports').notNull().default([]),
  name: text('name').notNull(),
  createdAt: integer('created_at').notNull(),
  usedAt: integer('used_at'),
})

export const recoveryCode = sqliteTable('recovery_code', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  usedAt: integer('used_at'),
})

export const member = sqliteTable(
  'member',
  {
    accountId: text('account_id').notNull(),
    userId: text('user_id').notNull(),
    role: text('role', { enum: ['owner', 'admin', 'billing', 'developer', 'read-only'] }).notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (column) => [primaryKey({ columns: [column.accountId, column.userId] })],
)

export const invitation = sqliteTable('invitation', {
  id: text('id').primaryKey(),
  hash: text('hash').notNull(),
  accountId: text('account_id').notNull(),
  email: text('email').notNull(),
  role: text('role', { enum: ['owner', 'admin', 'billing', 'developer', 'read-only'] }).notNull(),
  state: text('state', { enum: ['open', 'accepted', 'revoked'] })
    .notNull()
    .default('open'),
  invitedBy: text('invited_by').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

export const refundRequest = sqliteTable('refund_request', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  amount: amount('amount').notNull(),
  reason: text('reason').notNull(),
  state: text('state', { enum: ['open', 'paid', 'refused'] })
    .notNull()
    .default('open'),
  contact: text('contact'),
  language: text('language', { enum: ['en', 'zh-TW'] })
    .notNull()
    .default('en'),
  openedAt: integer('opened_at'),
  byHand: amount('by_hand'),
  transferId: text('transfer_id'),
  createdAt: integer('created_at').notNull(),
})

export const document = sqliteTable('document', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: ['terms', 'privacy', 'refunds'] }).notNull(),
  version: text('version').notNull(),
  material: flag('material').notNull(),
  textEn: text('text_en').notNull(),
  textZh: text('text_zh').notNull(),
  summaryEn: text('summary_en').notNull(),
  summaryZh: text('summary_zh').notNull(),
  effectiveAt: integer('effective_at').notNull(),
  publishedBy: text('published_by').notNull(),
  createdAt: integer('created_at').notNull(),
})

export const acceptance = sqliteTable(
  'acceptance',
  {
    userId: text('user_id').notNull(),
    documentId: text('document_id').notNull(),
    acceptedAt: integer('accepted_at').notNull(),
    addressHash: text('address_hash'),
    agent: text('agent'),
  },
  (column) => [primaryKey({ columns: [column.userId, column.documentId] })],
)

export const mail = sqliteTable('mail', {
  id: text('id').primaryKey(),
  kind: text('kind').notNull(),
  recipient: text('recipient').notNull(),
  subject: text('subject').notNull(),
  text: text('text'),
  html: text('html'),
  state: text('state', { enum: ['queued', 'sent', 'failed'] })
    .notNull()
    .default('queued'),
  attempts: integer('attempts').notNull().default(0),
  nextAt: integer('next_at').notNull(),
  error: text('error'),
  createdAt: integer('created_at').notNull(),
  sentAt: integer('sent_at'),
})

export const webhook = sqliteTable('webhook', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  url: text('url').notNull(),
  secret: text('secret').notNull(),
  state: text('state', { enum: ['active', 'disabled'] })
    .notNull()
    .default('active'),
  createdAt: integer('created_at').notNull(),
})

export const delivery = sqliteTable('delivery', {
  id: text('id').primaryKey(),
  webhookId: text('webhook_id').notNull(),
  kind: text('kind').notNull(),
  body: text('body').notNull(),
  state: text('state', { enum: ['queued', 'sent', 'failed'] })
    .notNull()
    .default('queued'),
  attempts: integer('attempts').notNull().default(0),
  nextAt: integer('next_at').notNull(),
  status: integer('status'),
  error: text('error'),
  createdAt: integer('created_at').notNull(),
})

export const alert = sqliteTable(
  'alert',
  {
    accountId: text('account_id').notNull(),
    kind: text('kind').notNull(),
    subject: text('subject').notNull(),
    raisedAt: integer('raised_at').notNull(),
  },
  (column) => [primaryKey({ columns: [column.accountId, column.kind, column.subject] })],
)

export const setting = sqliteTable('setting', {
  name: text('name').primaryKey(),
  value: json<unknown>('value').notNull(),
  changedAt: integer('changed_at').notNull(),
  changedBy: text('changed_by').notNull(),
})

export const body = sqliteTable('body', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  investigationId: text('investigation_id'),
  sealed: text('sealed').notNull(),
  expiresAt: integer('expires_at').notNull(),
})
