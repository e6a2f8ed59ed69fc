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

const listRooms: BatchStatement = {
  name: 'list-rooms-of-networks',
  table: 'application_service_room',
  columns: { service: 'text', network: 'text', room: 'integer' },
  text: (rows) => `INSERT INTO application_service_room (service, network, room) SELECT * FROM ${rows}
    ON CONFLICT DO NOTHING`,
};

const unlistRooms: BatchStatement = {
  name: 'unlist-rooms-of-networks',
  table: 'application_service_room',
  columns: { service: 'text', network: 'text', room: 'integer' },
  text: (rows) => `DELETE FROM application_service_room t USING ${rows}
    WHERE t.service = row.service AND t.network = row.network AND t.room = row.room`,
};

/** A network as the application service that has it calls it. */
export interface NetworkName {
  readonly service: string;
  readonly network: string;
}

/** Puts a room, by its number, into a network's list or takes it out. */
export function setListedOn({ service, network }: NetworkName, room: number, listed: boolean): Write {
  return { statement: listed ? listRooms : unlistRooms, row: [service, network, room] };
}
