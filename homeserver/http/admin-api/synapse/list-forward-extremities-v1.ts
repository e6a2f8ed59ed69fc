import { requireRoom } from '../../../administration/rooms/describe-room.ts';
import { readForwardExtremities } from '../../../storage/rooms/read-room-summary.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The events of a room that nothing here refers to yet. Deleting them, as other servers let one do, would lose what they
 * say: they are merged by themselves. Error: M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#check-for-forward-extremities
 */
export const listForwardExtremitiesV1 = defineEndpoint({
  operation: 'listForwardExtremitiesV1',
  method: 'GET',
  path: '/_synapse/admin/v1/rooms/{roomId}/forward_extremities',
  authentication: 'admin',
  async handle(context, { params: { roomId } }) {
    const events = await readForwardExtremities(context, await requireRoom(context, roomId));
    return {
      count: events.length,
      // There are no groups of state here, and nothing keeps when an event came.
      results: events.map(({ eventId, pdu }) => ({
        ...{ event_id: eventId, depth: pdu.depth, state_group: null, received_ts: null },
      })),
    };
  },
});
