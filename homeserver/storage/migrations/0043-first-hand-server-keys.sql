-- Whether a server gave its keys itself. What notaries say of it does not take the place of that. Of keys that are older
-- than this column nobody knows.
ALTER TABLE remote_server_key ADD COLUMN is_first_hand boolean NOT NULL DEFAULT false;
ALTER TABLE remote_server_keys ADD COLUMN is_first_hand boolean NOT NULL DEFAULT false;
