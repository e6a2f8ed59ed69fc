import { type ListedRoom, readRoomList, roomOrders } from '../../../storage/administration/read-room-list.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { formatFigures } from './format-room.ts';

const orders = Object.keys(roomOrders) as (keyof typeof roomOrders)[];

/**
 * The rooms that are known here, a page at a time. `search` looks in names, aliases and room ids. What is shown may be
 * ten seconds old.
 */
export const listRooms = defineEndpoint({
  operation: 'listRooms',
  method: 'GET',
  path: '/_holdfast/v1/admin/rooms',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,9}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
      search: plainText(255),
      is_blocked: { type: 'boolean' },
      is_published: { type: 'boolean' },
      has_local_members: { type: 'boolean' },
      order_by: { enum: orders },
      dir: { enum: ['f', 'b'] },
    },
  },
  async handle(context, { query }) {
    const { from = '0', limit = 50, order_by: orderBy = 'name', dir, search } = query;
    const { rooms, total } = await readRoomList(context.database, {
      ...{ offset: Number(from), limit, search, orderBy, descending: dir === 'b', isBlocked: query.is_blocked },
      ...{ isPublished: query.is_published, hasLocalMembers: query.has_local_members },
    });
    const next = Number(from) + rooms.length;
    return { rooms: rooms.map(formatRoom), total, ...(next < total && { next_token: String(next) }) };
  },
});

function formatRoom(room: ListedRoom) {
  const { roomId, version, isPublished, isBlocked } = room;
  const own = { room_id: roomId, version, is_published: isPublished, is_blocked: isBlocked };
  return { ...own, ...formatFigures(room) };
}
