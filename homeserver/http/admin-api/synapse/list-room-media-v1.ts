import { findRoomMedia } from '../../../administration/rooms/find-room-media.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The files that a room's messages name, among its newest 50,000 events: what is encrypted names none that can be seen.
 * Error: M_NOT_FOUND. https://element-hq.github.io/synapse/latest/admin_api/media_admin_api.html#list-all-media-in-a-room
 */
export const listRoomMediaV1 = defineEndpoint({
  operation: 'listRoomMediaV1',
  method: 'GET',
  path: '/_synapse/admin/v1/room/{roomId}/media',
  authentication: 'admin',
  async handle(context, { params: { roomId } }) {
    const places = await findRoomMedia(context, roomId);
    const uris = (isOwn: boolean) =>
      places
        .filter(({ serverName }) => (serverName === context.serverName) === isOwn)
        .map(({ serverName, mediaId }) => `mxc://${serverName}/${mediaId}`);
    return { local: uris(true), remote: uris(false) };
  },
});
