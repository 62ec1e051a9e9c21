/** Tables of those who run the platform: see `migrations/0006_operator.sql` for what their columns mean. */
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { integer } from './column.ts'

export const audit = sqliteTable('audit', {
  id: text('id').primaryKey(),
  at: integer('at').notNull(),
  actorId: text('actor_id').notNull(),
  actorRole: text('actor_role').notNull(),
  act: text('act').notNull(),
  subject: text('subject'),
  accountId: text('account_id'),
  reason: text('reason'),
  asked: text('asked').notNull().default('{}'),
})

export const auditOutcome = sqliteTable('audit_outcome', {
  auditId: text('audit_id').primaryKey(),
  at: integer('at').notNull(),
  outcome: text('outcome').notNull(),
  before: text('before'),
  after: text('after'),
})

export const investigation = sqliteTable('investigation', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  keyId: text('key_id'),
  reason: text('reason').notNull(),
  openedBy: text('opened_by').notNull(),
  openedAt: integer('opened_at').notNull(),
  endsAt: integer('ends_at').notNull(),
  endedAt: integer('ended_at'),
  endedBy: text('ended_by'),
})

export const milestone = sqliteTable('milestone', {
  name: text('name').primaryKey(),
  at: integer('at').notNull(),
  value: text('value').notNull().default(''),
})
