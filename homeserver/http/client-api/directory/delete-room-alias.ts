import { deleteRoomAlias as deleteAlias } from '../../../rooms/directory/room-aliases.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Removes an alias.
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3directoryroomroomalias
 */
export const deleteRoomAlias = defineEndpoint({
  operation: 'deleteRoomAlias',
  method: 'DELETE',
  path: '/_matrix/client/v3/directory/room/{roomAlias}',
  authentication: 'user',
  suspendedMayNotCall: true,
  async handle(context, { requester, params: { roomAlias } }) {
    await deleteAlias(context, requester, roomAlias);
    return {};
  },
});
