import { requireRoom } from '../../../administration/rooms/describe-room.ts';
import { readState } from '../../../storage/rooms/read-state.ts';
import { defineEndpoint } from '../../endpoint.ts';

const maxEvents = 2_000;

/** The current state of a room but for its members, at most 2,000 events of it. Error: M_NOT_FOUND. */
export const listRoomState = defineEndpoint({
  operation: 'listRoomState',
  method: 'GET',
  path: '/_holdfast/v1/admin/rooms/{roomId}/state',
  authentication: 'admin',
  async handle(context, { params }) {
    const room = await requireRoom(context, params.roomId);
    const events = await readState(context, room, { withoutMembers: true, limit: maxEvents });
    return {
      state: events.map(({ eventId, pdu }) => ({
        ...{ event_id: eventId, type: pdu.type, state_key: pdu.state_key ?? '', sender: pdu.sender },
        ...{ origin_server_ts: pdu.origin_server_ts, content: pdu.content },
      })),
      is_more: events.length === maxEvents,
    };
  },
});
