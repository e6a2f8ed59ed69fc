-- Rooms in which other servers write, too: events without a place in the timeline, forks and their states, and events
-- that came before those that they refer to.

-- Positions of a state event's auth events. Null for messages, and for rows that are older than the column: their body
-- names the auth events by id.
-- Further bits of event.flags: 64 outlier (in no timeline: known as state or for its authority only), 128 changed the
-- room's state otherwise than by becoming part of it: the spans that begin at its position say how.
-- Only accepted events that came live have positions above zero. An event that was known as an outlier and gets its
-- place in the timeline has a second row.
ALTER TABLE event ADD COLUMN auth bigint[];
-- The auth events of a room.
CREATE INDEX event_state ON event (room, position) WHERE flags & 16 <> 0;

-- Null: from from_position on the room has no such state, because state resolution took it away.
ALTER TABLE room_state ALTER COLUMN event DROP NOT NULL;
CREATE INDEX room_state_absent ON room_state (room) WHERE event IS NULL;

-- A room's forward extremities, where they are more than its newest accepted event alone.
CREATE TABLE forward_extremity (
  room integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (room, position)
);

-- Events that are not here, with the lowest-lying event here that comes right after.
CREATE TABLE backward_extremity (
  room integer NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (room, event_id)
);
CREATE INDEX backward_extremity_by_position ON backward_extremity (room, position);

-- Events after which the state is not what room_state has at their position: it is what room_state has at `base`, with
-- the differences of `state_set` (null: none).
CREATE TABLE fork_event (
  room integer NOT NULL,
  position bigint NOT NULL,
  base bigint NOT NULL,
  state_set bigint,
  PRIMARY KEY (room, position)
);

-- Differences from room_state at the base. A set is named by the position of the first event that has it.
CREATE TABLE fork_state (
  room integer NOT NULL,
  state_set bigint NOT NULL,
  type integer NOT NULL,
  state_key integer NOT NULL,
  -- Position of the event; null: there is no such state.
  event bigint,
  PRIMARY KEY (room, state_set, type, state_key)
);

-- Redactions whose target is not here yet.
CREATE TABLE early_redaction (
  room integer NOT NULL,
  redacts text COLLATE "C" NOT NULL,
  -- Of the redaction.
  position bigint NOT NULL,
  -- Its sender may redact what others sent.
  has_power boolean NOT NULL,
  PRIMARY KEY (room, redacts, position)
);

-- Verified events of other servers that wait for events that they refer to.
CREATE TABLE received_pdu (
  shard smallint NOT NULL,
  room integer NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  -- The server that sent it.
  origin text COLLATE "C" NOT NULL,
  depth double precision NOT NULL,
  -- Packed as event.body.
  body bytea NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (room, event_id)
);
CREATE INDEX received_pdu_by_shard ON received_pdu (shard, room);

-- Rooms of which most members are not known yet, since they were joined with partial state.
CREATE TABLE partial_state_room (
  room integer PRIMARY KEY,
  -- Of the join.
  position bigint NOT NULL
);
