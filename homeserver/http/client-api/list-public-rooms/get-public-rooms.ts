import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { listPublicRooms } from '../../../rooms/directory/public-rooms.ts';
import { listRemotePublicRooms } from '../../../rooms/directory/remote-public-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * The public room directory, of this server or of another one. Other servers are asked for users only.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
 */
export const getPublicRooms = defineEndpoint({
  operation: 'getPublicRooms',
  method: 'GET',
  path: '/_matrix/client/v3/publicRooms',
  authentication: 'optional',
  query: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 0 },
      since: { type: 'string' },
      server: { type: 'string', maxLength: 255 },
    },
  },
  async handle(context, { requester, query: { limit, since, server = context.serverName } }) {
    if (server !== context.serverName) {
      if (!requester) throw new MatrixError('M_MISSING_TOKEN', 'Missing access token');
      return await listRemotePublicRooms(context, server, { limit, since });
    }
    return jsonText(await listPublicRooms(context, { limit, since }));
  },
});
