-- Which events refer to which (m.relates_to), for events in a timeline that are not state.
CREATE TABLE relation (
  room integer NOT NULL,
  -- A hash of the event id that is referred to; that event may not be here. Whoever looks compares the found events.
  parent_hash bigint NOT NULL,
  rel_type text COLLATE "C" NOT NULL,
  -- Of the event that refers; its shard is the room's.
  position bigint NOT NULL,
  sender integer NOT NULL,
  type integer NOT NULL,
  -- A hash of an annotation's key.
  key_hash bigint,
  PRIMARY KEY (room, parent_hash, rel_type, position)
);
