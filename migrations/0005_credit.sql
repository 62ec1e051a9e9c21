-- Credit: how it is bought, what of it is left, and how it goes back. Amounts of credit are nano-USD; what a payer pays is in
-- the smallest unit of its currency (cents; whole TWD). Every movement of credit is a transfer; these rows say why.

-- Credit as it came in, under the id of its transfer. spent: what of it is used, as far as the account's lots_seq says: that
-- transfer of its chain is the last one that was divided over the lots. lots_debt: what was spent beyond all of them.
CREATE TABLE lot (
  id TEXT PRIMARY KEY REFERENCES transfer (id),
  account_id TEXT NOT NULL REFERENCES account (id),
  kind TEXT NOT NULL CHECK (kind IN ('paid', 'promotional')),
  amount INTEGER NOT NULL CHECK (amount > 0),
  spent INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  CHECK (spent >= 0 AND spent <= amount)
) STRICT, WITHOUT ROWID;
CREATE INDEX lot_by_account ON lot (account_id);
CREATE INDEX lot_expiring ON lot (expires_at) WHERE expires_at IS NOT NULL;
ALTER TABLE account ADD COLUMN lots_seq INTEGER NOT NULL DEFAULT 0 CHECK (lots_seq >= 0);
ALTER TABLE account ADD COLUMN lots_debt INTEGER NOT NULL DEFAULT 0 CHECK (lots_debt >= 0);

-- What a lot was used for: transfers from_seq to to_seq of its account's chain took so much of it (less than 0: gave back).
CREATE TABLE lot_use (
  lot_id TEXT NOT NULL REFERENCES lot (id),
  from_seq INTEGER NOT NULL,
  to_seq INTEGER NOT NULL CHECK (to_seq >= from_seq),
  code TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (lot_id, from_seq)
) STRICT, WITHOUT ROWID;

INSERT INTO lot (id, account_id, kind, amount, created_at)
  SELECT id, account_id, CASE WHEN code = 'topup' OR code = 'dispute_won' OR code = 'adjustment' THEN 'paid' ELSE 'promotional' END,
    amount, created_at
  FROM transfer WHERE phase = 'single' AND credit_id = account_id AND code <> 'usage_excess';

