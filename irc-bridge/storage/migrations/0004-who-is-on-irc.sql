-- Matrix users that have a connection, and the channels (folded) where it is; '' for the connection itself.
CREATE TABLE irc_user_channel (
  network text NOT NULL,
  user_id text NOT NULL,
  channel text NOT NULL,
  PRIMARY KEY (network, user_id, channel)
);
