import { listPublicRooms } from '../../../rooms/directory/public-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { checkDirectoryServer } from './check-directory-server.ts';

/**
 * The public room directory.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
 */
export const getPublicRooms = defineEndpoint({
  operation: 'getPublicRooms',
  method: 'GET',
  path: '/_matrix/client/v3/publicRooms',
  authentication: 'none',
  query: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 0 },
      since: { type: 'string' },
      server: { type: 'string' },
    },
  },
  async handle(context, { query: { limit, since, server } }) {
    checkDirectoryServer(context, server);
    return jsonText(await listPublicRooms(context, { limit, since }));
  },
});
