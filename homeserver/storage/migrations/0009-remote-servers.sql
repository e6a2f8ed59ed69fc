-- What all processes remember of other servers, and the keys that this server signs with. Rows are written by any
-- process: whoever writes twice, or later, writes the same.

-- Keys that other servers sign with. One that its server still uses has valid_until_ts (at most seven days after it was
-- fetched), one that it has given up has expired_ts; milliseconds since the epoch.
CREATE TABLE remote_server_key (
  server_name text COLLATE "C" NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  public_key bytea NOT NULL,
  valid_until_ts bigint,
  expired_ts bigint,
  PRIMARY KEY (server_name, key_id)
);

-- The answer in which a server published its keys last, signed by it: passed on to those who ask us as a notary.
CREATE TABLE remote_server_keys (
  server_name text COLLATE "C" PRIMARY KEY,
  answer text NOT NULL,
  valid_until_ts bigint NOT NULL,
  fetched_ts bigint NOT NULL
);

-- Servers that do not answer, so that a restart does not ask them all at once. All times are this database's.
CREATE TABLE remote_server_failure (
  server_name text COLLATE "C" PRIMARY KEY,
  failing_since timestamptz NOT NULL,
  retry_at timestamptz NOT NULL,
  last_error text NOT NULL,
  -- The server was heard from after that. Kept for a while, so that the other processes notice.
  is_over boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70);
CREATE INDEX remote_server_failure_by_change ON remote_server_failure (changed_at);

-- Our own signing keys: the newest whose time has come signs, the others are published as old ones.
CREATE TABLE signing_key (
  key_id text COLLATE "C" PRIMARY KEY,
  secret_key bytea NOT NULL,
  public_key bytea NOT NULL,
  -- Every process publishes a key for a while before any process signs with it.
  signs_from timestamptz NOT NULL DEFAULT clock_timestamp()
);
