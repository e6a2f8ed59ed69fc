-- Names that repeat, as integers. Append-only; rows are never changed or removed.

CREATE TABLE name (
  id integer GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY,
  text text COLLATE "C" NOT NULL UNIQUE
);
-- Known to the schema itself: indexes refer to it.
INSERT INTO name (id, text) OVERRIDING SYSTEM VALUE VALUES (1, 'm.room.member'), (2, '');

CREATE TABLE room (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  room_id text COLLATE "C" NOT NULL UNIQUE,
  shard smallint NOT NULL,
  version text NOT NULL,
  creator integer NOT NULL
);

-- Room events, each once. Also the log's entries of kind "event": positions are those of the shard's log;
-- history from before this server came to the room has positions below zero and is in no log.
CREATE TABLE event (
  shard smallint NOT NULL,
  position bigint NOT NULL,
  room integer NOT NULL,
  sender integer NOT NULL,
  type integer NOT NULL,
  -- 6 bytes of the event id's hash, see storage/rooms/text-hash.ts; found rows are compared in full.
  event_id_hash bigint NOT NULL,
  -- 6 bytes of SHA-256 of user, device, path and transaction id, or of the idempotency key; null for events of other
  -- servers. Without an index: the shard's owner keeps those of the newest events in memory
  -- (rooms/recent-transactions.ts).
  transaction_hash bigint,
  -- How many notifying events its timeline (the main one, or its thread) has had, this one included.
  notify_ordinal integer NOT NULL,
  -- Bits: 1 notifies, 2 rejected, 4 soft-failed, 8 redacted, 16 is state, 32 highlights for every member.
  flags smallint NOT NULL DEFAULT 0,
  -- Position of the root of the thread that it is part of.
  thread bigint,
  event_id text COLLATE "C" NOT NULL,
  -- Device and transaction id of a local sender, told to that device alone: `DEVICE TRANSACTION`.
  transaction text,
  -- The PDU's canonical JSON, packed (see storage/rooms/pack-event.ts).
  body bytea NOT NULL,
  PRIMARY KEY (shard, position)
) WITH (toast_tuple_target = 4080);
ALTER TABLE event ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX event_by_room ON event (room, position);
CREATE INDEX event_by_id ON event (event_id_hash);
CREATE INDEX event_highlighting ON event (room, position) WHERE flags & 32 <> 0;
CREATE INDEX event_by_thread ON event (room, thread, position) WHERE thread IS NOT NULL;

-- The room's resolved state as spans of positions: the row's event was current from from_position up to, not
-- including, to_position. A room without forks costs one row per state change.
CREATE TABLE room_state (
  shard smallint NOT NULL,
  room integer NOT NULL,
  type integer NOT NULL,
  state_key integer NOT NULL,
  from_position bigint NOT NULL,
  to_position bigint NOT NULL DEFAULT 9223372036854775807,
  -- Position of the event.
  event bigint NOT NULL,
  -- Of member events: 1 join, 2 invite, 3 knock, 4 leave, 5 ban, 6 forgotten leave or ban.
  membership smallint,
  PRIMARY KEY (room, type, state_key, from_position)
);
CREATE INDEX room_state_membership ON room_state (state_key, room)
  WHERE type = 1 AND to_position = 9223372036854775807;
-- What changed between two positions of a room.
CREATE INDEX room_state_changes ON room_state (room, from_position);
