-- A refund is pending from when it is asked for, as a call is: 0001 let only calls be. A CHECK cannot be changed, so the table
-- is made anew, with all that hangs on it; those who refer to it do so by its name.
CREATE TABLE transfer_next (
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
  CHECK (phase = 'single' OR code = 'usage' OR code = 'refund'),
  CHECK (code <> 'adjustment' OR (reason IS NOT NULL AND actor IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO transfer_next (id, account_id, seq, phase, pending_id, debit_id, credit_id, amount, code, external_id, corrects_id,
    reason, actor, created_at, hash)
  SELECT id, account_id, seq, phase, pending_id, debit_id, credit_id, amount, code, external_id, corrects_id,
    reason, actor, created_at, hash
  FROM transfer;
DROP TABLE transfer;
ALTER TABLE transfer_next RENAME TO transfer;
CREATE UNIQUE INDEX transfer_resolution ON transfer (pending_id) WHERE pending_id IS NOT NULL;
CREATE UNIQUE INDEX transfer_external ON transfer (code, external_id) WHERE external_id IS NOT NULL;
CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is immutable'); END;
CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is immutable'); END;
