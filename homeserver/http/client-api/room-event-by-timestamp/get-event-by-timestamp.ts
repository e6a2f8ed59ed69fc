import { findEventAnywhere } from '../../../rooms/history/find-event-anywhere.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The event closest to a time.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
 */
export const getEventByTimestamp = defineEndpoint({
  operation: 'getEventByTimestamp',
  method: 'GET',
  path: '/_matrix/client/v1/rooms/{roomId}/timestamp_to_event',
  authentication: 'user',
  query: {
    type: 'object',
    properties: { ts: { type: 'integer' }, dir: { type: 'string', enum: ['f', 'b'] } },
    required: ['ts', 'dir'],
  },
  async handle(context, { requester, params: { roomId }, query: { ts, dir } }) {
    const { eventId, pdu } = await findEventAnywhere(context, roomId, requester.userId, ts, dir);
    return { event_id: eventId, origin_server_ts: pdu.origin_server_ts };
  },
});
