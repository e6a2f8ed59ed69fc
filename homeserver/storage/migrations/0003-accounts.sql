-- Accounts of this server's users, how they log in, and what they keep. Everything of a user is written by the shard
-- of that user. Tokens are stored as SHA-256 only.

CREATE TABLE account (
  user_id text COLLATE "C" PRIMARY KEY,
  -- Argon2id in PHC form; null where no password opens the account.
  password_hash text,
  created_ms bigint NOT NULL,
  -- Names the request that made the account, so that asking again after a lost answer succeeds.
  attempt text NOT NULL,
  is_admin boolean NOT NULL DEFAULT false,
  is_locked boolean NOT NULL DEFAULT false,
  is_suspended boolean NOT NULL DEFAULT false,
  is_deactivated boolean NOT NULL DEFAULT false,
  is_erased boolean NOT NULL DEFAULT false,
  -- The version of the terms that its user agreed to.
  terms_version text
);

CREATE TABLE device (
  user_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  display_name text,
  created_ms bigint NOT NULL,
  last_seen_ms bigint,
  last_seen_address text,
  last_seen_agent text,
  PRIMARY KEY (user_id, device_id)
) WITH (fillfactor = 80);

CREATE TABLE session_token (
  token_hash bytea PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  is_refresh boolean NOT NULL,
  -- Each refresh makes the next generation; the one before ends when the new one is first used.
  generation integer NOT NULL,
  -- By the database's clock; null: never.
  expires_at timestamptz
);
CREATE INDEX session_token_by_device ON session_token (user_id, device_id);
