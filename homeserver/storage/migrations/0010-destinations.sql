-- What other servers have been sent, and who of a server's users is in which room.

-- Another server that was ever sent something; its home shard writes the row.
CREATE TABLE destination (
  server_name text COLLATE "C" PRIMARY KEY,
  -- By shard: all that is for the server up to there has reached it.
  positions bigint[] NOT NULL,
  -- False: what its home shard has passed (reader_position) concerned it no more, so that counts where it is further.
  is_behind boolean NOT NULL,
  -- Milliseconds since 1970, as data.
  last_success_ms bigint,
  -- By the database's clock; null where it is not behind.
  behind_since timestamptz
) WITH (fillfactor = 70);

-- User ids by their server.
CREATE INDEX name_of_user_by_server ON name (substr(text, strpos(text, ':') + 1)) WHERE text LIKE '@%';
