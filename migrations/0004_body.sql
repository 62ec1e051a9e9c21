-- What was asked and answered, of accounts that chose to keep it [T5.3]: sealed, and gone when its time is over.
CREATE TABLE body (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  sealed TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX body_by_end ON body (expires_at);
CREATE INDEX body_by_account ON body (account_id);
