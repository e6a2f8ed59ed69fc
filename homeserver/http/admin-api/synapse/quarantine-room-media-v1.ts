import { findRoomMedia } from '../../../administration/rooms/find-room-media.ts';
import { setMediaQuarantined } from '../../../media/quarantine-media.ts';
import { isQuarantined } from '../../../storage/media/read-quarantine.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Withholds all files that a room's messages name, own and others', from everybody: see listRoomMediaV1. Error: M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/media_admin_api.html#quarantining-media-in-a-room
 */
export const quarantineRoomMediaV1 = defineEndpoint({
  operation: 'quarantineRoomMediaV1',
  method: 'POST',
  path: '/_synapse/admin/v1/room/{roomId}/media/quarantine',
  alsoAt: ['/_synapse/admin/v1/quarantine_media/{roomId}'],
  authentication: 'admin',
  async handle(context, { requester, params: { roomId } }) {
    let count = 0;
    for (const place of await findRoomMedia(context, roomId)) {
      if (await isQuarantined(context.database, place.serverName, place.mediaId)) continue;
      await setMediaQuarantined(context, place, true, requester.userId);
      count++;
    }
    return { num_quarantined: count };
  },
});
