import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { listPublicRooms } from '../../../rooms/directory/public-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { checkDirectoryServer } from './check-directory-server.ts';

const filterSchema = {
  type: 'object',
  properties: {
    generic_search_term: { anyOf: [{ type: 'string', maxLength: 1_000 }, { type: 'null' }] },
    room_types: { type: 'array', maxItems: 100, items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  },
} as const;

/**
 * The public room directory, searched.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3publicrooms
 */
export const queryPublicRooms = defineEndpoint({
  operation: 'queryPublicRooms',
  method: 'POST',
  path: '/_matrix/client/v3/publicRooms',
  authentication: 'user',
  query: { type: 'object', properties: { server: { type: 'string' } } },
  body: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 0 },
      since: { type: 'string' },
      filter: filterSchema,
      include_all_networks: { type: 'boolean' },
      third_party_instance_id: { type: 'string' },
    },
  },
  async handle(context, { query: { server }, body }) {
    checkDirectoryServer(context, server);
    const { limit, since, filter = {}, include_all_networks: allNetworks, third_party_instance_id: network } = body;
    if (allNetworks && network !== undefined) {
      throw new MatrixError('M_INVALID_PARAM', 'third_party_instance_id and include_all_networks exclude each other');
    }
    // No room is published by a bridged network yet.
    const roomTypes = network === undefined ? filter.room_types : [];
    const searchTerm = filter.generic_search_term ?? undefined;
    return jsonText(await listPublicRooms(context, { limit, since, searchTerm, roomTypes }));
  },
});
