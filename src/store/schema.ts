/**
 * Every table of money and calls, declared once, as `migrations/` makes it (those of people: `people.ts`). Queries are
 * built in SQLite's tongue, which PostgreSQL understands once its placeholders are numbered (`postgres.ts`).
 */
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { type UnitClass, unitClasses } from '../base/units.ts'
import { amount, flag, integer, json } from './column.ts'

export const instance = sqliteTable('instance', {
  id: text('id').primaryKey(),
  startedAt: integer('started_at').notNull(),
  beat: integer('beat').notNull().default(0),
})

export const account = sqliteTable('account', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: ['person', 'entity', 'house'] }).notNull(),
  email: text('email'),
  tier: text('tier').notNull().default('standard'),
  state: text('state', { enum: ['active', 'suspended', 'closed'] })
    .notNull()
    .default('active'),
  stateReason: text('state_reason'),
  debitsPending: amount('debits_pending').notNull().default(0n),
  debitsPosted: amount('debits_posted').notNull().default(0n),
  creditsPending: amount('credits_pending').notNull().default(0n),
  creditsPosted: amount('credits_posted').notNull().default(0n),
  seq: integer('seq').notNull().default(0),
  head: text('head').notNull().default(''),
  name: text('name').notNull().default(''),
  country: text('country'),
  training: flag('training').notNull().default(false),
  bodyDays: integer('body_days').notNull().default(0),
  lowBalance: amount('low_balance'),
  closedAt: integer('closed_at'),
  lotsSeq: integer('lots_seq').notNull().default(0),
  lotsDebt: amount('lots_debt').notNull().default(0n),
  createdAt: integer('created_at').notNull(),
})

export const transfer = sqliteTable('transfer', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  seq: integer('seq').notNull(),
  phase: text('phase', { enum: ['single', 'pending', 'post', 'void'] }).notNull(),
  pendingId: text('pending_id'),
  debitId: text('debit_id').notNull(),
  creditId: text('credit_id').notNull(),
  amount: amount('amount').notNull(),
  code: text('code').notNull(),
  externalId: text('external_id'),
  correctsId: text('corrects_id'),
  reason: text('reason'),
  actor: text('actor'),
  createdAt: integer('created_at').notNull(),
  hash: text('hash').notNull(),
})

export const key = sqliteTable('key', {
  id: text('id').primaryKey(),
  hash: text('hash').notNull(),
  suffix: text('suffix').notNull(),
  accountId: text('account_id').notNull(),
  name: text('name').notNull(),
  state: text('state', { enum: ['active', 'disabled', 'revoked'] })
    .notNull()
    .default('active'),
  expiresAt: integer('expires_at'),
  creditLimit: amount('credit_limit'),
  creditReset: text('credit_reset', { enum: ['daily', 'weekly', 'monthly'] }),
  rpm: integer('rpm'),
  tpm: integer('tpm'),
  concurrent: integer('concurrent'),
  models: json<string[]>('models'),
  ips: json<string[]>('ips'),
  spent: amount('spent').notNull().default(0n),
  held: amount('held').notNull().default(0n),
  periodStart: integer('period_start').notNull().default(0),
  purpose: text('purpose', { enum: ['inference', 'management'] })
    .notNull()
    .default('inference'),
  createdBy: text('created_by'),
  usedAt: integer('used_at'),
  createdAt: integer('created_at').notNull(),
})

export const hold = sqliteTable('hold', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  keyId: text('key_id').notNull(),
  instanceId: text('instance_id').notNull(),
  amount: amount('amount').notNull(),
  draft: text('draft').notNull(),
  delivered: text('delivered'),
  createdAt: integer('created_at').notNull(),
})

export const model = sqliteTable('model', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: ['chat', 'embeddings'] }).notNull(),
  name: text('name'),
  state: text('state', { enum: ['active', 'deprecated', 'retired'] })
    .notNull()
    .default('active'),
  retiresAt: integer('retires_at'),
  successorId: text('successor_id'),
  contextLength: integer('context_length').notNull(),
  maxOutput: integer('max_output'),
  traits: json<Record<string, unknown>>('traits').notNull().default({}),
  createdAt: integer('created_at').notNull(),
  revision: integer('revision').notNull().default(0),
})

export const channel = sqliteTable('channel', {
  id: text('id').primaryKey(),
  provider: text('provider').notNull(),
  baseUrl: text('base_url').notNull(),
  credential: text('credential'),
  allowPrivate: flag('allow_private').notNull().default(false),
  state: text('state', { enum: ['active', 'disabled'] })
    .notNull()
    .default('active'),
  quirks: json<Record<string, unknown>>('quirks').notNull().default({}),
  createdAt: integer('created_at').notNull(),
  revision: integer('revision').notNull().default(0),
  stateReason: text('state_reason'),
})

