-- Long work of administrators, done in steps by whoever owns the shard. What a step did is committed before its progress
-- is, and may be done again.
CREATE TABLE admin_task (
  id text COLLATE "C" PRIMARY KEY,
  shard smallint NOT NULL,
  kind text NOT NULL,
  -- What it is done to, such as a room id.
  subject text COLLATE "C" NOT NULL,
  -- JSON: what was asked for, and where it is.
  input text NOT NULL,
  progress text NOT NULL,
  requested_by text COLLATE "C" NOT NULL,
  created_ms bigint NOT NULL,
  -- running, done, failed or cancelled.
  state text NOT NULL,
  is_cancel_asked boolean NOT NULL DEFAULT false,
  -- In units of its own; null: not known.
  done bigint NOT NULL DEFAULT 0,
  total bigint,
  started_at timestamptz,
  ended_at timestamptz,
  error text
);
CREATE INDEX admin_task_open ON admin_task (shard) WHERE state = 'running';
CREATE INDEX admin_task_created ON admin_task (created_ms);
CREATE INDEX admin_task_by_subject ON admin_task (subject);
