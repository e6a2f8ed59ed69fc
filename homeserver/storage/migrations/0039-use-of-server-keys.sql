-- When the keys of a server were used last: fetched, or looked up by a process that did not have them in memory. By this
-- database's clock, renewed once a day at most. Those that nobody has used for long are forgotten.
ALTER TABLE remote_server_keys ADD COLUMN used_at timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX remote_server_keys_by_use ON remote_server_keys (used_at);
