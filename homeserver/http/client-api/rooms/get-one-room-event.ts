import { viewEvent } from '../../../rooms/view-event.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * One event by its id.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomideventeventid
 */
export const getOneRoomEvent = defineEndpoint({
  operation: 'getOneRoomEvent',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/event/{eventId}',
  authentication: 'user',
  async handle(context, { requester, params: { roomId, eventId } }) {
    return jsonText(await viewEvent(context, requester, roomId, eventId));
  },
});
