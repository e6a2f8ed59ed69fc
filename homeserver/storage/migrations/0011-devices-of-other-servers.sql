-- Copies of the device lists of other servers' users, and messages to their devices that wait to leave.

-- Users of other servers who share a room with a user of this server and whose keys somebody here has asked for. All
-- rows of a user are written by the shard of that user.
CREATE TABLE remote_device_list (
  user_id text COLLATE "C" PRIMARY KEY,
  server text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  -- stream_id of the newest update that the copy contains; null: there is no copy yet.
  stream_id bigint,
  -- An update is missing: the server has to be asked for the whole list.
  is_stale boolean NOT NULL,
  -- Counts what made the copy stale, so that an answer to an earlier question does not end it.
  mark integer NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
CREATE INDEX remote_device_list_stale ON remote_device_list (shard, server) WHERE is_stale;

-- Their cross-signing keys are in cross_signing_key.
CREATE TABLE remote_device (
  user_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  display_name text,
  -- Identity keys, as canonical JSON.
  body text NOT NULL,
  PRIMARY KEY (user_id, device_id)
);

-- The newest update of a user's devices as other servers are told of it; null: none yet. Cross-signing keys count in
-- position alone.
ALTER TABLE device_list ADD COLUMN stream_id bigint;

-- Messages to devices of other servers' users until their server has acknowledged them. A destination's rows are written
-- by its home shard.
CREATE TABLE to_device_outbox (
  destination text COLLATE "C" NOT NULL,
  -- In the order in which they were sent.
  id bigint GENERATED ALWAYS AS IDENTITY,
  -- Content of the m.direct_to_device EDU (JSON).
  content text NOT NULL,
  PRIMARY KEY (destination, id)
);

-- Positions by shard from which on these rules count messages; before them the predefined rules did. Null: always.
ALTER TABLE push_rule_changes ADD COLUMN counts_from bigint[];
