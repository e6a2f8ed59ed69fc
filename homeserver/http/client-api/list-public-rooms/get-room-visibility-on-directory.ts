import { getDirectoryVisibility } from '../../../rooms/directory/publish-room.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whether a room is in the public directory.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directorylistroomroomid
 */
export const getRoomVisibilityOnDirectory = defineEndpoint({
  operation: 'getRoomVisibilityOnDirectory',
  method: 'GET',
  path: '/_matrix/client/v3/directory/list/room/{roomId}',
  authentication: 'none',
  async handle(context, { params: { roomId } }) {
    return { visibility: await getDirectoryVisibility(context, roomId) };
  },
});
