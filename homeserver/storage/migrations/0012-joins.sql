-- Rooms on other servers that local users join.

-- Of a room that was joined with partial state: the join event and the servers that can tell the rest, those that were
-- in the room at the join.
ALTER TABLE partial_state_room ADD COLUMN join_event text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE partial_state_room ADD COLUMN servers text[] NOT NULL DEFAULT '{}';
-- The position of its shard at which the room became whole; null while it is not.
ALTER TABLE partial_state_room ADD COLUMN whole_since bigint;

-- Joins that another server is about to accept: events that it sends before we have stored the room wait for it.
CREATE TABLE join_in_progress (
  room integer PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
