-- A process that is about to end, or whose clock is wrong, is alive and takes no shards.
ALTER TABLE process
  ADD COLUMN takes_shards boolean NOT NULL DEFAULT true,
  ADD COLUMN clock_offset_ms bigint NOT NULL DEFAULT 0;
