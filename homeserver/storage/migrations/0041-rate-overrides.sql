-- What an administrator allows one user to send instead of rate_limits.message; 0 a second: no limit of any kind.
ALTER TABLE account ADD COLUMN message_rate integer, ADD COLUMN message_burst integer;
