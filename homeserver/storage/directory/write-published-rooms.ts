import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const publishRooms: BatchStatement = {
  name: 'publish-rooms',
  table: 'published_room',
  columns: { room: 'integer' },
  text: (rows) => `INSERT INTO published_room (room) SELECT * FROM ${rows} ON CONFLICT DO NOTHING`,
};

const unpublishRooms: BatchStatement = {
  name: 'unpublish-rooms',
  table: 'published_room',
  columns: { room: 'integer' },
  text: (rows) => `DELETE FROM published_room USING ${rows} WHERE published_room.room = row.room`,
};

/** Puts a room, by its number, into the public directory or takes it out. */
export function setPublished(room: number, published: boolean): Write {
  return { statement: published ? publishRooms : unpublishRooms, row: [room] };
}
