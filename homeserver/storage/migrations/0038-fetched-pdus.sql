-- Whether an event that waits for others was asked for (and not sent by itself): how many a server may send is bounded
-- more narrowly, and of what was fetched it is known that it lies in a gap.
ALTER TABLE received_pdu ADD COLUMN fetched boolean NOT NULL DEFAULT false;
