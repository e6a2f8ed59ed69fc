-- What lists of rooms show and sort by, derived from the rooms' current state a little later: by a reader of the log that
-- keeps its place in reader_position as `room-figures`. Can be emptied, together with that place, and is made again.
CREATE TABLE room_figures (
  room integer PRIMARY KEY,
  name text,
  canonical_alias text COLLATE "C",
  -- Name and alias as they are looked for.
  search_text text NOT NULL,
  creator text NOT NULL,
  join_rule text,
  history_visibility text,
  guest_access text,
  encryption text,
  room_type text,
  is_federated boolean NOT NULL,
  joined integer NOT NULL,
  -- Of this server.
  joined_local integer NOT NULL,
  -- Current ones.
  state_events integer NOT NULL
) WITH (fillfactor = 80);
