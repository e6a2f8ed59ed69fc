import { readLargestRooms } from '../../../storage/administration/read-largest-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';

const mostRooms = 10;

/**
 * The ten rooms that take the most space in the table of events, as PostgreSQL estimates it from its last sample; none
 * before the first.
 * https://element-hq.github.io/synapse/latest/admin_api/statistics.html#get-largest-rooms-by-size-in-database
 */
export const listLargestRoomsV1 = defineEndpoint({
  operation: 'listLargestRoomsV1',
  method: 'GET',
  path: '/_synapse/admin/v1/statistics/database/rooms',
  authentication: 'admin',
  async handle({ database }) {
    const rooms = await readLargestRooms(database, mostRooms);
    return { rooms: rooms.map(({ roomId, sizeBytes }) => ({ room_id: roomId, estimated_size: sizeBytes })) };
  },
});
