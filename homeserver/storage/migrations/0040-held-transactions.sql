-- The number of the transaction that a service has refused again and again although it is well, so that it is tried once an
-- hour only; null, or the number of another one: it is sent what there is. Who sends next has not seen the refusals.
ALTER TABLE application_service_queue ADD COLUMN held_transaction bigint;
