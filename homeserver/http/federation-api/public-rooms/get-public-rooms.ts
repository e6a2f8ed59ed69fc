import { listPublicRooms } from '../../../rooms/directory/public-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { checkDirectoryShown } from './check-directory-shown.ts';

/**
 * The public room directory, for other servers. Errors: M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1publicrooms
 */
export const getPublicRooms = defineEndpoint({
  operation: 'getPublicRooms',
  method: 'GET',
  path: '/_matrix/federation/v1/publicRooms',
  authentication: 'server',
  query: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 0 },
      since: { type: 'string' },
      include_all_networks: { type: 'boolean' },
      third_party_instance_id: { type: 'string', maxLength: 1_000, pattern: '^[^\\u0000]*$' },
    },
  },
  async handle(context, { query }) {
    checkDirectoryShown(context);
    const { limit, since, include_all_networks: allNetworks, third_party_instance_id: network } = query;
    return jsonText(await listPublicRooms(context, { limit: limit || undefined, since, network, allNetworks }));
  },
});
