import { listPublicRooms } from '../../../rooms/directory/public-rooms.ts';
import { publicRoomsBodySchema, publicRoomsRequestOf } from '../../client-api/list-public-rooms/query-public-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { checkDirectoryShown } from './check-directory-shown.ts';

/**
 * The public room directory, searched, for other servers. Errors: M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1publicrooms
 */
export const queryPublicRooms = defineEndpoint({
  operation: 'queryPublicRooms',
  method: 'POST',
  path: '/_matrix/federation/v1/publicRooms',
  authentication: 'server',
  body: publicRoomsBodySchema,
  async handle(context, { body }) {
    checkDirectoryShown(context);
    return jsonText(await listPublicRooms(context, publicRoomsRequestOf(body)));
  },
});
