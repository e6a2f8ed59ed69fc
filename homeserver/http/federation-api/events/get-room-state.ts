import { Readable } from 'node:stream';
import { tellState } from '../../../rooms/history/tell-state.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { bytesReply } from '../../reply.ts';
import { eventIdSchema } from '../event-id-schemas.ts';

/**
 * The state before an event, with the events that give it its authority. Sent as it is read: the state of a large room
 * takes many megabytes. Errors: M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1stateroomid
 */
export const getRoomState = defineEndpoint({
  operation: 'getRoomState',
  method: 'GET',
  path: '/_matrix/federation/v1/state/{roomId}',
  authentication: 'server',
  isHeavy: true,
  query: { type: 'object', properties: { event_id: eventIdSchema }, required: ['event_id'] },
  async handle(context, { requester, params: { roomId }, query: { event_id: eventId } }) {
    const parts = await tellState(context, requester.serverName, roomId, eventId);
    return bytesReply(Readable.from(parts, { objectMode: false }), { 'Content-Type': 'application/json' });
  },
});
