import { findEventByTimeForServer } from '../../../rooms/history/find-event-for-server.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The event closest to a time, in one direction. Errors: M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1timestamp_to_eventroomid
 */
export const getEventByTimestamp = defineEndpoint({
  operation: 'getEventByTimestamp',
  method: 'GET',
  path: '/_matrix/federation/v1/timestamp_to_event/{roomId}',
  authentication: 'server',
  query: {
    type: 'object',
    properties: { ts: { type: 'integer' }, dir: { enum: ['f', 'b'] } },
    required: ['ts', 'dir'],
  },
  async handle(context, { requester, params: { roomId }, query: { ts, dir } }) {
    const event = await findEventByTimeForServer(context, requester.serverName, roomId, ts, dir);
    return { event_id: event.eventId, origin_server_ts: event.pdu.origin_server_ts };
  },
});
