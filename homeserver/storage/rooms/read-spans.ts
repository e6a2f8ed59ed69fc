import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';

/** Which (type, state key) pairs of a room have ever been part of its state, as numbers of names: `type state_key`. */
export async function readKnownTuples(context: Context, room: RoomName): Promise<Set<string>> {
  const rows = await context.database.unsafe<{ tuple: string }[]>(
    `SELECT DISTINCT type || ' ' || state_key AS tuple FROM room_state WHERE room = $1`,
    [room.id],
    { prepare: true },
  );
  return new Set(rows.map(({ tuple }) => tuple));
}
