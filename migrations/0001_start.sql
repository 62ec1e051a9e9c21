-- A closed list that every call is checked against is a chain of OR: SQLite would build a tree for each IN.
-- Rows lie in the order of their primary keys (WITHOUT ROWID): one tree less to write for each.
-- Times are milliseconds since 1970, amounts nano-USD, prices pico-USD per unit, flags 0 or 1.

CREATE TABLE instance (
  id TEXT PRIMARY KEY,
  started_at INTEGER NOT NULL,
  beat INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What owns credit, keys and usage; and the operator's own ("house") sides of every movement, which keep no totals.
-- seq and head: the length and last hash of the account's chain of transfers.
CREATE TABLE account (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'entity', 'house')),
  email TEXT UNIQUE,
  tier TEXT NOT NULL DEFAULT 'standard',
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'closed')),
  state_reason TEXT,
  debits_pending INTEGER NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
  debits_posted INTEGER NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
  credits_pending INTEGER NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
  credits_posted INTEGER NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
  seq INTEGER NOT NULL DEFAULT 0,
  head TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  CHECK (kind <> 'house' OR (debits_pending = 0 AND debits_posted = 0 AND credits_pending = 0 AND credits_posted = 0))
) STRICT, WITHOUT ROWID;

-- account_id: whose statement and chain the movement belongs to; seq counts within it, without gaps.
CREATE TABLE transfer (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  seq INTEGER NOT NULL CHECK (seq > 0),
  phase TEXT NOT NULL CHECK (phase = 'single' OR phase = 'pending' OR phase = 'post' OR phase = 'void'),
  pending_id TEXT REFERENCES transfer (id),
  debit_id TEXT NOT NULL REFERENCES account (id),
  credit_id TEXT NOT NULL REFERENCES account (id),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  code TEXT NOT NULL CHECK (code = 'usage' OR code = 'usage_excess' OR code = 'topup' OR code = 'refund' OR code =
    'dispute' OR code = 'dispute_won' OR code = 'grant' OR code = 'adjustment' OR code = 'voucher' OR code = 'expiry' OR
    code = 'writeoff'),
  external_id TEXT,
  corrects_id TEXT REFERENCES transfer (id),
  reason TEXT,
  actor TEXT,
  created_at INTEGER NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (account_id, seq),
  CHECK (debit_id <> credit_id),
  CHECK ((phase = 'post' OR phase = 'void') = (pending_id IS NOT NULL)),
  CHECK (phase = 'single' OR code = 'usage'),
  CHECK (code <> 'adjustment' OR (reason IS NOT NULL AND actor IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX transfer_resolution ON transfer (pending_id) WHERE pending_id IS NOT NULL;
CREATE UNIQUE INDEX transfer_external ON transfer (code, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE key (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  suffix TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled', 'revoked')),
  expires_at INTEGER,
  credit_limit INTEGER CHECK (credit_limit >= 0),
  credit_reset TEXT CHECK (credit_reset IN ('daily', 'weekly', 'monthly')),
  rpm INTEGER CHECK (rpm > 0),
  tpm INTEGER CHECK (tpm > 0),
  concurrent INTEGER CHECK (concurrent > 0),
  models TEXT,
  ips TEXT,
  -- Spent since period_start, and held right now.
  spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
  held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  period_start INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_by_account ON key (account_id);

-- A pending transfer that waits for its post or void: what is held now, by which process, and what was delivered so far
-- (units as JSON; null until something was), so that a crash charges no more than was sent.
CREATE TABLE hold (
  id TEXT PRIMARY KEY REFERENCES transfer (id),
  account_id TEXT NOT NULL REFERENCES account (id),
  key_id TEXT NOT NULL REFERENCES key (id),
  instance_id TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  draft TEXT NOT NULL,
  delivered TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE model (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('chat', 'embeddings')),
  name TEXT,
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deprecated', 'retired')),
  retires_at INTEGER,
  successor_id TEXT REFERENCES model (id),
  context_length INTEGER NOT NULL CHECK (context_length > 0),
  max_output INTEGER CHECK (max_output > 0),
  traits TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE channel (
  id TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  base_url TEXT NOT NULL,
  credential TEXT,
  allow_private INTEGER NOT NULL DEFAULT 0 CHECK (allow_private IN (0, 1)),
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  quirks TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE model_channel (
  model_id TEXT NOT NULL REFERENCES model (id),
  channel_id TEXT NOT NULL REFERENCES channel (id),
  upstream_model TEXT NOT NULL,
  priority INTEGER NOT NULL DEFAULT 0,
  weight INTEGER NOT NULL DEFAULT 1 CHECK (weight > 0),
  PRIMARY KEY (model_id, channel_id, upstream_model)
) STRICT, WITHOUT ROWID;

-- A dated version of a model's prices. Never changed: the next version takes effect at its time.
CREATE TABLE price (
  id TEXT PRIMARY KEY,
  model_id TEXT NOT NULL REFERENCES model (id),
  side TEXT NOT NULL CHECK (side IN ('sell', 'buy')),
  effective_from INTEGER NOT NULL,
  published_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX price_by_model ON price (model_id, side, effective_from);

CREATE TABLE rate (
  price_id TEXT NOT NULL REFERENCES price (id),
  unit TEXT NOT NULL CHECK (unit IN ('input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_in', 'image', 'output',
    'reasoning', 'audio_out', 'search', 'request')),
  min_prompt_tokens INTEGER NOT NULL DEFAULT 0 CHECK (min_prompt_tokens >= 0),
  price INTEGER NOT NULL CHECK (price >= 0 AND price <= 10000000000),
  PRIMARY KEY (price_id, unit, min_prompt_tokens)
) STRICT, WITHOUT ROWID;

CREATE TABLE proposal (
  id TEXT PRIMARY KEY,
  model_id TEXT NOT NULL REFERENCES model (id),
  side TEXT NOT NULL CHECK (side IN ('sell', 'buy')),
  rates TEXT NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected')),
  decided_by TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One call's record, made with its post or void and under the same id as its pending transfer. cost is units × price;
-- charged is what the account paid; the rest was the operator's write-off.
CREATE TABLE usage (
  id TEXT PRIMARY KEY REFERENCES transfer (id),
  account_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  model_id TEXT NOT NULL,
  channel_id TEXT,
  price_id TEXT NOT NULL REFERENCES price (id),
  buy_price_id TEXT REFERENCES price (id),
  input INTEGER NOT NULL CHECK (input >= 0),
  cache_read INTEGER NOT NULL CHECK (cache_read >= 0),
  cache_write INTEGER NOT NULL CHECK (cache_write >= 0),
  cache_write_1h INTEGER NOT NULL CHECK (cache_write_1h >= 0),
  audio_in INTEGER NOT NULL CHECK (audio_in >= 0),
  image INTEGER NOT NULL CHECK (image >= 0),
  output INTEGER NOT NULL CHECK (output >= 0),
  reasoning INTEGER NOT NULL CHECK (reasoning >= 0),
  audio_out INTEGER NOT NULL CHECK (audio_out >= 0),
  search INTEGER NOT NULL CHECK (search >= 0),
  request INTEGER NOT NULL CHECK (request >= 0),
  cost INTEGER NOT NULL CHECK (cost >= 0),
  charged INTEGER NOT NULL CHECK (charged >= 0),
  buy_cost INTEGER NOT NULL DEFAULT 0 CHECK (buy_cost >= 0),
  usage_source TEXT NOT NULL CHECK (usage_source = 'provider' OR usage_source = 'counted' OR usage_source = 'estimated'
    OR usage_source = 'none'),
  outcome TEXT NOT NULL CHECK (outcome = 'complete' OR outcome = 'client_left' OR outcome = 'broken' OR outcome =
    'refused' OR outcome = 'failed' OR outcome = 'cut' OR outcome = 'crashed'),
  flags TEXT,
  status INTEGER NOT NULL,
  streamed INTEGER NOT NULL CHECK (streamed IN (0, 1)),
  finish_reason TEXT,
  caller TEXT,
  created_at INTEGER NOT NULL,
  first_token_ms INTEGER,
  duration_ms INTEGER NOT NULL,
  CHECK (charged <= cost)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_by_account ON usage (account_id, created_at);

-- Sums by the hour, written with each usage record.
CREATE TABLE usage_hour (
  account_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  model_id TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  charged INTEGER NOT NULL,
  buy_cost INTEGER NOT NULL,
  PRIMARY KEY (account_id, hour, key_id, model_id)
) STRICT, WITHOUT ROWID;

INSERT INTO account (id, kind, created_at) VALUES
  ('income', 'house', 0), ('promo', 'house', 0), ('writeoff', 'house', 0), ('disputes', 'house', 0), ('tax', 'house', 0);
