-- A channel's key is needed again when an operator has agreed.
ALTER TABLE link_request ADD COLUMN channel_key bytea;
