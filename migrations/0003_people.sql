-- People: who signs in, whose account that is, what was agreed to, and what was mailed. Secrets that are only recognised
-- are kept as SHA-256, those that are used again are sealed. Times are milliseconds since 1970, amounts nano-USD.

-- email: one form of each address (lower case); null once the user is closed.
CREATE TABLE "user" (
  id TEXT PRIMARY KEY,
  email TEXT UNIQUE,
  email_verified_at INTEGER,
  name TEXT NOT NULL DEFAULT '',
  password_hash TEXT,
  language TEXT NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'zh-TW')),
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'closed')),
  admin_role TEXT CHECK (admin_role IN ('owner', 'operator', 'support', 'finance', 'auditor')),
  totp_secret TEXT,
  totp_confirmed_at INTEGER,
  totp_step INTEGER NOT NULL DEFAULT 0,
  affirmed_at INTEGER,
  created_at INTEGER NOT NULL,
  CHECK (state = 'closed' OR email IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- A log-in elsewhere: the provider's subject, never its address, says who it is.
CREATE TABLE identity (
  provider TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES "user" (id),
  email TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (provider, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identity_by_user ON identity (user_id, provider);

-- id: SHA-256 of the cookie. expires_at moves with use, ends_at does not. recent_at: when the user last proved who she is.
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES "user" (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  recent_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  address TEXT,
  agent TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_id);

-- A one-time proof that something was received or begun; id is the SHA-256 of what the other side holds.
CREATE TABLE ticket (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('verify', 'reset', 'change', 'second', 'oauth', 'link', 'passkey', 'setup')),
  user_id TEXT REFERENCES "user" (id),
  data TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_by_user ON ticket (user_id, kind);

-- How often something was tried since window_start, for each subject (`login:ann@…`, `address:203.0.113.0/24`…).
CREATE TABLE attempt (
  subject TEXT PRIMARY KEY,
  count INTEGER NOT NULL CHECK (count >= 0),
  window_start INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What may be used once: solved puzzles.
CREATE TABLE spent (
  id TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES "user" (id),
  public_key TEXT NOT NULL,
  counter INTEGER NOT NULL CHECK (counter >= 0),
  transports TEXT NOT NULL DEFAULT '[]',
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_by_user ON passkey (user_id);

CREATE TABLE recovery_code (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES "user" (id),
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX recovery_code_by_user ON recovery_code (user_id);

ALTER TABLE account ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN country TEXT;
-- What the account opted in to [T5.2, T5.3]: training by providers; bodies kept for so many days (0: never).
ALTER TABLE account ADD COLUMN training INTEGER NOT NULL DEFAULT 0 CHECK (training IN (0, 1));
ALTER TABLE account ADD COLUMN body_days INTEGER NOT NULL DEFAULT 0 CHECK (body_days >= 0 AND body_days <= 30);
ALTER TABLE account ADD COLUMN low_balance INTEGER CHECK (low_balance >= 0);
ALTER TABLE account ADD COLUMN closed_at INTEGER;

-- purpose: an inference key makes calls, a management key manages keys and nothing else. created_by: the member.
ALTER TABLE key ADD COLUMN purpose TEXT NOT NULL DEFAULT 'inference' CHECK (purpose IN ('inference', 'management'));
ALTER TABLE key ADD COLUMN created_by TEXT;
ALTER TABLE key ADD COLUMN used_at INTEGER;

CREATE TABLE member (
  account_id TEXT NOT NULL REFERENCES account (id),
  user_id TEXT NOT NULL REFERENCES "user" (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'developer', 'read-only')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_user ON member (user_id);

-- hash: SHA-256 of the token in the mail.
CREATE TABLE invitation (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id),
  email TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'developer', 'read-only')),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'revoked')),
  invited_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_by_account ON invitation (account_id);

-- Opened by closing an account [T8.3]: what it had left, to be paid back.
CREATE TABLE refund_request (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  reason TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'refused')),
  contact TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One version of a legal document, never changed. material: users must agree to it anew from effective_at on [T0.2].
CREATE TABLE document (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('terms', 'privacy', 'refunds')),
  version TEXT NOT NULL,
  material INTEGER NOT NULL CHECK (material IN (0, 1)),
  text_en TEXT NOT NULL,
  text_zh TEXT NOT NULL,
  summary_en TEXT NOT NULL,
  summary_zh TEXT NOT NULL,
  effective_at INTEGER NOT NULL,
  published_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (kind, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE acceptance (
  user_id TEXT NOT NULL REFERENCES "user" (id),
  document_id TEXT NOT NULL REFERENCES document (id),
  accepted_at INTEGER NOT NULL,
  address_hash TEXT,
  agent TEXT,
  PRIMARY KEY (user_id, document_id)
) STRICT, WITHOUT ROWID;

-- The outbox, and the record of what was sent: bodies hold one-time links and are blanked once delivered.
CREATE TABLE mail (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT,
  html TEXT,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  error TEXT,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_due ON mail (next_at) WHERE state = 'queued';

-- secret: sealed.
CREATE TABLE webhook (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  url TEXT NOT NULL,
  secret TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_by_account ON webhook (account_id);

CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  webhook_id TEXT NOT NULL REFERENCES webhook (id),
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  status INTEGER,
  error TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (next_at) WHERE state = 'queued';
CREATE INDEX delivery_by_webhook ON delivery (webhook_id, created_at);

-- What an account was told and need not be told again: raised once at the crossing, deleted when it is left well behind.
CREATE TABLE alert (
  account_id TEXT NOT NULL REFERENCES account (id),
  kind TEXT NOT NULL CHECK (kind IN ('low_balance', 'key_budget_80', 'key_budget_100')),
  subject TEXT NOT NULL,
  raised_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, kind, subject)
) STRICT, WITHOUT ROWID;

-- The operator's business settings, as JSON by name; what is technical is in config.ts.
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
