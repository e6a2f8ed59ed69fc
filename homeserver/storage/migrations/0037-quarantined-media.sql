-- Files that are given to nobody, of this server and of others, whether they are here or not.
CREATE TABLE quarantined_media (
  server_name text COLLATE "C" NOT NULL,
  media_id text COLLATE "C" NOT NULL,
  quarantined_by text COLLATE "C" NOT NULL,
  quarantined_ms bigint NOT NULL,
  PRIMARY KEY (server_name, media_id)
);
