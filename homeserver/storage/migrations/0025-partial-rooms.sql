-- The lowest position of the shard at the join: events of other servers that were stored later are below it. Of rooms that
-- were joined before, nothing is.
ALTER TABLE partial_state_room ADD COLUMN lowest_position bigint NOT NULL DEFAULT -9007199254740991;
-- When the room became whole, some of what had been told of it was wrong.
ALTER TABLE partial_state_room ADD COLUMN is_corrected boolean NOT NULL DEFAULT false;
