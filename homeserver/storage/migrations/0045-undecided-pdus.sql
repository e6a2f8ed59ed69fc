-- Events of other servers that were acknowledged before it was known what becomes of them, because that takes long: as they
-- came, nothing about them is verified. They are gone when it is known.
CREATE TABLE undecided_pdu (
  shard smallint NOT NULL,
  room integer NOT NULL,
  -- SHA-256 of the text, base64url.
  identity text COLLATE "C" NOT NULL,
  -- In the order in which they came.
  id bigint GENERATED ALWAYS AS IDENTITY,
  origin text COLLATE "C" NOT NULL,
  body bytea NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (room, identity)
);
CREATE INDEX undecided_pdu_by_shard ON undecided_pdu (shard, room, origin, id);
