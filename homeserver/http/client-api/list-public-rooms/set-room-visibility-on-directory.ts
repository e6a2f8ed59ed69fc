import { setDirectoryVisibility } from '../../../rooms/directory/publish-room.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Puts a room into the public directory or takes it out.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directorylistroomroomid
 */
export const setRoomVisibilityOnDirectory = defineEndpoint({
  operation: 'setRoomVisibilityOnDirectory',
  method: 'PUT',
  path: '/_matrix/client/v3/directory/list/room/{roomId}',
  authentication: 'user',
  suspendedMayNotCall: true,
  body: { type: 'object', properties: { visibility: { type: 'string', enum: ['private', 'public'] } } },
  async handle(context, { requester, params: { roomId }, body: { visibility = 'public' } }) {
    await setDirectoryVisibility(context, requester, roomId, visibility);
    return {};
  },
});
