-- One log per shard: the fence, the order and the stream of everything that readers must be told.

CREATE TABLE shard (
  id smallint PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  owner uuid,
  position bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Processes over this database, and where each takes commands for the shards that it owns.
CREATE TABLE process (
  id uuid PRIMARY KEY,
  address text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- Entries that are not room events (those are rows of "event" and take positions of the same sequence).
CREATE TABLE log_entry (
  shard smallint NOT NULL,
  position bigint NOT NULL,
  kind smallint NOT NULL,
  body text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, position)
);

-- How far a long-lived reader of the log has come.
CREATE TABLE reader_position (
  reader text NOT NULL,
  shard smallint NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (reader, shard)
) WITH (fillfactor = 50);

-- Values that all processes of this homeserver share and that never change once written.
CREATE TABLE server_fact (
  name text PRIMARY KEY,
  value text NOT NULL
);

-- Begins every write transaction: takes the shard's row lock until commit, so that position order is commit order,
-- and refuses a writer whose epoch is over.
CREATE FUNCTION advance_shard(shard_id smallint, held_epoch bigint, from_position bigint, to_position bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shard SET position = to_position
  WHERE id = shard_id AND epoch = held_epoch AND position = from_position;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'shard % is not held with epoch % at position %', shard_id, held_epoch, from_position
      USING ERRCODE = 'HF001';
  END IF;
END
$$;
