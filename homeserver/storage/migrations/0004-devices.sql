-- End-to-end encryption: keys of devices and users, messages to devices, and backups of room keys. All rows of a user
-- are written by the shard of that user.

-- Identity keys, as uploaded (JSON). A device without a row has none.
CREATE TABLE device_keys (
  user_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (user_id, device_id)
);

CREATE TABLE one_time_key (
  user_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  algorithm text COLLATE "C" NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  -- Counts the device's uploads: keys are claimed in this order.
  upload integer NOT NULL,
  -- The key, as canonical JSON.
  body text NOT NULL,
  -- Claimed keys stay for some uploads, so that an upload that is tried again does not bring one back.
  is_claimed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (user_id, device_id, algorithm, key_id)
) WITH (fillfactor = 80);
CREATE INDEX one_time_key_claimable ON one_time_key (user_id, device_id, algorithm, upload, key_id)
  WHERE NOT is_claimed;

-- One per algorithm, given out when there is no one-time key left, and kept.
CREATE TABLE fallback_key (
  user_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  algorithm text COLLATE "C" NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  is_used boolean NOT NULL DEFAULT false,
  PRIMARY KEY (user_id, device_id, algorithm)
) WITH (fillfactor = 80);

CREATE TABLE cross_signing_key (
  user_id text COLLATE "C" NOT NULL,
  -- 'master', 'self_signing' or 'user_signing'.
  usage text COLLATE "C" NOT NULL,
  -- The public key, unpadded base64; the key's id is `ed25519:` and this.
  public_key text COLLATE "C" NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (user_id, usage)
);

-- Signatures that were uploaded apart from what they sign. Rows belong to the signer.
CREATE TABLE key_signature (
  user_id text COLLATE "C" NOT NULL,
  -- A device id or a public cross-signing key.
  key_name text COLLATE "C" NOT NULL,
  signer_id text COLLATE "C" NOT NULL,
  -- Such as `ed25519:PUBLICKEY`.
  signer_key_id text COLLATE "C" NOT NULL,
  signature text NOT NULL,
  -- Of the log entry that told it to the signer.
  shard smallint NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (user_id, key_name, signer_id, signer_key_id)
);
CREATE INDEX key_signature_by_signer ON key_signature (signer_id, signer_key_id);

-- Where in the log the devices or keys of a user last changed.
CREATE TABLE device_list (
  user_id text COLLATE "C" PRIMARY KEY,
  shard smallint NOT NULL,
  position bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX device_list_changes ON device_list (shard, position);

-- Messages that devices have not acknowledged yet.
CREATE TABLE inbox_message (
  user_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  -- Of the log entry that told of it. Messages that did not fit into a reply are moved to a later one together, and
  -- keep their order by ordinal.
  position bigint NOT NULL,
  ordinal integer NOT NULL DEFAULT 0,
  -- The event as clients see it (JSON), or where several devices got the same, its id in shared_message.
  body text,
  shared bigint,
  PRIMARY KEY (user_id, device_id, shard, position, ordinal)
) WITH (fillfactor = 90);
CREATE INDEX inbox_message_shared ON inbox_message (shared) WHERE shared IS NOT NULL;

CREATE TABLE shared_message (
  id bigint PRIMARY KEY,
  body text NOT NULL
);

-- Requests to send to devices that were carried out, by SHA-256 of who sent them under which transaction id.
CREATE TABLE to_device_transaction (
  shard smallint NOT NULL,
  identity bytea NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (shard, identity)
);
CREATE INDEX to_device_transaction_age ON to_device_transaction (shard, position);

CREATE TABLE key_backup (
  user_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  algorithm text NOT NULL,
  -- JSON object.
  auth_data text NOT NULL,
  -- Changes of its keys so far.
  etag bigint NOT NULL DEFAULT 0,
  key_count integer NOT NULL DEFAULT 0,
  -- Deleted versions stay as numbers that are not given again.
  is_deleted boolean NOT NULL DEFAULT false,
  -- Names the request that made it, so that asking again after a lost answer finds it.
  attempt text NOT NULL,
  PRIMARY KEY (user_id, version)
) WITH (fillfactor = 80);

CREATE TABLE key_backup_session (
  user_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  first_message_index bigint NOT NULL,
  forwarded_count bigint NOT NULL,
  is_verified boolean NOT NULL,
  -- JSON object.
  session_data text NOT NULL,
  PRIMARY KEY (user_id, version, room_id, session_id)
);
