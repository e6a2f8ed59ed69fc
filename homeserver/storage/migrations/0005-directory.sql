-- How rooms are found: aliases of this server, and the rooms that it publishes.

CREATE TABLE room_alias (
  alias text COLLATE "C" PRIMARY KEY,
  -- An alias is claimed before its room is made; until the room exists the alias leads nowhere.
  room_id text COLLATE "C" NOT NULL,
  -- User id.
  creator text COLLATE "C" NOT NULL,
  -- Names the request, so that asking again after a lost answer succeeds.
  request text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX room_alias_by_room ON room_alias (room_id);

-- Rooms in the public directory.
CREATE TABLE published_room (
  room integer PRIMARY KEY
);
