-- Files of this server's users. Their bytes lie in the store on disk under their SHA-256; rows are written by the shard
-- of the user who uploads.

CREATE TABLE media (
  media_id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  created_ms bigint NOT NULL,
  -- SHA-256; null until the file has been uploaded.
  content bytea,
  size_bytes bigint,
  -- As the uploader named them.
  content_type text,
  file_name text,
  -- An id without a file is good until then, by the database's clock.
  expires_at timestamptz
);
CREATE INDEX media_by_content ON media (content) WHERE content IS NOT NULL;
CREATE INDEX media_pending ON media (user_id, expires_at) WHERE content IS NULL;

-- What each user stores in all; files of the same content count each time.
CREATE TABLE media_usage (
  user_id text COLLATE "C" PRIMARY KEY,
  size_bytes bigint NOT NULL
) WITH (fillfactor = 80);
