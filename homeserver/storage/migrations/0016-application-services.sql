-- Application services: who they are, how far each has been sent what it wants, and what it lists.

-- A registration as its file says it. All processes go by these rows; the files of one of them are where they come from.
CREATE TABLE application_service (
  id text COLLATE "C" PRIMARY KEY,
  -- JSON, as in the file.
  registration text NOT NULL,
  -- The folder of the file: whoever looks after the same folder may take the registration away again.
  folder text NOT NULL,
  file text NOT NULL
);

-- How far a service has been sent what is for it. The row outlives the registration: who comes back goes on there.
CREATE TABLE application_service_queue (
  id text COLLATE "C" PRIMARY KEY,
  -- By shard: all that is for the service up to there has reached it.
  positions bigint[] NOT NULL,
  -- Of the transaction on its way, or of the last one.
  transaction_number bigint NOT NULL DEFAULT 0,
  -- What the transaction on its way holds, as JSON, so that it is the same when it is sent again; null: none is.
  transaction text,
  is_paused boolean NOT NULL DEFAULT false,
  -- Milliseconds since 1970, as data.
  last_success_ms bigint
) WITH (fillfactor = 50);

-- Events that an operator had passed over because a service could not take them.
CREATE TABLE application_service_skip (
  service text COLLATE "C" NOT NULL,
  skipped_ms bigint NOT NULL,
  transaction_number bigint NOT NULL,
  -- An event's id, or what else was passed over.
  what text NOT NULL,
  last_error text
);
CREATE INDEX application_service_skip_by_service ON application_service_skip (service, skipped_ms);

-- Rooms that services list under networks of their own.
CREATE TABLE application_service_room (
  service text COLLATE "C" NOT NULL,
  network text COLLATE "C" NOT NULL,
  room integer NOT NULL,
  PRIMARY KEY (room, service, network)
);
