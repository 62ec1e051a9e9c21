ALTER TABLE transfer
  DROP CONSTRAINT transfer_check2,
  ADD CONSTRAINT transfer_check2 CHECK (phase = 'single' OR code = 'usage' OR code = 'refund');