export const modelChannel = sqliteTable(
  'model_channel',
  {
    modelId: text('model_id').notNull(),
    channelId: text('channel_id').notNull(),
    upstreamModel: text('upstream_model').notNull(),
    priority: integer('priority').notNull().default(0),
    weight: integer('weight').notNull().default(1),
  },
  (column) => [primaryKey({ columns: [column.modelId, column.channelId, column.upstreamModel] })],
)

export const price = sqliteTable('price', {
  id: text('id').primaryKey(),
  modelId: text('model_id').notNull(),
  side: text('side', { enum: ['sell', 'buy'] }).notNull(),
  effectiveFrom: integer('effective_from').notNull(),
  publishedBy: text('published_by').notNull(),
  createdAt: integer('created_at').notNull(),
})

export const rate = sqliteTable(
  'rate',
  {
    priceId: text('price_id').notNull(),
    unit: text('unit', { enum: unitClasses }).notNull(),
    minPromptTokens: integer('min_prompt_tokens').notNull().default(0),
    price: amount('price').notNull(),
  },
  (column) => [primaryKey({ columns: [column.priceId, column.unit, column.minPromptTokens] })],
)

export const proposal = sqliteTable('proposal', {
  id: text('id').primaryKey(),
  modelId: text('model_id').notNull(),
  side: text('side', { enum: ['sell', 'buy'] }).notNull(),
  rates: json<{ unit: UnitClass; minPromptTokens: number; price: string }[]>('rates').notNull(),
  source: text('source').notNull(),
  state: text('state', { enum: ['open', 'approved', 'rejected'] })
    .notNull()
    .default('open'),
  decidedBy: text('decided_by'),
  createdAt: integer('created_at').notNull(),
})

export const usage = sqliteTable('usage', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  keyId: text('key_id').notNull(),
  modelId: text('model_id').notNull(),
  channelId: text('channel_id'),
  priceId: text('price_id').notNull(),
  buyPriceId: text('buy_price_id'),
  input: integer('input').notNull(),
  cache_read: integer('cache_read').notNull(),
  cache_write: integer('cache_write').notNull(),
  cache_write_1h: integer('cache_write_1h').notNull(),
  audio_in: integer('audio_in').notNull(),
  image: integer('image').notNull(),
  output: integer('output').notNull(),
  reasoning: integer('reasoning').notNull(),
  audio_out: integer('audio_out').notNull(),
  search: integer('search').notNull(),
  request: integer('request').notNull(),
  cost: amount('cost').notNull(),
  charged: amount('charged').notNull(),
  buyCost: amount('buy_cost').notNull(),
  usageSource: text('usage_source', {
    enum: ['provider', 'counted', 'estimated', 'none'],
  }).notNull(),
  outcome: text('outcome', {
    enum: ['complete', 'client_left', 'broken', 'refused', 'failed', 'cut', 'crashed'],
  }).notNull(),
  flags: text('flags'),
  status: integer('status').notNull(),
  streamed: flag('streamed').notNull(),
  finishReason: text('finish_reason'),
  caller: text('caller'),
  createdAt: integer('created_at').notNull(),
  firstTokenMs: integer('first_token_ms'),
  durationMs: integer('duration_ms').notNull(),
  reportedCost: amount('reported_cost'),
})

export const usageHour = sqliteTable(
  'usage_hour',
  {
    accountId: text('account_id').notNull(),
    hour: integer('hour').notNull(),
    keyId: text('key_id').notNull(),
    modelId: text('model_id').notNull(),
    calls: integer('calls').notNull(),
    failures: integer('failures').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    completionTokens: integer('completion_tokens').notNull(),
    charged: amount('charged').notNull(),
    buyCost: amount('buy_cost').notNull(),
  },
  (column) => [
    primaryKey({ columns: [column.accountId, column.hour, column.keyId, column.modelId] }),
  ],
)

export const channelHour = sqliteTable(
  'channel_hour',
  {
    hour: integer('hour').notNull(),
    channelId: text('channel_id').notNull(),
    calls: integer('calls').notNull(),
    buyCost: amount('buy_cost').notNull(),
    reportedCalls: integer('reported_calls').notNull(),
    reported: amount('reported').notNull(),
    reckoned: amount('reckoned').notNull(),
  },
  (column) => [primaryKey({ columns: [column.hour, column.channelId] })],
)

export const providerBill = sqliteTable(
  'provider_bill',
  {
    channelId: text('channel_id').notNull(),
    month: text('month').notNull(),
    revision: integer('revision').notNull(),
    amount: amount('amount'),
    reason: text('reason').notNull(),
    enteredBy: text('entered_by').notNull(),
    enteredAt: integer('entered_at').notNull(),
  },
  (column) => [primaryKey({ columns: [column.channelId, column.month, column.revision] })],
)
