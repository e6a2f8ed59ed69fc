import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { readEventById } from '../../../storage/rooms/read-events.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * An event as it is stored, of whatever room. Error: M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/fetch_event.html
 */
export const fetchEventV1 = defineEndpoint({
  operation: 'fetchEventV1',
  method: 'GET',
  path: '/_synapse/admin/v1/fetch_event/{eventId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const event = await readEventById(context, params.eventId);
    if (!event) throw new MatrixError('M_NOT_FOUND', 'There is no such event here');
    const { pdu, eventId, roomId, unsigned } = event;
    return { event: { ...pdu, event_id: eventId, room_id: roomId, unsigned } };
  },
});
