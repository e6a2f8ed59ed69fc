-- What administrators and their tools did, written before it is done. Rows are only added; each is told its outcome once.
CREATE TABLE audit_entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Names the act, so that writing it again adds nothing.
  act text COLLATE "C" NOT NULL UNIQUE,
  at_ms bigint NOT NULL,
  -- User id of the administrator, or what else acted.
  operator text COLLATE "C" NOT NULL,
  -- The endpoint's operation.
  operation text COLLATE "C" NOT NULL,
  -- What it was done to: the parameters of the path.
  target text COLLATE "C" NOT NULL,
  -- JSON of what was asked for, without secrets.
  details text NOT NULL,
  address text,
  -- `done`, or the code of the error. Null: it went on, or the process ended meanwhile.
  outcome text
);
CREATE INDEX audit_entry_by_operator ON audit_entry (operator, id);
CREATE INDEX audit_entry_by_target ON audit_entry (target, id);

-- Rooms that no user of this server can come to. They need not be known here.
CREATE TABLE blocked_room (
  room_id text COLLATE "C" PRIMARY KEY,
  blocked_by text COLLATE "C" NOT NULL,
  blocked_ms bigint NOT NULL
);

-- Who stores most, and what.
CREATE INDEX media_usage_by_size ON media_usage (size_bytes);
CREATE INDEX media_by_user ON media (user_id, created_ms);

-- A process that an operator asked to rest gives its shards to the others and takes none while there are others.
ALTER TABLE process ADD COLUMN rests boolean NOT NULL DEFAULT false;
