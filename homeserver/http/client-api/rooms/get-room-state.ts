import { clientEventsText } from '../../../rooms/client-event-text.ts';
import { viewRoomState } from '../../../rooms/view-room-state.ts';
import { timelineEventsOf } from '../../../storage/sync/timeline-event.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * Every state event of a room.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate
 */
export const getRoomState = defineEndpoint({
  operation: 'getRoomState',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/state',
  authentication: 'user',
  async handle(context, { requester, params: { roomId } }) {
    const events = await viewRoomState(context, roomId, requester.userId);
    const shown = await timelineEventsOf(context, events, false);
    return jsonText(clientEventsText(shown, { ...requester, nowMs: context.clock.wallMs() }, roomId));
  },
});
