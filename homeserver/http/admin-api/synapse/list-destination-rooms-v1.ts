import { readRoomsOfServer } from '../../../storage/federation/read-rooms-of-server.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { directedPageParameters } from './page-parameters.ts';

/**
 * The rooms in which users of another server are; none for a server that is not known.
 * https://element-hq.github.io/synapse/latest/usage/administration/admin_api/federation.html#destination-rooms
 */
export const listDestinationRoomsV1 = defineEndpoint({
  operation: 'listDestinationRoomsV1',
  method: 'GET',
  path: '/_synapse/admin/v1/federation/destinations/{serverName}/rooms',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ...directedPageParameters,
    },
  },
  async handle(context, { params: { serverName }, query: { from = 0, limit = 100, dir = 'f' } }) {
    const page = { offset: from, limit, descending: dir === 'b' };
    const { rooms, total } = await readRoomsOfServer(context.database, serverName, page);
    const next = from + rooms.length;
    return {
      // The shards' logs count apart, so there is no place in an order of all events.
      rooms: rooms.map((roomId) => ({ room_id: roomId, stream_ordering: null })),
      total,
      ...(next < total && { next_token: String(next) }),
    };
  },
});
