import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { findClosestEvent } from '../../../rooms/find-event-by-time.ts';
import { lookUpWholeRoom } from '../../../rooms/room-reader.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The event of a room closest to a time, among those that are here. Error: M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-timestamp-to-event-api
 */
export const findEventByTimeV1 = defineEndpoint({
  operation: 'findEventByTimeV1',
  method: 'GET',
  path: '/_synapse/admin/v1/rooms/{roomId}/timestamp_to_event',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ts: { type: 'integer', minimum: 0, maximum: 253_402_300_799_999 },
      dir: { enum: ['f', 'b'] },
    },
    required: ['ts'],
  },
  async handle(context, { requester, params: { roomId }, query: { ts, dir = 'f' } }) {
    const reader = await lookUpWholeRoom(context, roomId, requester.userId);
    if (!reader) throw new MatrixError('M_NOT_FOUND', 'This room is not known here');
    const event = await findClosestEvent(context, reader, ts, dir);
    if (!event) throw new MatrixError('M_NOT_FOUND', `There is no event from ${ts} on in this direction`);
    return { event_id: event.eventId, origin_server_ts: event.pdu.origin_server_ts };
  },
});
