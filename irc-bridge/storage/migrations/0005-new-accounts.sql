-- Since when somebody of IRC is a user; null: from before this was noted.
ALTER TABLE puppet ADD COLUMN made_at timestamptz;
ALTER TABLE puppet ALTER COLUMN made_at SET DEFAULT now();
CREATE INDEX puppet_made ON puppet (network, made_at);

-- The bot speaks for whoever said it: decided before it is sent, so that it is the same event when it is sent again.
ALTER TABLE inbox ADD COLUMN is_relayed boolean NOT NULL DEFAULT false;

-- The oldest are forgotten every ten seconds.
CREATE INDEX received_transaction_age ON received_transaction (received_at);
