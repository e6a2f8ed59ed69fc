-- Accounts of this server's users, how they log in, and what they keep. Everything of a user is written by the shard
-- of that user. Tokens are stored as SHA-256 only; spans of time end by the database's clock.

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
  -- Null: never.
  expires_at timestamptz
);
CREATE INDEX session_token_by_device ON session_token (user_id, device_id);

-- Tokens for one purpose and a short time: 'login' (one login of another device), 'openid' (proof towards a service).
CREATE TABLE brief_token (
  token_hash bytea PRIMARY KEY,
  purpose text NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX brief_token_by_user ON brief_token (user_id);

-- Interactive authentication that has begun and is not done.
CREATE TABLE interactive_session (
  id text COLLATE "C" PRIMARY KEY,
  operation text NOT NULL,
  -- Null where nobody is logged in yet.
  user_id text COLLATE "C",
  -- JSON array of stages.
  completed text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX interactive_session_expiry ON interactive_session (expires_at);

CREATE TABLE registration_token (
  token text COLLATE "C" PRIMARY KEY,
  -- Null: no limit.
  uses_allowed integer,
  completed integer NOT NULL DEFAULT 0,
  -- Null: never.
  expires_at timestamptz,
  created_ms bigint NOT NULL
);

-- Uses of registration tokens by interactive sessions that are not done yet.
CREATE TABLE registration_token_hold (
  session_id text COLLATE "C" PRIMARY KEY,
  token text COLLATE "C" NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX registration_token_hold_by_token ON registration_token_hold (token);

CREATE TABLE profile_field (
  user_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- JSON.
  value text NOT NULL,
  -- Of the display name: in small letters, as the user directory is searched. Otherwise null.
  search_text text,
  PRIMARY KEY (user_id, name)
);

-- Shard and position are those of the last change, so that a sync from an old token finds what it has missed.
CREATE TABLE account_data (
  user_id text COLLATE "C" NOT NULL,
  -- Empty: global.
  room_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  -- JSON object; null once deleted.
  content text,
  shard smallint NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (user_id, room_id, type)
) WITH (fillfactor = 80);
CREATE INDEX account_data_changes ON account_data (user_id, position);

-- What differs from the predefined push rules; told to clients as account data of type m.push_rules.
CREATE TABLE push_rule_changes (
  user_id text COLLATE "C" PRIMARY KEY,
  -- JSON (PushRuleChanges).
  changes text NOT NULL,
  shard smallint NOT NULL,
  position bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE filter (
  user_id text COLLATE "C" NOT NULL,
  -- Of the definition: the same filter has the same id.
  filter_id text COLLATE "C" NOT NULL,
  definition text NOT NULL,
  PRIMARY KEY (user_id, filter_id)
);
