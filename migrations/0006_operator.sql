-- What admins do: each act is written before it is done, and again how it ended. Neither is ever changed or deleted.

-- act: the route. subject: what its address names. asked: the body as JSON, without secrets.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  actor_id TEXT NOT NULL,
  actor_role TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT,
  account_id TEXT,
  reason TEXT,
  asked TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_by_account ON audit (account_id, at) WHERE account_id IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor_id, at);

-- outcome: done, or the code of the refusal. What was changed, before and after, as JSON.
CREATE TABLE audit_outcome (
  audit_id TEXT PRIMARY KEY REFERENCES audit (id),
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT, WITHOUT ROWID;

-- An account's content may be looked into, for a reason, within a scope and until an end [T4.4]: bodies of its calls are kept
-- sealed from opened_at to ends_at and not after. scope: a key's id, or null for all of the account.
CREATE TABLE investigation (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  key_id TEXT REFERENCES key (id),
  reason TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  ended_at INTEGER,
  ended_by TEXT,
  CHECK (ends_at > opened_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX investigation_by_account ON investigation (account_id, ends_at);
-- Of a body that is kept for an investigation: which one. The account itself does not see it; one that it keeps itself is
-- another row.
ALTER TABLE body ADD COLUMN investigation_id TEXT REFERENCES investigation (id);
CREATE INDEX body_by_investigation ON body (investigation_id) WHERE investigation_id IS NOT NULL;

-- Sessions end and are forgotten; when she last logged in is not, to tell which accounts are used no more [T8.2].
ALTER TABLE "user" ADD COLUMN logged_in_at INTEGER;

-- revision: how often it was changed. A change names the one that it was made from, so that two at once do not undo each other.
ALTER TABLE model ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
-- Why it is disabled.
ALTER TABLE channel ADD COLUMN state_reason TEXT;
-- What all accounts used in a time.
CREATE INDEX usage_hour_by_hour ON usage_hour (hour);

-- What was reached, by name. usage_from: usage records of calls that began before `at` may be gone; what they came to stays in
-- usage_hour and in the ledger. sealing_key: which key all that is sealed was sealed with (a hash in `value`).
CREATE TABLE milestone (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  value TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
