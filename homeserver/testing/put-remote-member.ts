import type { Context } from '../platform/context.ts';
import { internNames } from '../storage/names/intern-names.ts';

/** Makes a user of another server a member of a room in the tables, before anything has read the room's servers. */
export async function putRemoteMember(context: Context, roomId: string, userId: string): Promise<void> {
  const member = (await internNames(context, [userId])).get(userId) ?? 0;
  await context.database`
    INSERT INTO room_state (shard, room, type, state_key, from_position, event, membership)
    SELECT s.shard, s.room, s.type, ${member}, s.from_position, s.event, 1
    FROM room_state s JOIN room r ON r.id = s.room
    WHERE r.room_id = ${roomId} AND s.type = 1 AND s.membership = 1 LIMIT 1`;
}
