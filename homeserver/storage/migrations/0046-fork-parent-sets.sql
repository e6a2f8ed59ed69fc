-- The set of differences that the event's own set adds to: on a long branch each event has only what is new, and now and then
-- one has the whole. Null: none.
ALTER TABLE fork_event ADD COLUMN parent_set bigint;
