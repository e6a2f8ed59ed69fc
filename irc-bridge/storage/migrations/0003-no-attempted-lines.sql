-- Nothing was decided by it.
ALTER TABLE outbox DROP COLUMN attempted_lines;
