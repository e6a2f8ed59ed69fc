import { requireRoom } from '../../../administration/rooms/describe-room.ts';
import { readRoomMembers } from '../../../storage/administration/read-room-members.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** Who is in a room, or was, a page at a time. Error: M_NOT_FOUND. */
export const listRoomMembers = defineEndpoint({
  operation: 'listRoomMembers',
  method: 'GET',
  path: '/_holdfast/v1/admin/rooms/{roomId}/members',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,9}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
      membership: { enum: ['join', 'invite', 'knock', 'leave', 'ban'] },
    },
  },
  async handle(context, { params, query: { from = '0', limit = 100, membership } }) {
    const room = await requireRoom(context, params.roomId);
    const page = { after: Number(from), limit, membership };
    const members = await readRoomMembers(context.database, room.id, page);
    const last = members.at(-1);
    return {
      members: members.map((member) => ({ user_id: member.userId, membership: member.membership })),
      ...(last && members.length === limit && { next_token: String(last.number) }),
    };
  },
});
