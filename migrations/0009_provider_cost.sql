-- What providers say they charge, beside what we reckon they do.

-- What the provider said this call cost; null where it said nothing.
ALTER TABLE usage ADD COLUMN reported_cost INTEGER CHECK (reported_cost >= 0);

-- Calls by channel and the hour in which they began: summed by a job, kept when their records are dropped. buy_cost: what we
-- reckon all of them cost. reported and reckoned: what the provider said, and what we reckon, of those it said it of.
CREATE TABLE channel_hour (
  hour INTEGER NOT NULL,
  channel_id TEXT NOT NULL,
  calls INTEGER NOT NULL,
  buy_cost INTEGER NOT NULL,
  reported_calls INTEGER NOT NULL,
  reported INTEGER NOT NULL,
  reckoned INTEGER NOT NULL,
  PRIMARY KEY (hour, channel_id)
) STRICT, WITHOUT ROWID;

-- What a provider's invoice says of a channel and a month (UTC), as an admin typed it. A correction is one more row.
-- amount: null where there is none after all.
CREATE TABLE provider_bill (
  channel_id TEXT NOT NULL REFERENCES channel (id),
  month TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  amount INTEGER CHECK (amount >= 0),
  reason TEXT NOT NULL,
  entered_by TEXT NOT NULL,
  entered_at INTEGER NOT NULL,
  PRIMARY KEY (channel_id, month, revision)
) STRICT, WITHOUT ROWID;
