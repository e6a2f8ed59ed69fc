-- What came from the homeserver and IRC does not have yet. The order of positions is the order of arrival.
CREATE TABLE outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  room_id text NOT NULL,
  event_id text NOT NULL UNIQUE,
  event text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  -- Lines of the message that IRC has, and those that were handed to a connection.
  sent_lines int NOT NULL DEFAULT 0,
  attempted_lines int NOT NULL DEFAULT 0
);
CREATE INDEX outbox_room ON outbox (room_id, position);

-- Transactions whose events are stored; the homeserver repeats the newest ones only.
CREATE TABLE received_transaction (
  id text PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);

-- Events that were taken, for as long as they may come again in another transaction.
CREATE TABLE received_event (
  event_id text PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX received_event_age ON received_event (received_at);

-- What came from IRC and the homeserver does not have yet.
CREATE TABLE inbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  network text NOT NULL,
  -- The channel or, for private messages, the nick, folded.
  target text NOT NULL,
  -- The message's own: its msgid, or the connection's epoch and a counter.
  identity text NOT NULL,
  event text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (network, identity)
);
CREATE INDEX inbox_target ON inbox (network, target, position);

-- A room and what it is joined to. user_id is '' for channels, and the Matrix user in private messages.
CREATE TABLE portal (
  room_id text PRIMARY KEY,
  network text NOT NULL,
  target text NOT NULL,
  -- As it is written on IRC.
  display_target text NOT NULL,
  user_id text NOT NULL DEFAULT '',
  kind text NOT NULL CHECK (kind IN ('alias', 'linked', 'private', 'canary')),
  channel_key bytea,
  is_encrypted boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (network, target, user_id)
);

-- People of IRC as users of Matrix.
CREATE TABLE puppet (
  network text NOT NULL,
  -- Folded.
  nick text NOT NULL,
  user_id text NOT NULL UNIQUE,
  display_name text NOT NULL,
  PRIMARY KEY (network, nick)
);

CREATE TABLE puppet_room (
  room_id text NOT NULL,
  user_id text NOT NULL,
  PRIMARY KEY (room_id, user_id)
);

-- Matrix users as people of IRC: what they want to be called, and their password, encrypted.
CREATE TABLE irc_user (
  network text NOT NULL,
  user_id text NOT NULL,
  nick text,
  account text,
  password bytea,
  -- They asked to be off IRC until they ask to be back.
  has_quit boolean NOT NULL DEFAULT false,
  PRIMARY KEY (network, user_id)
);

-- A room that waits for a channel operator's word.
CREATE TABLE link_request (
  network text NOT NULL,
  target text NOT NULL,
  room_id text NOT NULL,
  user_id text NOT NULL,
  code text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (network, target)
);

-- Which event a message of IRC is, for replies, reactions and redactions, and so that none is sent twice.
CREATE TABLE message (
  network text NOT NULL,
  target text NOT NULL,
  identity text NOT NULL,
  room_id text NOT NULL,
  event_id text NOT NULL,
  author text NOT NULL,
  excerpt text NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (network, identity)
);
CREATE INDEX message_event ON message (room_id, event_id);
CREATE INDEX message_age ON message (sent_at);
