import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';

/** Whether the room was joined with partial state, and most of its members are not known yet. One query. */
export async function isRoomPartial(context: Context, room: RoomName): Promise<boolean> {
  return (await context.database`SELECT 1 FROM partial_state_room WHERE room = ${room.id}`).length > 0;
}
