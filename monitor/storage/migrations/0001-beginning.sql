-- Which of several monitors pages: by the database's clock.
CREATE TABLE lease (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  owner text NOT NULL,
  until timestamptz NOT NULL
);

-- What the one that pages remembers, whole: alerts, incidents, escalations, the timeline. The monitor bounds its size.
CREATE TABLE state (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  saved_ms bigint NOT NULL,
  content text NOT NULL
);

-- Signs the links in pages; what all monitors over one database have in common.
CREATE TABLE secret (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  value text NOT NULL
);
