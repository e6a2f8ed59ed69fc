-- What users have read, what is unread, and who is there.

-- The newest receipt of each (user, type, thread) in a room. Also the read markers from which unread counts follow.
CREATE TABLE receipt (
  room integer NOT NULL,
  member integer NOT NULL,
  -- 1 m.read, 2 m.read.private.
  type smallint NOT NULL,
  -- '' unthreaded, 'main', or the event id of a thread's root.
  thread_id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  -- Of the log entry that told it.
  position bigint NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  event_position bigint NOT NULL,
  -- Position of the thread's root.
  thread bigint,
  -- Milliseconds since 1970, as data.
  sent_at bigint NOT NULL,
  PRIMARY KEY (room, member, type, thread_id)
) WITH (fillfactor = 80);
CREATE INDEX receipt_by_position ON receipt (room, position);

-- Events that count for a member otherwise than event.flags and event.notify_ordinal say: highlights, and everything
-- that notifies a member with push rules of their own. Written with the event.
CREATE TABLE notification (
  room integer NOT NULL,
  member integer NOT NULL,
  shard smallint NOT NULL,
  position bigint NOT NULL,
  -- Position of the root of the event's thread.
  thread bigint,
  -- Bits: 1 notifies, 2 highlights, 4 is counted in event.notify_ordinal too.
  flags smallint NOT NULL,
  PRIMARY KEY (room, member, position)
);
-- For readers of the log, who tell an event together with whom it notifies.
CREATE INDEX notification_by_position ON notification (shard, position);

-- Which threads of a room have news.
CREATE INDEX event_in_threads ON event (room, position) WHERE thread IS NOT NULL;

CREATE TABLE presence (
  user_id text COLLATE "C" PRIMARY KEY,
  -- 0 offline, 1 unavailable, 2 online.
  state smallint NOT NULL,
  status_message text,
  -- Milliseconds since 1970, as data.
  last_active_at bigint NOT NULL,
  currently_active boolean NOT NULL,
  shard smallint NOT NULL,
  -- Of the log entry that told it.
  position bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX presence_by_position ON presence (shard, position);
-- Whom a new client hears of, and whom the owner of a shard watches over.
CREATE INDEX presence_present ON presence (shard) WHERE state <> 0;
