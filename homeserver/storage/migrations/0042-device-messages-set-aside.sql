-- A message that its server refuses alone while it takes others is set aside: it is tried again by itself when this time
-- has come. Null: it waits in its turn. Who sends next and knows nothing of this sends it in its turn.
ALTER TABLE to_device_outbox ADD COLUMN retry_at timestamptz, ADD COLUMN refusals integer NOT NULL DEFAULT 0,
  ADD COLUMN problem text;
CREATE INDEX to_device_outbox_set_aside ON to_device_outbox (retry_at) WHERE retry_at IS NOT NULL;
