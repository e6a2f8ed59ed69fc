-- What administrators ask in the console of the monitor that pages, which takes each row away as it does it.
CREATE TABLE operator_request (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content text NOT NULL CHECK (octet_length(content) <= 8192)
);
