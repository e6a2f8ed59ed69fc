-- What a room's state is known to have and could not be had so far, mostly since the key of a server could not be found.
CREATE TABLE missing_state_event (
  room integer NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  -- False: it only stands behind the state, as authority.
  is_state boolean NOT NULL,
  PRIMARY KEY (room, event_id)
);
