-- What is kept of other servers' files, where history was filled in, and what users reported.

-- Whether a file is given only to those who say who they are. Files from before are still found under the old paths.
ALTER TABLE media ADD COLUMN authenticated boolean NOT NULL DEFAULT false;

-- Files of other servers, fetched when somebody asked for them. Their bytes lie in the store on disk like those of this
-- server's own files. Rows are written by the shard of the file's name.
CREATE TABLE remote_media (
  server_name text COLLATE "C" NOT NULL,
  media_id text COLLATE "C" NOT NULL,
  -- SHA-256.
  content bytea NOT NULL,
  size_bytes bigint NOT NULL,
  content_type text NOT NULL,
  file_name text,
  authenticated boolean NOT NULL,
  -- When somebody last asked for it, to the day.
  read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (server_name, media_id)
) WITH (fillfactor = 90);
CREATE INDEX remote_media_by_content ON remote_media (content);
CREATE INDEX remote_media_by_use ON remote_media (read_at);

-- History that was filled in between events that were here before: its positions, which are negative as those of all
-- history, stand in the timeline right before the event at before_position.
CREATE TABLE timeline_gap (
  room integer NOT NULL,
  before_position bigint NOT NULL,
  -- The lowest of its positions; it has no event, so that a place can lie below the last one.
  first bigint NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (room, first)
);

-- What users reported, for the administrators to look at.
CREATE TABLE report (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Names the request, so that its repetition makes no second one.
  request text COLLATE "C" NOT NULL UNIQUE,
  -- User ids of who reports and of whom.
  reporter text COLLATE "C" NOT NULL,
  user_id text COLLATE "C",
  room_id text COLLATE "C",
  event_id text COLLATE "C",
  reason text,
  reported_ms bigint NOT NULL
);
