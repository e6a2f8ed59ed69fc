-- The status page as everybody may see it, whole: the homeserver hands it out as it stands. The monitor bounds its size.
CREATE TABLE status_page (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  html text NOT NULL,
  feed text NOT NULL,
  facts text NOT NULL
);
