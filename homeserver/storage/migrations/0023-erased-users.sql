-- Every process reads all of them when it starts.
CREATE INDEX account_erased ON account (user_id) WHERE is_erased;
