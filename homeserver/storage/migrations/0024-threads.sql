-- The threads of a room by their newest events: each is found at the newest event that refers to its root.
CREATE INDEX relation_thread ON relation (room, position) WHERE rel_type = 'm.thread';
