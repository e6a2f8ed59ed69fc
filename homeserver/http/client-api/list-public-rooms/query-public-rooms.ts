import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { listPublicRooms, type PublicRoomsRequest } from '../../../rooms/directory/public-rooms.ts';
import { listRemotePublicRooms } from '../../../rooms/directory/remote-public-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';
import type { SchemaValue } from '../../json-schema.ts';
import { jsonText } from '../../reply.ts';

const filterSchema = {
  type: 'object',
  properties: {
    generic_search_term: { anyOf: [{ type: 'string', maxLength: 1_000 }, { type: 'null' }] },
    room_types: { type: 'array', maxItems: 100, items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  },
} as const;

/** The body of a search, by clients and by servers. */
export const publicRoomsBodySchema = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 0 },
    since: { type: 'string' },
    filter: filterSchema,
    include_all_networks: { type: 'boolean' },
    third_party_instance_id: { type: 'string', maxLength: 1_000, pattern: '^[^\\u0000]*$' },
  },
} as const;

/**
 * The public room directory, searched, of this server or of another one.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3publicrooms
 */
export const queryPublicRooms = defineEndpoint({
  operation: 'queryPublicRooms',
  method: 'POST',
  path: '/_matrix/client/v3/publicRooms',
  authentication: 'user',
  query: { type: 'object', properties: { server: { type: 'string', maxLength: 255 } } },
  body: publicRoomsBodySchema,
  async handle(context, { query: { server = context.serverName }, body }) {
    const request = publicRoomsRequestOf(body);
    if (server !== context.serverName) return await listRemotePublicRooms(context, server, request);
    return jsonText(await listPublicRooms(context, request));
  },
});

/** What a body asks for. Throws M_INVALID_PARAM. */
export function publicRoomsRequestOf(body: SchemaValue<typeof publicRoomsBodySchema>): PublicRoomsRequest {
  const { limit, since, filter = {}, include_all_networks: allNetworks, third_party_instance_id: network } = body;
  if (allNetworks && network !== undefined) {
    throw new MatrixError('M_INVALID_PARAM', 'third_party_instance_id and include_all_networks exclude each other');
  }
  return {
    ...{ limit, since, allNetworks, network },
    searchTerm: filter.generic_search_term ?? undefined,
    roomTypes: filter.room_types,
  };
}