-- An order for credit. Price, fee and tax are what the payer pays, fixed when it is made; nothing of it comes from a client.
-- checkout: where it is paid, as JSON. buyer: who is billed, as JSON, as it was then. once: of the form that made it.
CREATE TABLE top_up (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  user_id TEXT,
  origin TEXT NOT NULL CHECK (origin IN ('customer', 'recharge')),
  processor TEXT NOT NULL,
  method TEXT,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'pending', 'paid', 'failed', 'expired')),
  credit INTEGER NOT NULL CHECK (credit > 0),
  currency TEXT NOT NULL CHECK (currency IN ('USD', 'TWD')),
  price INTEGER NOT NULL CHECK (price > 0),
  fee INTEGER NOT NULL CHECK (fee >= 0),
  tax INTEGER NOT NULL CHECK (tax >= 0),
  total INTEGER NOT NULL,
  -- Parts of a million, and TWD for 1,000,000 USD; null where there is none.
  tax_rate INTEGER CHECK (tax_rate >= 0),
  tax_country TEXT,
  -- Of the processor that reckoned the tax: its calculation; its record of the sale, and since when it has it.
  tax_calculation TEXT,
  tax_transaction TEXT,
  tax_recorded_at INTEGER,
  exchange_rate INTEGER CHECK (exchange_rate > 0),
  buyer TEXT NOT NULL DEFAULT '{}',
  checkout_id TEXT,
  checkout TEXT,
  -- Where and until when it can be paid, for what is paid later, as JSON: label to value.
  pay_at TEXT,
  payment_id TEXT,
  -- What the processor keeps for itself, once it says so.
  processor_fee INTEGER,
  transfer_id TEXT REFERENCES transfer (id),
  failure TEXT,
  once TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  checked_at INTEGER,
  paid_at INTEGER,
  UNIQUE (processor, payment_id),
  UNIQUE (account_id, once),
  CHECK (total = price + fee + tax),
  CHECK ((state = 'paid') = (transfer_id IS NOT NULL)),
  CHECK (state <> 'paid' OR (payment_id IS NOT NULL AND paid_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX top_up_by_account ON top_up (account_id, created_at);
CREATE INDEX top_up_taxed ON top_up (created_at) WHERE tax_calculation IS NOT NULL;
CREATE INDEX top_up_by_checkout ON top_up (processor, checkout_id) WHERE checkout_id IS NOT NULL;
CREATE INDEX top_up_unsettled ON top_up (created_at) WHERE state = 'open' OR state = 'pending';

-- Credit that goes back. pending_id: the pending transfer that freezes it from when it was asked; it has none where the
-- processor paid it back by itself. approved: what of it is granted. total: what the payer gets, tax and all. next_at: not
-- before then is its processor asked, for the attempts-th time; asking_at: since when it is being asked, until it answers.
-- tax_reversed_at: since when it is in the tax reports of the processor that reckoned its order's tax.
CREATE TABLE refund (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  top_up_id TEXT NOT NULL REFERENCES top_up (id),
  request_id TEXT REFERENCES refund_request (id),
  state TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'approved', 'paid', 'refused', 'withdrawn', 'failed')),
  amount INTEGER NOT NULL CHECK (amount > 0),
  approved INTEGER CHECK (approved > 0 AND approved <= amount),
  total INTEGER CHECK (total >= 0),
  reason TEXT NOT NULL DEFAULT '',
  asked_by TEXT NOT NULL,
  decided_by TEXT,
  decision TEXT,
  pending_id TEXT UNIQUE REFERENCES transfer (id),
  transfer_id TEXT REFERENCES transfer (id),
  external_id TEXT,
  failure TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL DEFAULT 0,
  asking_at INTEGER,
  tax_reversed_at INTEGER,
  once TEXT,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  paid_at INTEGER,
  UNIQUE (account_id, once),
  CHECK ((state = 'paid') = (transfer_id IS NOT NULL)),
  CHECK (state <> 'approved' OR approved IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_by_top_up ON refund (top_up_id);
CREATE INDEX refund_by_account ON refund (account_id, created_at);
CREATE INDEX refund_by_request ON refund (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX refund_open ON refund (created_at) WHERE state = 'asked' OR state = 'approved' OR state = 'failed';

-- Since when the refunds that a closed account's request comes down to are asked for; by_hand: what of it belonged to no order and
-- was transferred by the operator; language: of who closed it.
ALTER TABLE refund_request ADD COLUMN opened_at INTEGER;
CREATE INDEX refund_request_open ON refund_request (created_at) WHERE state = 'open';
ALTER TABLE refund_request ADD COLUMN by_hand INTEGER CHECK (by_hand > 0);
ALTER TABLE refund_request ADD COLUMN transfer_id TEXT REFERENCES transfer (id);
ALTER TABLE refund_request ADD COLUMN language TEXT NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'zh-TW'));

-- A payer who had a payment taken back by her bank. id: the processor's name and its id for it.
CREATE TABLE dispute (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id),
  top_up_id TEXT NOT NULL REFERENCES top_up (id),
  state TEXT NOT NULL CHECK (state IN ('open', 'won', 'lost')),
  amount INTEGER NOT NULL CHECK (amount > 0),
  reason TEXT,
  transfer_id TEXT NOT NULL REFERENCES transfer (id),
  won_id TEXT REFERENCES transfer (id),
  created_at INTEGER NOT NULL,
  closed_at INTEGER,
  CHECK ((state = 'won') = (won_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX dispute_by_top_up ON dispute (top_up_id);

-- Codes that are credit for who has them first. credit_days: how long the credit lasts; null for ever.
CREATE TABLE voucher_batch (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  credit INTEGER NOT NULL CHECK (credit > 0),
  count INTEGER NOT NULL CHECK (count > 0 AND count <= 10000),
  per_account INTEGER NOT NULL DEFAULT 1 CHECK (per_account > 0),
  expires_at INTEGER,
  credit_days INTEGER CHECK (credit_days > 0),
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- hash: SHA-256 of the code. nth: which of its batch the account redeemed, so that no race takes more than it may.
CREATE TABLE voucher (
  hash TEXT PRIMARY KEY,
  suffix TEXT NOT NULL,
  batch_id TEXT NOT NULL REFERENCES voucher_batch (id),
  account_id TEXT REFERENCES account (id),
  nth INTEGER CHECK (nth > 0),
  redeemed_by TEXT,
  redeemed_at INTEGER,
  transfer_id TEXT REFERENCES transfer (id),
  UNIQUE (batch_id, account_id, nth),
  CHECK ((account_id IS NULL) = (redeemed_at IS NULL)),
  CHECK ((account_id IS NULL) = (transfer_id IS NULL)),
  CHECK ((account_id IS NULL) = (nth IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX voucher_by_batch ON voucher (batch_id);

-- Who an account is billed as. Its country is the account's.
CREATE TABLE buyer (
  account_id TEXT PRIMARY KEY REFERENCES account (id),
  name TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL DEFAULT '',
  email TEXT,
  tax_id TEXT
) STRICT, WITHOUT ROWID;

-- The number of the newest receipt. Raised in the receipt's own commit: what is refused leaves no gap, and two at once wait for
-- each other at this row.
CREATE TABLE receipt_number (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last INTEGER NOT NULL
) STRICT;
INSERT INTO receipt_number (id, last) VALUES (1, 0);

-- Receipts and credit notes by running numbers without gaps. total, tax: what was paid, or of a credit note paid back, in the
-- order's currency. facts: all that is printed, as JSON, as it was then.
CREATE TABLE receipt (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  kind TEXT NOT NULL CHECK (kind IN ('receipt', 'credit_note')),
  account_id TEXT NOT NULL REFERENCES account (id),
  top_up_id TEXT NOT NULL REFERENCES top_up (id),
  refund_id TEXT UNIQUE REFERENCES refund (id),
  total INTEGER NOT NULL CHECK (total >= 0),
  tax INTEGER NOT NULL CHECK (tax >= 0 AND tax <= total),
  facts TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  CHECK ((kind = 'credit_note') = (refund_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX receipt_of_payment ON receipt (top_up_id) WHERE refund_id IS NULL;
CREATE INDEX receipt_by_top_up ON receipt (top_up_id);
CREATE INDEX receipt_by_account ON receipt (account_id, created_at);

-- The outbox of e-invoices: what is to be told to who issues them, for each receipt and credit note.
CREATE TABLE invoice (
  receipt_number INTEGER PRIMARY KEY REFERENCES receipt (number),
  issuer TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  number TEXT,
  random TEXT,
  error TEXT,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  CHECK ((state = 'sent') = (sent_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX invoice_due ON invoice (next_at) WHERE state = 'queued';

-- Opt-in to recharge [T3.5]. under_way: the order that pays for the crossing; while there is one, none is made. next_at: nothing
-- is done before then: while a charge is in some process's hand, a minute after it, after a decline, or until the next month.
-- setup_id: a page at the processor where a way to pay is saved, asked for until setup_until.
CREATE TABLE recharge (
  account_id TEXT PRIMARY KEY REFERENCES account (id),
  processor TEXT NOT NULL,
  customer_id TEXT,
  method_id TEXT,
  method_label TEXT,
  state TEXT NOT NULL CHECK (state IN ('setup', 'on', 'off')),
  threshold INTEGER NOT NULL CHECK (threshold > 0),
  credit INTEGER NOT NULL CHECK (credit > 0),
  monthly_cap INTEGER NOT NULL CHECK (monthly_cap >= credit),
  under_way TEXT REFERENCES top_up (id),
  failures INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL DEFAULT 0,
  failure TEXT,
  setup_id TEXT,
  setup_until INTEGER NOT NULL DEFAULT 0,
  agreed_by TEXT NOT NULL,
  agreed_at INTEGER NOT NULL,
  CHECK (state <> 'on' OR (customer_id IS NOT NULL AND method_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What the operator tells everyone: on the page from shows_at to ends_at, and by mail where mail says so. told_to: the last
-- user whose mail is queued; told_at: when all were.
CREATE TABLE announcement (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('announcement', 'maintenance')),
  title_en TEXT NOT NULL,
  title_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  text_zh TEXT NOT NULL,
  shows_at INTEGER NOT NULL,
  ends_at INTEGER CHECK (ends_at > shows_at),
  mail INTEGER NOT NULL CHECK (mail IN (0, 1)),
  told_to TEXT NOT NULL DEFAULT '',
  told_at INTEGER,
  published_by TEXT NOT NULL,
  withdrawn_at INTEGER,
  withdrawn_by TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a user does not want by mail, by kind of notice. Without a row it is mailed.
CREATE TABLE muted (
  user_id TEXT NOT NULL REFERENCES "user" (id),
  kind TEXT NOT NULL,
  PRIMARY KEY (user_id, kind)
) STRICT, WITHOUT ROWID;

-- When an account was last told of a kind, so that it is told at most once a day.
CREATE TABLE told (
  account_id TEXT NOT NULL REFERENCES account (id),
  kind TEXT NOT NULL,
  told_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, kind)
) STRICT, WITHOUT ROWID;

-- Alerts of more kinds than before.
DROP TABLE alert;
CREATE TABLE alert (
  account_id TEXT NOT NULL REFERENCES account (id),
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  raised_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, kind, subject)
) STRICT, WITHOUT ROWID;
