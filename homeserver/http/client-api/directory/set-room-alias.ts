import { setRoomAlias as setAlias } from '../../../rooms/directory/room-aliases.ts';
import { checkNobodysAlias } from '../../check-namespaces.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Makes an alias lead to a room. Errors: M_EXCLUSIVE, M_FORBIDDEN, M_INVALID_PARAM; M_UNKNOWN with status 409.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directoryroomroomalias
 */
export const setRoomAlias = defineEndpoint({
  operation: 'setRoomAlias',
  method: 'PUT',
  path: '/_matrix/client/v3/directory/room/{roomAlias}',
  authentication: 'user',
  suspendedMayNotCall: true,
  body: { type: 'object', properties: { room_id: { type: 'string' } }, required: ['room_id'] },
  async handle(context, { requester, params: { roomAlias }, body: { room_id: roomId } }) {
    checkNobodysAlias(context, roomAlias, requester.applicationService);
    await setAlias(context, requester.userId, roomAlias, roomId);
    return {};
  },
});
